package io.sskuba.rehearsal.plane;

import io.sskuba.rehearsal.machine.MachineIdentity;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The command lines of etcd and the static pods: Talos's templates, `extraArgs` of the machine
/// configuration, then [PlaneDeviations].
/// - Errors: `IllegalArgumentException` for an `extraArgs` key that Talos refuses.
/// - Source: Talos v1.13 `k8s.ControlPlaneStaticPodController`, `services.Etcd`.
final class PlaneFlags {
  private static final String CIPHERS =
      "TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384,TLS_CHACHA20_POLY1305_SHA256,"
          + "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,"
          + "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305,"
          + "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,"
          + "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,"
          + "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256";

  static final String ETCD_CIPHERS =
      "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,"
          + "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,"
          + "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305";

  private static final Set<String> API_ADDITIVE =
      Set.of(
          "enable-admission-plugins", "feature-gates", "authorization-mode", "tls-cipher-suites");

  private static final Set<String> API_DENIED =
      Set.of(
          "etcd-servers",
          "client-ca-file",
          "requestheader-client-ca-file",
          "proxy-client-cert-file",
          "proxy-client-key-file",
          "encryption-provider-config",
          "etcd-cafile",
          "etcd-certfile",
          "etcd-keyfile",
          "kubelet-client-certificate",
          "kubelet-client-key",
          "service-account-key-file",
          "service-account-signing-key-file",
          "tls-cert-file",
          "tls-private-key-file",
          "authorization-config");

  private static final Set<String> MANAGER_DENIED =
      Set.of(
          "cluster-signing-cert-file",
          "cluster-signing-key-file",
          "authentication-kubeconfig",
          "authorization-kubeconfig",
          "root-ca-file",
          "service-account-private-key-file");

  private static final Set<String> SCHEDULER_DENIED =
      Set.of("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig", "config");

  private final MachineIdentity identity;
  private final PlaneConfig config;
  private final PlaneFiles files;

  PlaneFlags(MachineIdentity identity, PlaneConfig config, PlaneFiles files) {
    this.identity = identity;
    this.config = config;
    this.files = files;
  }

  static String peerUrl(String twin) {
    return "https://" + twin + ":" + PlaneDeviations.ETCD_PEER_PORT;
  }

  static String clientUrl(String twin) {
    return "https://" + twin + ":" + PlaneDeviations.ETCD_CLIENT_PORT;
  }

  /// @param initialCluster `name=peerUrl,…`
  /// @param first whether the member makes the cluster
  List<String> etcd(Path data, String initialCluster, boolean first) {
    String twin = identity.twin();
    Flags flags = new Flags();
    flags.set("name", config.hostname(identity.name()));
    flags.set("auto-tls", "false").set("peer-auto-tls", "false");
    flags.set("data-dir", data.toString());
    flags.set("listen-peer-urls", peerUrl(twin)).set("listen-client-urls", clientUrl(twin));
    flags.set("client-cert-auth", "true").set("peer-client-cert-auth", "true");
    flags.set("cert-file", file("etcd/server.crt")).set("key-file", file("etcd/server.key"));
    flags.set("trusted-ca-file", file("etcd/ca.crt"));
    flags.set("peer-cert-file", file("etcd/peer.crt")).set("peer-key-file", file("etcd/peer.key"));
    flags.set("peer-trusted-ca-file", file("etcd/ca.crt"));
    Set<String> denied = new java.util.HashSet<>();
    flags.arguments().forEach(a -> denied.add(a.substring(2, a.indexOf('='))));
    flags.set("watch-progress-notify-interval", "5s");
    flags.set("feature-gates", PlaneDeviations.ETCD_FEATURES);
    flags.set("initial-cluster", initialCluster);
    flags.set("initial-cluster-state", first ? "new" : "existing");
    flags.set("initial-advertise-peer-urls", peerUrl(twin));
    flags.set("advertise-client-urls", clientUrl(twin));
    Map<String, Object> extra = new java.util.LinkedHashMap<>();
    config
        .extraArgs("etcd")
        .forEach(
            (k, v) ->
                extra.put(
                    PlaneDeviations.ETCD_RENAMED.getOrDefault(String.valueOf(k), String.valueOf(k)),
                    v));
    flags.merge(extra, denied, Set.of("feature-gates"));
    flags.set(PlaneDeviations.ETCD_NO_FSYNC, "true");
    flags.set(PlaneDeviations.ETCD_STRICT, "false");
    return flags.arguments();
  }

