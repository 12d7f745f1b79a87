package io.sskuba.rehearsal.machine;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.sskuba.talos.api.cluster.ClusterServiceGrpc;
import io.sskuba.talos.api.cluster.HealthCheckProgress;
import io.sskuba.talos.api.common.Data;
import io.sskuba.talos.api.cosi.GetResponse;
import io.sskuba.talos.api.cosi.ListResponse;
import io.sskuba.talos.api.cosi.StateGrpc;
import io.sskuba.talos.api.cosi.WatchResponse;
import io.sskuba.talos.api.machine.ApplyConfigurationResponse;
import io.sskuba.talos.api.machine.BootstrapResponse;
import io.sskuba.talos.api.machine.EtcdMemberListResponse;
import io.sskuba.talos.api.machine.Event;
import io.sskuba.talos.api.machine.GenerateClientConfigurationResponse;
import io.sskuba.talos.api.machine.HostnameResponse;
import io.sskuba.talos.api.machine.ImageServiceGrpc;
import io.sskuba.talos.api.machine.LifecycleServiceGrpc;
import io.sskuba.talos.api.machine.LogsContainersResponse;
import io.sskuba.talos.api.machine.MachineServiceGrpc;
import io.sskuba.talos.api.machine.MemoryResponse;
import io.sskuba.talos.api.machine.RebootResponse;
import io.sskuba.talos.api.machine.RefusedReply;
import io.sskuba.talos.api.machine.RefusedRequest;
import io.sskuba.talos.api.machine.ResetResponse;
import io.sskuba.talos.api.machine.RollbackResponse;
import io.sskuba.talos.api.machine.ServiceListResponse;
import io.sskuba.talos.api.machine.ServiceRestartResponse;
import io.sskuba.talos.api.machine.ServiceStartResponse;
import io.sskuba.talos.api.machine.ServiceStopResponse;
import io.sskuba.talos.api.machine.ShutdownResponse;
import io.sskuba.talos.api.machine.UpgradeResponse;
import io.sskuba.talos.api.machine.VersionResponse;
import io.sskuba.talos.api.storage.DisksResponse;
import io.sskuba.talos.api.storage.StorageServiceGrpc;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Every procedure that a machine serves, with the roles that Talos v1.13.9 lets call it.
final class Procedures {
  private static final Set<String> ONE_TO_MANY =
      Set.of("machine.MachineService", "cluster.ClusterService", "storage.StorageService");
  private static final Set<Role> ANYONE = EnumSet.allOf(Role.class);
  private static final Map<String, Procedure<?, ?>> ALL = all();

  private Procedures() {}

  static @Nullable Procedure<?, ?> find(String fullMethodName) {
    return ALL.get(fullMethodName);
  }

  private static final class Table {
    final Map<String, Procedure<?, ?>> map = new HashMap<>();

    <Q extends Message, A extends Message> void add(
        MethodDescriptor<Q, A> method, Set<Role> roles, A reply, Procedure.Handler<Q, A> handler) {
      // Talos lists the services whose replies can hold several machines' answers.
      String service = String.valueOf(method.getServiceName());
      boolean oneToMany = ONE_TO_MANY.contains(service);
      map.put(
          method.getFullMethodName(), new Procedure<>(method, roles, oneToMany, reply, handler));
    }
  }

  private static Map<String, Procedure<?, ?>> all() {
    Table table = new Table();
    reading(table);
    changing(table);
    table.add(
        StateGrpc.getGetMethod(), Role.READERS, GetResponse.getDefaultInstance(), StateApi::get);
    table.add(
        StateGrpc.getListMethod(), Role.READERS, ListResponse.getDefaultInstance(), StateApi::list);
    table.add(
        StateGrpc.getWatchMethod(),
        Role.READERS,
        WatchResponse.getDefaultInstance(),
        StateApi::watch);
    return Map.copyOf(table.map);
  }

