package io.sskuba.talos.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Empty;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.talos.TalosCallException;
import io.sskuba.talos.TalosNode;
import io.sskuba.talos.api.cosi.GetRequest;
import io.sskuba.talos.api.cosi.StateGrpc;
import io.sskuba.talos.api.machine.ApplyConfiguration;
import io.sskuba.talos.api.machine.ApplyConfigurationRequest;
import io.sskuba.talos.api.machine.BootstrapRequest;
import io.sskuba.talos.api.machine.EtcdMemberListRequest;
import io.sskuba.talos.api.machine.MachineServiceGrpc;
import io.sskuba.talos.api.machine.MachineServiceGrpc.MachineServiceBlockingStub;
import io.sskuba.talos.api.machine.RebootRequest;
import io.sskuba.talos.api.machine.ResetPartitionSpec;
import io.sskuba.talos.api.machine.ResetRequest;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/// One connection to one machine.
final class GrpcTalosNode implements TalosNode {
  /// A kubeconfig is a few KiB; more than this is not one.
  private static final int KUBECONFIG_BYTES_MAX = 1 << 20;

  private static final int TAR_BLOCK_BYTES = 512;

  private final String address;
  private final ManagedChannel channel;
  private final @Nullable PinnedTrust trust;
  private final @Nullable String fingerprint;

  GrpcTalosNode(
      String address,
      ManagedChannel channel,
      @Nullable PinnedTrust trust,
      @Nullable String fingerprint) {
    this.address = address;
    this.channel = channel;
    this.trust = trust;
    this.fingerprint = fingerprint;
  }

  @Override
  public Version version(Duration limit) {
    var reply = machine(limit, stub -> stub.version(Empty.getDefaultInstance()));
    var message = first(reply.getMessagesList());
    return new Version(
        message.getVersion().getTag(),
        message.getPlatform().getName(),
        message.getPlatform().getMode(),
        message.hasFeatures() ? message.getFeatures().getRbac() : null);
  }

  @Override
  public Applied applyConfiguration(byte[] config, boolean dryRun, Duration limit) {
    var request =
        ApplyConfigurationRequest.newBuilder()
            .setData(ByteString.copyFrom(config))
            .setMode(ApplyConfigurationRequest.Mode.AUTO)
            .setDryRun(dryRun)
            .build();
    ApplyConfiguration message =
        first(machine(limit, stub -> stub.applyConfiguration(request)).getMessagesList());
    return new Applied(
        message.getMode().name(), message.getModeDetails(), List.copyOf(message.getWarningsList()));
  }

  @Override
  public void bootstrap(Duration limit) {
    machine(limit, stub -> stub.bootstrap(BootstrapRequest.getDefaultInstance()));
  }

  @Override
  public byte[] kubeconfig(Duration limit) {
    ByteString archive =
        machine(
            limit,
            stub -> {
              ByteString bytes = ByteString.EMPTY;
              Iterator<io.sskuba.talos.api.common.Data> parts =
                  stub.kubeconfig(Empty.getDefaultInstance());
              while (parts.hasNext() && bytes.size() <= KUBECONFIG_BYTES_MAX) {
                bytes = bytes.concat(parts.next().getBytes());
              }
              return bytes;
            });
    try {
      return firstEntry(archive.toByteArray());
    } catch (IOException e) {
      throw new TalosCallException("DATA_LOSS", "kubeconfig: " + e.getMessage(), e);
    }
  }

  @Override
  public List<Service> services(Duration limit) {
    var reply = machine(limit, stub -> stub.serviceList(Empty.getDefaultInstance()));
    return first(reply.getMessagesList()).getServicesList().stream()
        .map(
            info ->
                new Service(
                    info.getId(),
                    info.getState(),
                    info.getHealth().getHealthy(),
                    info.getHealth().getUnknown(),
                    info.getHealth().getLastMessage()))
        .toList();
  }

  @Override
  public List<EtcdMember> etcdMembers(Duration limit) {
    var reply =
        machine(limit, stub -> stub.etcdMemberList(EtcdMemberListRequest.getDefaultInstance()));
    return first(reply.getMessagesList()).getMembersList().stream()
        .map(
            member ->
                new EtcdMember(
                    Long.toHexString(member.getId()),
                    member.getHostname(),
                    List.copyOf(member.getPeerUrlsList()),
                    List.copyOf(member.getClientUrlsList()),
                    member.getIsLearner()))
        .toList();
  }