  /// @param webhooks whether the webhook admission plugins run
  List<String> apiServer(Path auditLog, boolean webhooks) {
    String k = "kube-apiserver/";
    Flags flags = new Flags();
    flags.set("admission-control-config-file", file(k + "admission-control-config.yaml"));
    flags.set("allow-privileged", "true").set("anonymous-auth", "false");
    flags.set("api-audiences", config.endpoint());
    flags.set("client-ca-file", file(k + "ca.crt"));
    flags.set("enable-admission-plugins", "NodeRestriction");
    flags.set("requestheader-client-ca-file", file(k + "aggregator-ca.crt"));
    flags.set("requestheader-allowed-names", "front-proxy-client");
    flags.set("requestheader-extra-headers-prefix", "X-Remote-Extra-");
    flags.set("requestheader-group-headers", "X-Remote-Group");
    flags.set("requestheader-username-headers", "X-Remote-User");
    flags.set("proxy-client-cert-file", file(k + "front-proxy-client.crt"));
    flags.set("proxy-client-key-file", file(k + "front-proxy-client.key"));
    flags.set("enable-bootstrap-token-auth", "true");
    flags.set("tls-min-version", "VersionTLS12").set("tls-cipher-suites", CIPHERS);
    flags.set("encryption-provider-config", file(k + "encryptionconfig.yaml"));
    flags.set("audit-policy-file", file(k + "auditpolicy.yaml"));
    flags.set("audit-log-path", auditLog.toString());
    flags.set("audit-log-maxage", "30").set("audit-log-maxbackup", "10");
    flags.set("audit-log-maxsize", "100").set("profiling", "false");
    flags.set("etcd-cafile", file(k + "etcd-client-ca.crt"));
    flags.set("etcd-certfile", file(k + "etcd-client.crt"));
    flags.set("etcd-keyfile", file(k + "etcd-client.key"));
    flags.set("etcd-servers", clientUrl(identity.twin()));
    flags.set("kubelet-client-certificate", file(k + "apiserver-kubelet-client.crt"));
    flags.set("kubelet-client-key", file(k + "apiserver-kubelet-client.key"));
    flags.set("secure-port", Integer.toString(config.apiPort()));
    flags.set("service-account-issuer", config.endpoint());
    flags.set("service-account-key-file", file(k + "service-account.pub"));
    flags.set("service-account-signing-key-file", file(k + "service-account.key"));
    flags.set("service-cluster-ip-range", String.join(",", config.serviceSubnets()));
    flags.set("tls-cert-file", file(k + "apiserver.crt"));
    flags.set("tls-private-key-file", file(k + "apiserver.key"));
    flags.set("kubelet-preferred-address-types", "InternalIP,ExternalIP,Hostname");
    flags.set("advertise-address", identity.address());
    Map<?, ?> extra = config.extraArgs("apiServer");
    boolean modes =
        extra.keySet().stream()
            .map(String::valueOf)
            .anyMatch(
                f -> f.equals("authorization-mode") || f.startsWith("authorization-webhook-"));
    if (modes) {
      flags.set("authorization-mode", "Node,RBAC");
    } else {
      flags.set("authorization-config", file(k + "authorization-config.yaml"));
    }
    flags.merge(extra, API_DENIED, API_ADDITIVE);
    flags.set(PlaneDeviations.BIND_FLAG, identity.twin());
    flags.set(PlaneDeviations.EGRESS_FLAG, file(k + "egress.yaml"));
    flags.add("feature-gates", List.of(PlaneDeviations.STATIC_POLICIES_GATE));
    if (!webhooks) {
      flags.add("disable-admission-plugins", PlaneDeviations.WEBHOOK_PLUGINS);
    }
    return flags.arguments();
  }

  List<String> controllerManager(boolean alone) {
    String k = "kube-controller-manager/";
    Flags flags = new Flags();
    flags.set("use-service-account-credentials", "true");
    flags.set("allocate-node-cidrs", "true");
    flags.set("cluster-cidr", String.join(",", config.podSubnets()));
    flags.set("service-cluster-ip-range", String.join(",", config.serviceSubnets()));
    flags.set("cluster-signing-cert-file", file(k + "ca.crt"));
    flags.set("cluster-signing-key-file", file(k + "ca.key"));
    flags.set("controllers", "*,tokencleaner").set("configure-cloud-routes", "false");
    flags.set("kubeconfig", file(k + "kubeconfig"));
    flags.set("authentication-kubeconfig", file(k + "kubeconfig"));
    flags.set("authorization-kubeconfig", file(k + "kubeconfig"));
    flags.set(PlaneDeviations.LEADER_ELECT, Boolean.toString(!alone));
    flags.set("root-ca-file", file(k + "ca.crt"));
    flags.set("service-account-private-key-file", file(k + "service-account.key"));
    flags.set("profiling", "false").set("tls-min-version", "VersionTLS13");
    flags.merge(
        config.extraArgs("controllerManager"),
        MANAGER_DENIED,
        Set.of("service-cluster-ip-range", "controllers"));
    flags.set(PlaneDeviations.BIND_FLAG, identity.twin());
    return flags.arguments();
  }

  List<String> scheduler(boolean alone) {
    String k = "kube-scheduler/";
    Flags flags = new Flags();
    flags.set("config", file(k + "scheduler-config.yaml"));
    flags.set("authentication-tolerate-lookup-failure", "false");
    flags.set("authentication-kubeconfig", file(k + "kubeconfig"));
    flags.set("authorization-kubeconfig", file(k + "kubeconfig"));
    flags.set(PlaneDeviations.LEADER_ELECT, Boolean.toString(!alone));
    flags.set("profiling", "false").set("tls-min-version", "VersionTLS13");
    flags.merge(config.extraArgs("scheduler"), SCHEDULER_DENIED, Set.of());
    flags.set(PlaneDeviations.BIND_FLAG, identity.twin());
    return flags.arguments();
  }

  private String file(String name) {
    return files.at(name).toString();
  }
}
