package io.sskuba.rehearsal.machine;

import com.google.protobuf.ByteString;
import com.google.protobuf.Empty;
import io.grpc.Status;
import io.grpc.StatusException;
import io.sskuba.machineconfig.Talosconfig;
import io.sskuba.pki.LeafCertificates;
import io.sskuba.pki.SecretsBundle;
import io.sskuba.pki.SecretsBundle.CertAndKey;
import io.sskuba.talos.api.common.Data;
import io.sskuba.talos.api.machine.ApplyConfigurationRequest;
import io.sskuba.talos.api.machine.ApplyConfigurationResponse;
import io.sskuba.talos.api.machine.Bootstrap;
import io.sskuba.talos.api.machine.BootstrapRequest;
import io.sskuba.talos.api.machine.BootstrapResponse;
import io.sskuba.talos.api.machine.EtcdMember;
import io.sskuba.talos.api.machine.EtcdMemberListRequest;
import io.sskuba.talos.api.machine.EtcdMemberListResponse;
import io.sskuba.talos.api.machine.EtcdMembers;
import io.sskuba.talos.api.machine.FeaturesInfo;
import io.sskuba.talos.api.machine.GenerateClientConfiguration;
import io.sskuba.talos.api.machine.GenerateClientConfigurationRequest;
import io.sskuba.talos.api.machine.GenerateClientConfigurationResponse;
import io.sskuba.talos.api.machine.Hostname;
import io.sskuba.talos.api.machine.HostnameResponse;
import io.sskuba.talos.api.machine.MemInfo;
import io.sskuba.talos.api.machine.Memory;
import io.sskuba.talos.api.machine.MemoryResponse;
import io.sskuba.talos.api.machine.PlatformInfo;
import io.sskuba.talos.api.machine.ReadRequest;
import io.sskuba.talos.api.machine.Reboot;
import io.sskuba.talos.api.machine.RebootRequest;
import io.sskuba.talos.api.machine.RebootResponse;
import io.sskuba.talos.api.machine.RefusedReply;
import io.sskuba.talos.api.machine.RefusedRequest;
import io.sskuba.talos.api.machine.Reset;
import io.sskuba.talos.api.machine.ResetRequest;
import io.sskuba.talos.api.machine.ResetResponse;
import io.sskuba.talos.api.machine.RollbackRequest;
import io.sskuba.talos.api.machine.RollbackResponse;
import io.sskuba.talos.api.machine.ServiceInfo;
import io.sskuba.talos.api.machine.ServiceList;
import io.sskuba.talos.api.machine.ServiceListResponse;
import io.sskuba.talos.api.machine.ServiceRestartRequest;
import io.sskuba.talos.api.machine.ServiceRestartResponse;
import io.sskuba.talos.api.machine.ServiceStart;
import io.sskuba.talos.api.machine.ServiceStartRequest;
import io.sskuba.talos.api.machine.ServiceStartResponse;
import io.sskuba.talos.api.machine.ServiceStop;
import io.sskuba.talos.api.machine.ServiceStopRequest;
import io.sskuba.talos.api.machine.ServiceStopResponse;
import io.sskuba.talos.api.machine.Shutdown;
import io.sskuba.talos.api.machine.ShutdownRequest;
import io.sskuba.talos.api.machine.ShutdownResponse;
import io.sskuba.talos.api.machine.UpgradeRequest;
import io.sskuba.talos.api.machine.UpgradeResponse;
import io.sskuba.talos.api.machine.Version;
import io.sskuba.talos.api.machine.VersionInfo;
import io.sskuba.talos.api.machine.VersionResponse;
import io.sskuba.talos.api.storage.Disk;
import io.sskuba.talos.api.storage.Disks;
import io.sskuba.talos.api.storage.DisksResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// `machine.MachineService`: what each of its procedures does, in Talos's words.
/// - Source: `v1alpha1_server.go` of Talos v1.13.9.
final class MachineApi {
  /// Talos's etcd client waits for etcd for as long as the caller does; this is the most.
  private static final Duration ETCD_WAIT_MAX = Duration.ofMinutes(5);

