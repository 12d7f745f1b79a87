package io.sskuba.rehearsal.machine;

import com.google.protobuf.ByteString;
import com.google.protobuf.Empty;
import io.grpc.Status;
import io.grpc.StatusException;
import io.sskuba.talos.api.common.Data;
import io.sskuba.talos.api.machine.LogsContainer;
import io.sskuba.talos.api.machine.LogsContainersResponse;
import io.sskuba.talos.api.machine.LogsRequest;
import io.sskuba.talos.api.machine.ServiceInfo;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Logs: the real files behind etcd, the kubelet and the control plane's static pods; for the
/// services that the machine plays itself, what happened to them.
/// - Limits: the last [#BYTES_MAX] of a file, in parts of [#CHUNK_BYTES].
final class LogFiles {
  private static final long BYTES_MAX = 4 << 20;
  private static final int CHUNK_BYTES = 32 << 10;
  private static final Duration LOOK = Duration.ofMillis(250);

  private LogFiles() {}

  static void containers(
      SimMachine machine,
      Caller caller,
      Empty request,
      Procedure.Replies<LogsContainersResponse> replies)
      throws InterruptedException {
    List<String> ids = machine.serviceList().stream().map(ServiceInfo::getId).toList();
    replies.send(
        LogsContainersResponse.newBuilder()
            .addMessages(LogsContainer.newBuilder().addAllIds(ids))
            .build());
  }

  static void stream(
      SimMachine machine, Caller caller, LogsRequest request, Procedure.Replies<Data> replies)
      throws StatusException, IOException, InterruptedException {
    boolean system = request.getNamespace().equals("system") || request.getId().equals("kubelet");
    String service = system ? request.getId() : container(request.getId());
    Path file = service == null ? null : machine.services().log(service);
    if (file != null) {
      file(machine, file, request, replies);
      return;
    }
    if (!system) {
      throw Statuses.of(Status.Code.UNKNOWN, "container \"" + request.getId() + "\" not found");
    }
    Optional<ServiceInfo> info =
        machine.own().list().stream()
            .filter(own -> own.getId().equals(request.getId()))
            .findFirst();
    if (info.isEmpty()) {
      throw Statuses.of(Status.Code.UNKNOWN, "log \"" + request.getId() + "\" was not registered");
    }
    played(machine, info.get(), request, replies);
  }

  /// The container of `kube-system/kube-apiserver-NODE:kube-apiserver:HASH`, or null.
  private static @Nullable String container(String id) {
    String[] parts = id.split(":");
    return parts.length >= 2 ? parts[1] : null;
  }

  private static void played(
      SimMachine machine, ServiceInfo info, LogsRequest request, Procedure.Replies<Data> replies)
      throws InterruptedException {
    StringBuilder text = new StringBuilder();
    info.getEvents()
        .getEventsList()
        .forEach(
            event ->
                text.append(
                        Instant.ofEpochSecond(event.getTs().getSeconds(), event.getTs().getNanos()))
                    .append(' ')
                    .append(info.getId())
                    .append(": ")
                    .append(event.getMsg())
                    .append('\n'));
    byte[] bytes = tail(text.toString().getBytes(StandardCharsets.UTF_8), request.getTailLines());
    replies.send(Data.newBuilder().setBytes(ByteString.copyFrom(bytes)).build());
    while (request.getFollow() && machine.sequencer().listening()) {
      machine.time().sleep(LOOK);
    }
  }

  private static void file(
      SimMachine machine, Path file, LogsRequest request, Procedure.Replies<Data> replies)
      throws IOException, InterruptedException {
    try (RandomAccessFile reader = new RandomAccessFile(file.toFile(), "r")) {
      long at = start(reader, request.getTailLines());
      while (true) {
        at = copy(reader, at, replies);
        if (!request.getFollow() || !machine.sequencer().listening()) {
          return;
        }
        machine.time().sleep(LOOK);
        if (reader.length() < at) {
          at = 0; // it was started anew
        }
      }
    } catch (java.io.FileNotFoundException e) {
      throw new IOException("the log is not there yet", e);
    }
  }

  private static long copy(RandomAccessFile reader, long from, Procedure.Replies<Data> replies)
      throws IOException, InterruptedException {
    long at = from;
    byte[] buffer = new byte[CHUNK_BYTES];
    reader.seek(at);
    int count = reader.read(buffer);
    while (count > 0) {
      at += count;
      replies.send(Data.newBuilder().setBytes(ByteString.copyFrom(buffer, 0, count)).build());
      count = reader.read(buffer);
    }
    return at;
  }

  /// Where the last `lines` begin; negative means all that the limit allows.
  private static long start(RandomAccessFile reader, int lines) throws IOException {
    long length = reader.length();
    long floor = Math.max(0, length - BYTES_MAX);
    if (lines < 0) {
      return floor;
    }
    byte[] part = new byte[(int) (length - floor)];
    reader.seek(floor);
    reader.readFully(part);
    return length - tail(part, lines).length;
  }

  private static byte[] tail(byte[] text, int lines) {
    if (lines < 0) {
      return text;
    }
    int left = lines;
    int at = text.length;
    while (at > 0) {
      if (text[at - 1] == '\n' && at != text.length && left-- <= 1) {
        break;
      }
      at--;
    }
    if (lines == 0) {
      at = text.length;
    }
    byte[] end = new byte[text.length - at];
    System.arraycopy(text, at, end, 0, end.length);
    return end;
  }
}