  private static void reading(Table table) {
    table.add(
        MachineServiceGrpc.getVersionMethod(),
        Role.READERS,
        VersionResponse.getDefaultInstance(),
        MachineApi::version);
    table.add(
        MachineServiceGrpc.getHostnameMethod(),
        Role.READERS,
        HostnameResponse.getDefaultInstance(),
        MachineApi::hostname);
    table.add(
        MachineServiceGrpc.getServiceListMethod(),
        Role.READERS,
        ServiceListResponse.getDefaultInstance(),
        MachineApi::serviceList);
    table.add(
        MachineServiceGrpc.getEtcdMemberListMethod(),
        Role.ETCD_READERS,
        EtcdMemberListResponse.getDefaultInstance(),
        MachineApi::etcdMembers);
    table.add(
        MachineServiceGrpc.getMemoryMethod(),
        Role.READERS,
        MemoryResponse.getDefaultInstance(),
        MachineApi::memory);
    table.add(
        MachineServiceGrpc.getEventsMethod(),
        Role.READERS,
        Event.getDefaultInstance(),
        (machine, caller, request, replies) -> machine.events().stream(request, replies));
    table.add(
        MachineServiceGrpc.getDmesgMethod(),
        Role.READERS,
        Data.getDefaultInstance(),
        (machine, caller, request, replies) ->
            machine.kernel().stream(request.getFollow(), request.getTail(), replies));
    table.add(
        MachineServiceGrpc.getLogsMethod(),
        Role.READERS,
        Data.getDefaultInstance(),
        LogFiles::stream);
    table.add(
        MachineServiceGrpc.getLogsContainersMethod(),
        Role.READERS,
        LogsContainersResponse.getDefaultInstance(),
        LogFiles::containers);
    table.add(
        StorageServiceGrpc.getDisksMethod(),
        Role.READERS,
        DisksResponse.getDefaultInstance(),
        MachineApi::disks);
    table.add(
        ClusterServiceGrpc.getHealthCheckMethod(),
        Role.READERS,
        HealthCheckProgress.getDefaultInstance(),
        HealthChecks::run);
    table.add(
        MachineServiceGrpc.getReadMethod(),
        Role.ADMINS,
        Data.getDefaultInstance(),
        MachineApi::read);
  }

  private static void changing(Table table) {
    // Who may apply depends on the machine's state; the procedure itself decides.
    table.add(
        MachineServiceGrpc.getApplyConfigurationMethod(),
        ANYONE,
        ApplyConfigurationResponse.getDefaultInstance(),
        MachineApi::applyConfiguration);
    table.add(
        MachineServiceGrpc.getBootstrapMethod(),
        Role.ADMINS,
        BootstrapResponse.getDefaultInstance(),
        MachineApi::bootstrap);
    table.add(
        MachineServiceGrpc.getKubeconfigMethod(),
        Role.ADMINS,
        Data.getDefaultInstance(),
        MachineApi::kubeconfig);
    table.add(
        MachineServiceGrpc.getGenerateClientConfigurationMethod(),
        Role.ADMINS,
        GenerateClientConfigurationResponse.getDefaultInstance(),
        MachineApi::clientConfiguration);
    table.add(
        MachineServiceGrpc.getRebootMethod(),
        Role.OPERATORS,
        RebootResponse.getDefaultInstance(),
        MachineApi::reboot);
    table.add(
        MachineServiceGrpc.getShutdownMethod(),
        Role.OPERATORS,
        ShutdownResponse.getDefaultInstance(),
        MachineApi::shutdown);
    table.add(
        MachineServiceGrpc.getResetMethod(),
        Role.ADMINS,
        ResetResponse.getDefaultInstance(),
        MachineApi::reset);
    table.add(
        MachineServiceGrpc.getUpgradeMethod(),
        Role.ADMINS,
        UpgradeResponse.getDefaultInstance(),
        MachineApi::upgrade);
    table.add(
        MachineServiceGrpc.getRollbackMethod(),
        Role.ADMINS,
        RollbackResponse.getDefaultInstance(),
        MachineApi::rollback);
    for (MethodDescriptor<RefusedRequest, RefusedReply> method :
        List.of(
            MachineServiceGrpc.getImagePullMethod(),
            ImageServiceGrpc.getPullMethod(),
            LifecycleServiceGrpc.getInstallMethod(),
            LifecycleServiceGrpc.getUpgradeMethod())) {
      table.add(method, Role.OPERATORS, RefusedReply.getDefaultInstance(), MachineApi::refuse);
    }
    services(table);
  }

  private static void services(Table table) {
    table.add(
        MachineServiceGrpc.getServiceStartMethod(),
        Role.OPERATORS,
        ServiceStartResponse.getDefaultInstance(),
        MachineApi::serviceStart);
    table.add(
        MachineServiceGrpc.getServiceStopMethod(),
        Role.OPERATORS,
        ServiceStopResponse.getDefaultInstance(),
        MachineApi::serviceStop);
    table.add(
        MachineServiceGrpc.getServiceRestartMethod(),
        Role.OPERATORS,
        ServiceRestartResponse.getDefaultInstance(),
        MachineApi::serviceRestart);
  }
}