  private static final Duration ETCD_LOOK = Duration.ofMillis(250);
  private static final long MEMORY_KIB = 8_388_084;

  private MachineApi() {}

  static void version(
      SimMachine machine, Caller caller, Empty request, Procedure.Replies<VersionResponse> replies)
      throws InterruptedException {
    MachineIdentity identity = machine.identity();
    Version.Builder version =
        Version.newBuilder()
            .setVersion(
                VersionInfo.newBuilder()
                    .setTag(identity.talosVersion())
                    .setSha("simulated")
                    .setGoVersion("go1.26.6")
                    .setOs("linux")
                    .setArch(identity.arch()))
            .setPlatform(
                PlatformInfo.newBuilder()
                    .setName(identity.platform())
                    .setMode(ConfigFacts.mode(identity.platform())));
    if (machine.configured()) {
      version.setFeatures(FeaturesInfo.newBuilder().setRbac(true));
    }
    replies.send(VersionResponse.newBuilder().addMessages(version).build());
  }

  static void hostname(
      SimMachine machine, Caller caller, Empty request, Procedure.Replies<HostnameResponse> replies)
      throws InterruptedException {
    replies.send(
        HostnameResponse.newBuilder()
            .addMessages(Hostname.newBuilder().setHostname(machine.hostname()))
            .build());
  }

  static void serviceList(
      SimMachine machine,
      Caller caller,
      Empty request,
      Procedure.Replies<ServiceListResponse> replies)
      throws InterruptedException {
    replies.send(
        ServiceListResponse.newBuilder()
            .addMessages(ServiceList.newBuilder().addAllServices(machine.serviceList()))
            .build());
  }

  static void memory(
      SimMachine machine, Caller caller, Empty request, Procedure.Replies<MemoryResponse> replies)
      throws InterruptedException {
    MemInfo info =
        MemInfo.newBuilder()
            .setMemtotal(MEMORY_KIB)
            .setMemfree(MEMORY_KIB / 2)
            .setMemavailable(MEMORY_KIB * 3 / 4)
            .setBuffers(MEMORY_KIB / 100)
            .setCached(MEMORY_KIB / 5)
            .build();
    replies.send(
        MemoryResponse.newBuilder().addMessages(Memory.newBuilder().setMeminfo(info)).build());
  }

  static void disks(
      SimMachine machine, Caller caller, Empty request, Procedure.Replies<DisksResponse> replies)
      throws InterruptedException {
    Disk disk =
        Disk.newBuilder()
            .setSize(MachineResources.DISK_BYTES)
            .setDeviceName("/dev/vda")
            .setType(Disk.DiskType.HDD)
            .setBusPath("/simulated")
            .setSystemDisk(machine.store().installed())
            .setSubsystem("/sys/class/block")
            .build();
    replies.send(DisksResponse.newBuilder().addMessages(Disks.newBuilder().addDisks(disk)).build());
  }

  static void applyConfiguration(
      SimMachine machine,
      Caller caller,
      ApplyConfigurationRequest request,
      Procedure.Replies<ApplyConfigurationResponse> replies)
      throws StatusException, IOException, InterruptedException {
    if (!caller.roles().contains(Role.READER) && !caller.admin()) {
      throw Statuses.notAuthorized();
    }
    replies.send(
        ApplyConfigurationResponse.newBuilder()
            .addMessages(machine.apply().apply(caller, request))
            .build());
  }

