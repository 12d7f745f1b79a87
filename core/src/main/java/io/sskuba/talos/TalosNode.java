package io.sskuba.talos;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One connection to one machine's Talos API (port 50000). Dialled directly, never with `nodes`
/// metadata.
///
/// Every call has a deadline of its own. Errors: [TalosCallException] with the gRPC status name and
/// text.
public interface TalosNode extends AutoCloseable {
  /// `rbac` is null in maintenance mode (the reply then has no features).
  record Version(String tag, String platform, String mode, @Nullable Boolean rbac) {}

  record Applied(String mode, String details, List<String> warnings) {}

  record Service(
      String id, String state, boolean healthy, boolean healthUnknown, String lastMessage) {}

  record EtcdMember(
      String id,
      String hostname,
      List<String> peerUrls,
      List<String> clientUrls,
      boolean learner) {}

  Version version(Duration limit);

  Applied applyConfiguration(byte[] config, boolean dryRun, Duration limit);

  void bootstrap(Duration limit);

  /// The kubeconfig that Talos hands out (YAML).
  byte[] kubeconfig(Duration limit);

  List<Service> services(Duration limit);

  List<EtcdMember> etcdMembers(Duration limit);

  void reset(boolean graceful, boolean reboot, Duration limit);

  /// Wipes the state and data partitions and restarts: Talos stays on the disk and comes back in
  /// maintenance mode, where [#reset] leaves an empty disk.
  void wipe(Duration limit);

  void reboot(Duration limit);

  /// `yaml_spec` of one COSI resource.
  String resource(String namespace, String type, String id, Duration limit);

  @Override
  void close();
}