  @Override
  public void reset(boolean graceful, boolean reboot, Duration limit) {
    var request = ResetRequest.newBuilder().setGraceful(graceful).setReboot(reboot).build();
    machine(limit, stub -> stub.reset(request));
  }

  @Override
  public void wipe(Duration limit) {
    var request = ResetRequest.newBuilder().setReboot(true);
    for (String label : List.of("STATE", "EPHEMERAL")) {
      request.addSystemPartitionsToWipe(
          ResetPartitionSpec.newBuilder().setLabel(label).setWipe(true));
    }
    machine(limit, stub -> stub.reset(request.build()));
  }

  @Override
  public void reboot(Duration limit) {
    machine(limit, stub -> stub.reboot(RebootRequest.getDefaultInstance()));
  }

  @Override
  public String resource(String namespace, String type, String id, Duration limit) {
    var request = GetRequest.newBuilder().setNamespace(namespace).setType(type).setId(id).build();
    return call(
        () ->
            StateGrpc.newBlockingStub(channel)
                .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS)
                .get(request)
                .getResource()
                .getSpec()
                .getYamlSpec());
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }

  private <T> T machine(Duration limit, Function<MachineServiceBlockingStub, T> use) {
    return call(
        () ->
            use.apply(
                MachineServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS)));
  }

  private <T> T call(java.util.function.Supplier<T> use) {
    // A machine that was away a moment ago may be back: the caller's own pace is the back-off.
    channel.resetConnectBackoff();
    try {
      return use.get();
    } catch (StatusRuntimeException e) {
      throw translated(e);
    }
  }

  private RuntimeException translated(StatusRuntimeException e) {
    String seen = trust == null ? null : trust.mismatch();
    if (seen != null && fingerprint != null) {
      return new SskubaException(
          Problem.of(
                  ProblemCode.MACHINE_IDENTITY,
                  "the machine at " + address + " is not the one that was announced")
              .fact("expected", fingerprint)
              .fact("observed", seen),
          e);
    }
    Status status = e.getStatus();
    return new TalosCallException(status.getCode().name(), text(status), e);
  }

  /// gRPC says only `io exception`; what happened is in the causes.
  private static String text(Status status) {
    StringBuilder text =
        new StringBuilder(status.getDescription() == null ? "" : status.getDescription());
    Throwable cause = status.getCause();
    for (int depth = 0; cause != null && depth < 4; depth++, cause = cause.getCause()) {
      String message = cause.getMessage();
      if (message != null && text.indexOf(message) < 0) {
        text.append(text.isEmpty() ? "" : ": ").append(message);
      }
    }
    return text.toString();
  }

  private static <T> T first(List<T> messages) {
    if (messages.isEmpty()) {
      throw new TalosCallException(
          "INTERNAL", "the reply holds no message", new IllegalStateException("empty reply"));
    }
    return messages.getFirst();
  }

  /// Talos closes the gzip stream but not the tar in it: there is no end-of-archive block, so only
  /// the first entry is read.
  private static byte[] firstEntry(byte[] archive) throws IOException {
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(archive))) {
      byte[] header = in.readNBytes(TAR_BLOCK_BYTES);
      if (header.length < TAR_BLOCK_BYTES) {
        throw new EOFException("the archive is empty");
      }
      String octal =
          new String(header, 124, 11, StandardCharsets.US_ASCII).replace('\0', ' ').trim();
      int size = octal.isEmpty() ? 0 : Integer.parseUnsignedInt(octal, 8);
      if (size > KUBECONFIG_BYTES_MAX) {
        throw new IOException("larger than " + KUBECONFIG_BYTES_MAX + " bytes");
      }
      byte[] content = in.readNBytes(size);
      if (content.length < size) {
        throw new EOFException("the archive is cut short");
      }
      return content;
    } catch (NumberFormatException e) {
      throw new IOException("not a tar archive", e);
    }
  }

  @Override
  public String toString() {
    return "GrpcTalosNode[" + address + "]";
  }
}