  static void bootstrap(
      SimMachine machine,
      Caller caller,
      BootstrapRequest request,
      Procedure.Replies<BootstrapResponse> replies)
      throws StatusException, InterruptedException {
    if (!machine.own().running("cri") && machine.controlPlane()) {
      throw Statuses.of(Status.Code.FAILED_PRECONDITION, "bootstrap is not available yet");
    }
    controlPlaneOnly(machine, "bootstrap");
    if (!machine.sequencer().nodeServicesStarted()) {
      throw Statuses.of(Status.Code.FAILED_PRECONDITION, "bootstrap is not available yet");
    }
    if (request.getRecoverEtcd()) {
      throw Statuses.of(
          Status.Code.FAILED_PRECONDITION,
          "a simulated machine has no etcd snapshot to recover from");
    }
    try {
      machine.services().bootstrap();
    } catch (NodeServices.Refused e) {
      throw refused(e);
    }
    machine.log("etcd is bootstrapped here");
    replies.send(
        BootstrapResponse.newBuilder().addMessages(Bootstrap.getDefaultInstance()).build());
  }

  /// Without etcd this waits for as long as the caller does, as Talos's client of etcd.
  static void etcdMembers(
      SimMachine machine,
      Caller caller,
      EtcdMemberListRequest request,
      Procedure.Replies<EtcdMemberListResponse> replies)
      throws StatusException, InterruptedException {
    controlPlaneOnly(machine, "member list");
    long end = machine.time().nanos() + ETCD_WAIT_MAX.toNanos();
    while (true) {
      try {
        EtcdMembers.Builder members = EtcdMembers.newBuilder();
        for (NodeServices.Member member : machine.services().etcdMembers()) {
          members.addLegacyMembers(member.hostname());
          members.addMembers(
              EtcdMember.newBuilder()
                  .setId(member.id())
                  .setHostname(member.hostname())
                  .addAllPeerUrls(member.peerUrls())
                  .addAllClientUrls(member.clientUrls())
                  .setIsLearner(member.learner()));
        }
        replies.send(EtcdMemberListResponse.newBuilder().addMessages(members).build());
        return;
      } catch (NodeServices.Refused e) {
        if (machine.time().nanos() - end > 0) {
          throw Statuses.of(Status.Code.DEADLINE_EXCEEDED, "context deadline exceeded");
        }
        machine.time().sleep(ETCD_LOOK);
      }
    }
  }

  static void kubeconfig(
      SimMachine machine, Caller caller, Empty request, Procedure.Replies<Data> replies)
      throws StatusException, IOException, InterruptedException {
    controlPlaneOnly(machine, "kubeconfig");
    replies.send(Kubeconfig.archive(machine));
  }

  static void clientConfiguration(
      SimMachine machine,
      Caller caller,
      GenerateClientConfigurationRequest request,
      Procedure.Replies<GenerateClientConfigurationResponse> replies)
      throws StatusException, InterruptedException {
    controlPlaneOnly(machine, "generate client configuration");
    Duration lifetime = GoDurations.of(request.getCrtTtl());
    if (lifetime.isZero() || lifetime.isNegative()) {
      throw Statuses.of(Status.Code.INVALID_ARGUMENT, "crt_ttl should be positive");
    }
    MachineConfigView config = machine.config().orElseThrow();
    Set<String> roles = new TreeSet<>();
    for (String name : request.getRolesList()) {
      Role.of(name).ifPresent(role -> roles.add(role.organisation()));
    }
    SecretsBundle secrets = ConfigFacts.authorities(config).orElseThrow();
    CertAndKey client =
        new LeafCertificates(secrets, machine.time(), machine.options().random())
            .talosClient(roles, lifetime);
    String authority = secrets.os().certificate();
    String cluster = String.valueOf(config.string("cluster", "clusterName"));
    String context =
        roles.size() == 1
            ? roles.iterator().next().substring("os:".length()) + "@" + cluster
            : cluster;
    replies.send(
        GenerateClientConfigurationResponse.newBuilder()
            .addMessages(
                GenerateClientConfiguration.newBuilder()
                    .setCa(ByteString.copyFromUtf8(authority))
                    .setCrt(ByteString.copyFromUtf8(client.certificate()))
                    .setKey(ByteString.copyFromUtf8(client.key()))
                    .setTalosconfig(
                        ByteString.copyFromUtf8(
                            Talosconfig.write(context, List.of(), authority, client))))
            .build());
  }

