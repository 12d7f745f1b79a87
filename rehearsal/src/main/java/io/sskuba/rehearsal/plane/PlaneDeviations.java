package io.sskuba.rehearsal.plane;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/// Everything in which a control plane on this machine differs from what Talos would run. Each is
/// deliberate; nothing else may differ.
public final class PlaneDeviations {
  private PlaneDeviations() {}

  /// Processes bind the loopback twin of their machine's address, never `0.0.0.0`: clusters run
  /// side by side and nothing is reachable from outside.
  static final String BIND_FLAG = "bind-address";

  /// Port of the API server; as on Talos.
  public static final int API_PORT = 6443;

  /// Port of etcd's clients and peers; as on Talos.
  public static final int ETCD_CLIENT_PORT = 2379;

  static final int ETCD_PEER_PORT = 2380;

  /// Admission webhooks would be served by simulated pods, and those that fail closed would refuse
  /// everything. A fault scenario switches them on again.
  static final List<String> WEBHOOK_PLUGINS =
      List.of("MutatingAdmissionWebhook", "ValidatingAdmissionWebhook");

  /// etcd does not wait for the disk. Its data survives the death of any process, because the
  /// kernel holds it, but not a power cut. Saves about 0.2 s of a start on an idle machine and the
  /// whole disk load where many clusters run side by side.
  static final String ETCD_NO_FSYNC = "unsafe-no-fsync";

  /// etcd takes no new member within 5 s of another's arrival, so that two failures at once cannot
  /// cost the quorum. All members here die with this machine anyway, and three control planes would
  /// take 10 s longer.
  static final String ETCD_STRICT = "strict-reconfig-check";

  /// Talos names etcd 3.6 flags; etcd 3.7 knows them under these names.
  static final Map<String, String> ETCD_RENAMED =
      Map.of("experimental-watch-progress-notify-interval", "watch-progress-notify-interval");

  /// What the etcd 3.6 flags `experimental-initial-corrupt-check` and
  /// `experimental-compact-hash-check-enabled` became.
  static final String ETCD_FEATURES = "InitialCorruptCheck=true,CompactHashCheck=true";

  /// With one control plane nobody competes for leadership, and an election costs seconds.
  static final String LEADER_ELECT = "leader-elect";

  /// The way of the API servers to nodes, pods and services: an [EgressDoor].
  static final String EGRESS_FLAG = "egress-selector-config-file";

  /// Admission policies of ours are read from files, so that they hold from the first request on
  /// and nobody can delete them.
  static final String STATIC_POLICIES_GATE = "ManifestBasedAdmissionControlConfig=true";

  /// Environment of the processes, besides which it is empty. An API server that starts throws away
  /// several times what it keeps: collected half as often it takes less CPU until it is ready, and
  /// more memory (docs/adr/0047).
  static final Map<String, Map<String, String>> ENVIRONMENT =
      Map.of(
          "etcd", Map.of("ETCD_CIPHER_SUITES", PlaneFlags.ETCD_CIPHERS),
          "kube-apiserver", Map.of("GOGC", "300"));

  /// What a simulated machine offers unless the host says otherwise.
  public static final Map<String, String> CAPACITY =
      Map.of("cpu", "4", "memory", "16Gi", "pods", "110", "ephemeral-storage", "100Gi");

  /// Talos tries to join every 3 s; here a refused connection costs nothing.
  static final Duration JOIN_INTERVAL = Duration.ofMillis(100);

  /// Between two looks whether a process that starts listens already.
  static final Duration START_INTERVAL = Duration.ofMillis(25);

  /// Between two questions to one that listens but is not ready: each is a TLS handshake, whose CPU
  /// the process that starts could use.
  static final Duration ASK_INTERVAL = Duration.ofMillis(80);

  /// Between two looks at a process that runs.
  static final Duration HEALTH_INTERVAL = Duration.ofSeconds(2);

  /// The API server with its controllers, then etcd, get this long each to end before they are
  /// killed: 2 s in all. (API server 1.36 hangs on SIGTERM once etcd is gone, and else waits for
  /// its watches.) Nothing is lost: the kernel holds what etcd wrote.
  static final Duration GRACE = Duration.ofSeconds(1);

  /// A log file larger than this is moved aside once; the older one is dropped.
  static final long LOG_LIMIT = 8L << 20;

  /// Certificates of processes; Talos issues them for a year too.
  static final Duration CERTIFICATE_LIFE = Duration.ofDays(365);
}
