package io.sskuba.rehearsal.machine;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a configured machine runs beside its API: etcd and the static pods of a control plane, the
/// kubelet of any node.
///
/// The machine calls; the implementation is `plane.PlaneServices`. Thread: any, one call at a time.
public interface NodeServices {
  /// Starts what `config` asks for, and returns at once; work goes on in the background.
  ///
  /// etcd starts only when its data folder holds a member already, after [#bootstrap], or by
  /// joining members that run. Idempotent: a second call while running is ignored.
  void start(MachineConfigView config);

  /// Talos's Bootstrap. Errors: [Refused] `ALREADY_EXISTS` `etcd data directory is not empty`,
  /// `FAILED_PRECONDITION`.
  void bootstrap() throws Refused;

  /// `etcd` and `kubelet` (and nothing that the machine itself plays), with their states as Talos
  /// words them.
  List<ServiceState> services();

  /// Errors: [Refused] when etcd does not run; Talos would hang, the machine's API turns it into
  /// that.
  List<Member> etcdMembers() throws Refused;

  /// The log file of `etcd`, `kubelet`, `kube-apiserver`, …, or null when there is none.
  @Nullable Path log(String service);

  /// Graceful reset: the member leaves etcd, the node's kubelet stops.
  void leave();

  /// Ends every process (API server first, then etcd) and the kubelet; data stays. Idempotent.
  void stop();

  /// [#stop] for a machine that is removed with its data: kills every process at once. Idempotent.
  default void kill() {
    stop();
  }

  /// Removes the data: etcd's and the kubelet's. Call after [#stop].
  void wipe() throws IOException;

  /// @param state `Preparing`, `Running`, `Failed`, `Finished`, … as Talos's service list prints
  ///   them
  record ServiceState(
      String id,
      String state,
      boolean healthy,
      boolean healthUnknown,
      String lastMessage,
      Instant lastChange,
      List<Event> events) {}

  record Event(String message, String state, Instant at) {}

  record Member(
      long id, String hostname, List<String> peerUrls, List<String> clientUrls, boolean learner) {}

  /// A refusal that the machine API passes on as a gRPC status.
  final class Refused extends Exception {
    private final String status;

    /// @param status gRPC status name, for example `ALREADY_EXISTS`
    public Refused(String status, String text) {
      super(text);
      this.status = status;
    }

    public String status() {
      return status;
    }
  }
}