  static void reboot(
      SimMachine machine,
      Caller caller,
      RebootRequest request,
      Procedure.Replies<RebootResponse> replies)
      throws InterruptedException {
    String actor = actor(machine);
    replies.send(
        RebootResponse.newBuilder().addMessages(Reboot.newBuilder().setActorId(actor)).build());
    machine.sequencer().request(Sequencer.Ending.REBOOT, actor, null);
  }

  static void shutdown(
      SimMachine machine,
      Caller caller,
      ShutdownRequest request,
      Procedure.Replies<ShutdownResponse> replies)
      throws InterruptedException {
    String actor = actor(machine);
    replies.send(
        ShutdownResponse.newBuilder().addMessages(Shutdown.newBuilder().setActorId(actor)).build());
    machine.sequencer().request(Sequencer.Ending.SHUTDOWN, actor, null);
  }

  static void reset(
      SimMachine machine,
      Caller caller,
      ResetRequest request,
      Procedure.Replies<ResetResponse> replies)
      throws StatusException, InterruptedException {
    if (request.getUserDisksToWipeCount() > 0) {
      if (request.getMode() == ResetRequest.WipeMode.SYSTEM_DISK) {
        throw Statuses.of(
            Status.Code.UNKNOWN,
            "reset failed: invalid input, wipe mode SYSTEM_DISK doesn't support UserDisksToWipe"
                + " parameter");
      }
      throw Statuses.of(
          Status.Code.UNKNOWN,
          "reset user disk failed: device " + request.getUserDisksToWipe(0) + " wasn't found");
    }
    if (request.getSystemPartitionsToWipeCount() > 0
        && request.getMode() == ResetRequest.WipeMode.USER_DISKS) {
      throw Statuses.of(
          Status.Code.UNKNOWN,
          "reset failed: invalid input, wipe mode USER_DISKS doesn't support"
              + " SystemPartitionsToWipe parameter");
    }
    for (var partition : request.getSystemPartitionsToWipeList()) {
      if (!List.of("META", "STATE", "EPHEMERAL").contains(partition.getLabel())) {
        throw Statuses.of(
            Status.Code.UNKNOWN,
            "failed to get volume status with label \""
                + partition.getLabel()
                + "\": resource VolumeStatuses.block.talos.dev(runtime/"
                + partition.getLabel()
                + "@undefined) doesn't exist");
      }
    }
    String actor = actor(machine);
    replies.send(
        ResetResponse.newBuilder().addMessages(Reset.newBuilder().setActorId(actor)).build());
    machine.sequencer().request(Sequencer.Ending.RESET, actor, request);
  }

  /// Clusters are replaced, never changed in place: no machine is ever upgraded.
  static void upgrade(
      SimMachine machine,
      Caller caller,
      UpgradeRequest request,
      Procedure.Replies<UpgradeResponse> replies)
      throws StatusException {
    throw never("upgraded");
  }

  static void rollback(
      SimMachine machine,
      Caller caller,
      RollbackRequest request,
      Procedure.Replies<RollbackResponse> replies)
      throws StatusException {
    throw never("rolled back");
  }

  static void refuse(
      SimMachine machine,
      Caller caller,
      RefusedRequest request,
      Procedure.Replies<RefusedReply> replies)
      throws StatusException {
    throw never("upgraded");
  }

  private static StatusException never(String what) {
    return Statuses.of(
        Status.Code.FAILED_PRECONDITION,
        "machines of sskuba are never "
            + what
            + ": change the cluster file's versions and make the cluster anew with"
            + " sskuba-ctl apply --replace");
  }

  static void serviceStart(
      SimMachine machine,
      Caller caller,
      ServiceStartRequest request,
      Procedure.Replies<ServiceStartResponse> replies)
      throws StatusException, InterruptedException {
    if (!running(machine, request.getId())) {
      throw unsupported(request.getId(), "start");
    }
    replies.send(
        ServiceStartResponse.newBuilder()
            .addMessages(
                ServiceStart.newBuilder().setResp("Service \"" + request.getId() + "\" started"))
            .build());
  }

  static void serviceStop(
      SimMachine machine,
      Caller caller,
      ServiceStopRequest request,
      Procedure.Replies<ServiceStopResponse> replies)
      throws StatusException, InterruptedException {
    if (running(machine, request.getId())) {
      throw unsupported(request.getId(), "stop");
    }
    replies.send(
        ServiceStopResponse.newBuilder()
            .addMessages(
                ServiceStop.newBuilder().setResp("Service \"" + request.getId() + "\" stopped"))
            .build());
  }

  static void serviceRestart(
      SimMachine machine,
      Caller caller,
      ServiceRestartRequest request,
      Procedure.Replies<ServiceRestartResponse> replies)
      throws StatusException {
    running(machine, request.getId());
    throw unsupported(request.getId(), "restart");
  }

  private static boolean running(SimMachine machine, String id) throws StatusException {
    Optional<ServiceInfo> found =
        machine.serviceList().stream().filter(info -> info.getId().equals(id)).findFirst();
    if (found.isEmpty()) {
      throw Statuses.of(Status.Code.UNKNOWN, "service \"" + id + "\" not defined");
    }
    return found.get().getState().equals("Running");
  }

  private static StatusException unsupported(String id, String operation) {
    return Statuses.of(
        Status.Code.UNKNOWN,
        "service \"" + id + "\" doesn't support " + operation + " operation via API");
  }

  static void read(
      SimMachine machine, Caller caller, ReadRequest request, Procedure.Replies<Data> replies)
      throws StatusException, InterruptedException {
    String hostname = machine.hostname();
    String text =
        switch (request.getPath()) {
          case "/proc/sys/kernel/random/boot_id" -> machine.bootId() + "\n";
          case "/proc/uptime" -> {
            long seconds = Duration.between(machine.bootedAt(), machine.time().now()).toSeconds();
            yield seconds + ".00 " + seconds + ".00\n";
          }
          case "/proc/version" ->
              "Linux version 6.18.18-talos (@buildkitsandbox) (simulated) #1 SMP\n";
          case "/etc/hostname" -> hostname + "\n";
          case "/etc/hosts" ->
              "127.0.0.1 localhost\n"
                  + machine.identity().address()
                  + " "
                  + hostname
                  + "\n::1 localhost ip6-localhost ip6-loopback\n";
          case "/etc/os-release" ->
              "NAME=\"Talos\"\nID=talos\nVERSION_ID="
                  + machine.identity().talosVersion()
                  + "\nPRETTY_NAME=\"Talos ("
                  + machine.identity().talosVersion()
                  + ") (simulated)\"\n";
          default ->
              throw Statuses.of(
                  Status.Code.NOT_FOUND,
                  "stat " + request.getPath() + ": no such file or directory");
        };
    replies.send(Data.newBuilder().setBytes(ByteString.copyFromUtf8(text)).build());
  }

  static void controlPlaneOnly(SimMachine machine, String procedure) throws StatusException {
    if (!machine.configured()) {
      throw Statuses.of(
          Status.Code.UNIMPLEMENTED, "machine type is not set, cannot use " + procedure + " API");
    }
    if (!machine.controlPlane()) {
      throw Statuses.of(
          Status.Code.UNIMPLEMENTED, procedure + " is only available on control plane nodes");
    }
  }

  private static StatusException refused(NodeServices.Refused e) {
    return Statuses.of(Status.Code.valueOf(e.status()), String.valueOf(e.getMessage()));
  }

  private static String actor(SimMachine machine) {
    return Uuids.random(machine.options().random()).toString();
  }
}
