package io.sskuba.rehearsal.plane;

import io.sskuba.io.AtomicFiles;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.io.Yaml;
import io.sskuba.kube.KubeApi;
import io.sskuba.kube.KubeApis;
import io.sskuba.kube.KubeCredential;
import io.sskuba.kube.KubeTls;
import io.sskuba.net.AddressMap;
import io.sskuba.pki.Kubeconfigs;
import io.sskuba.pki.LeafCertificates;
import io.sskuba.pki.Pem;
import io.sskuba.pki.SecretsBundle;
import io.sskuba.pki.SecretsBundle.CertAndKey;
import io.sskuba.rehearsal.machine.MachineConfigView;
import io.sskuba.rehearsal.machine.MachineIdentity;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;

/// The files that the processes of one control plane read, in the machine's memory folder: 0700,
/// each file 0600. Their content is kept, so that files which vanish can be written again.
///
/// Names are Talos's (`/system/secrets/kubernetes/…`, `/system/config/kubernetes/…`).
final class PlaneFiles {
  private static final String LOCAL = "127.0.0.1";
  private final Path folder;
  private final MachineIdentity identity;
  private final PlaneConfig config;
  private final Map<String, String> content = new LinkedHashMap<>();
  private final SecretsBundle secrets;
  private final SSLContext etcdAdmin;
  private final SSLContext kubeAdmin;
  private final CertAndKey admin;

  /// Issues all certificates; nothing is written yet.
  PlaneFiles(MachineIdentity identity, PlaneConfig config, TimeSource time, RandomSource random) {
    this.folder = identity.memory().resolve("plane");
    this.identity = identity;
    this.config = config;
    this.secrets = config.secrets();
    LeafCertificates leaves = new LeafCertificates(secrets, time, random);
    etcd(leaves);
    apiServer(leaves);
    controllerManager(leaves);
    scheduler(leaves);
    this.etcdAdmin = context(secrets.etcd().certificate(), leaves.etcdClient("talos"));
    this.admin = leaves.admin(PlaneDeviations.CERTIFICATE_LIFE);
    this.kubeAdmin = context(secrets.kubernetes().certificate(), admin);
  }

  Path at(String name) {
    return folder.resolve(name);
  }

  /// Writes what is not there. Idempotent.
  void write() throws IOException {
    AtomicFiles.privateFolder(folder);
    for (Map.Entry<String, String> file : content.entrySet()) {
      Path path = at(file.getKey());
      if (!Files.exists(path)) {
        AtomicFiles.writeString(path, file.getValue());
      }
    }
  }

  void wipe() throws IOException {
    AtomicFiles.deleteTree(folder);
  }

  TlsClient etcdClient() {
    return new TlsClient(etcdAdmin);
  }

  TlsClient kubeClient() {
    return new TlsClient(kubeAdmin);
  }

  /// The API server of this machine as administrator; the caller closes it.
  KubeApi kubeApi() {
    return KubeApis.open(
        "https://" + identity.twin() + ":" + config.apiPort(),
        secrets.kubernetes().certificate(),
        new KubeCredential.ClientCertificate(admin.certificate(), admin.key()),
        AddressMap.IDENTITY);
  }

  private void etcd(LeafCertificates leaves) {
    String hostname = config.hostname(identity.name());
    // The twin is what members and the API server dial here.
    List<String> addresses = List.of(identity.address(), identity.twin());
    content.put("etcd/ca.crt", secrets.etcd().certificate());
    pair("etcd/server", leaves.etcdServer(hostname, List.of(hostname), addresses));
    // A member checks that a peer's certificate names the address it comes from, and the kernel
    // lets everything on loopback come from this one.
    List<String> peer = List.of(identity.address(), identity.twin(), LOCAL);
    pair("etcd/peer", leaves.etcdPeer(hostname, List.of(hostname), peer));
  }

  private void apiServer(LeafCertificates leaves) {
    String k = "kube-apiserver/";
    content.put(k + "etcd-client-ca.crt", secrets.etcd().certificate());
    pair(k + "etcd-client", leaves.etcdClient("kube-apiserver"));
    content.put(k + "ca.crt", secrets.kubernetes().certificate());
    List<String> names = new ArrayList<>();
    List<String> addresses = new ArrayList<>();
    names.addAll(LeafCertificates.apiServerDnsNames(config.dnsDomain()));
    List<String> sans = new ArrayList<>();
    sans.add(bare(config.endpointUri().getHost()));
    sans.addAll(config.apiCertSans());
    sans.add(config.hostname(identity.name()));
    for (String subnet : config.serviceSubnets()) {
      addresses.add(firstAddress(subnet));
    }
    addresses.addAll(List.of(identity.address(), identity.twin(), LOCAL));
    for (String san : sans) {
      (literal(san) ? addresses : names).add(san);
    }
    pair(k + "apiserver", leaves.kubeApiServer(names, addresses));
    pair(k + "apiserver-kubelet-client", leaves.kubeletClient());
    content.put(k + "service-account.pub", publicKey(secrets.serviceAccountKey()));
    content.put(k + "service-account.key", secrets.serviceAccountKey());
    content.put(k + "aggregator-ca.crt", secrets.aggregator().certificate());
    pair(k + "front-proxy-client", leaves.frontProxyClient());
    content.put(k + "encryptionconfig.yaml", Yaml.dump(encryption()));
    content.put(k + "admission-control-config.yaml", Yaml.dump(admission()));
    content.put(k + "auditpolicy.yaml", Yaml.dump(auditPolicy()));
    content.put(k + "authorization-config.yaml", Yaml.dump(authorization()));
    content.put(k + "egress.yaml", Yaml.dump(egress()));
    content.put(k + "policies/" + SimulatedBackends.FILE, SimulatedBackends.manifests());
  }

  private void controllerManager(LeafCertificates leaves) {
    String k = "kube-controller-manager/";
    pair(k + "ca", secrets.kubernetes());
    content.put(k + "service-account.key", secrets.serviceAccountKey());
    content.put(
        k + "kubeconfig", kubeconfig("system:kube-controller-manager", leaves.controllerManager()));
  }

  private void scheduler(LeafCertificates leaves) {
    String k = "kube-scheduler/";
    content.put(k + "kubeconfig", kubeconfig("system:kube-scheduler", leaves.scheduler()));
    Map<String, Object> file = new LinkedHashMap<>();
    copy(config.view().map("cluster", "scheduler", "config"), file);
    file.put("apiVersion", "kubescheduler.config.k8s.io/v1");
    file.put("kind", "KubeSchedulerConfiguration");
    Map<String, Object> connection = new LinkedHashMap<>();
    copy(config.view().map("cluster", "scheduler", "config", "clientConnection"), connection);
    connection.put("kubeconfig", at(k + "kubeconfig").toString());
    file.put("clientConnection", connection);
    content.put(k + "scheduler-config.yaml", Yaml.dump(file));
  }

  private String kubeconfig(String user, CertAndKey client) {
    return Kubeconfigs.component(
        config.clusterName(),
        "https://" + identity.twin() + ":" + config.apiPort(),
        secrets.kubernetes().certificate(),
        user,
        client);
  }

  private Map<String, Object> encryption() {
    List<Object> providers = new ArrayList<>();
    MachineConfigView view = config.view();
    key(providers, "secretbox", "key2", view.string("cluster", "secretboxEncryptionSecret"));
    key(providers, "aescbc", "key1", view.string("cluster", "aescbcEncryptionSecret"));
    providers.add(Map.of("identity", Map.of()));
    Map<String, Object> file = document("apiserver.config.k8s.io/v1", "EncryptionConfiguration");
    file.put(
        "resources", List.of(ordered("resources", List.of("secrets"), "providers", providers)));
    return file;
  }

  private static void key(
      List<Object> providers,
      String provider,
      String name,
      @org.jspecify.annotations.Nullable String secret) {
    if (secret != null && !secret.isEmpty()) {
      providers.add(
          Map.of(provider, Map.of("keys", List.of(ordered("name", name, "secret", secret)))));
    }
  }

  private Map<String, Object> admission() {
    List<Object> plugins = new ArrayList<>();
    for (Object item : config.view().list("cluster", "apiServer", "admissionControl")) {
      if (item instanceof Map<?, ?> plugin) {
        plugins.add(
            ordered(
                "name",
                String.valueOf(plugin.get("name")),
                "configuration",
                plugin.get("configuration") instanceof Map<?, ?> c ? c : Map.of()));
      }
    }
    plugins.add(SimulatedBackends.plugin(at("kube-apiserver/policies")));
    Map<String, Object> file = document("apiserver.config.k8s.io/v1", "AdmissionConfiguration");
    file.put("plugins", plugins);
    return file;
  }

  private Object auditPolicy() {
    Map<?, ?> configured = config.view().map("cluster", "apiServer", "auditPolicy");
    if (!configured.isEmpty()) {
      return configured;
    }
    Map<String, Object> file = document("audit.k8s.io/v1", "Policy");
    file.put("rules", List.of(Map.of("level", "Metadata")));
    return file;
  }

  private Map<String, Object> authorization() {
    List<Object> authorizers = new ArrayList<>();
    for (Object item : config.view().list("cluster", "apiServer", "authorizationConfig")) {
      authorizers.add(item);
    }
    missing(authorizers, 0, "Node", "node");
    missing(authorizers, Math.min(1, authorizers.size()), "RBAC", "rbac");
    Map<String, Object> file = document("apiserver.config.k8s.io/v1", "AuthorizationConfiguration");
    file.put("authorizers", authorizers);
    return file;
  }

  private static void missing(List<Object> authorizers, int at, String type, String name) {
    boolean there =
        authorizers.stream().anyMatch(a -> a instanceof Map<?, ?> m && type.equals(m.get("type")));
    if (!there) {
      authorizers.add(at, ordered("type", type, "name", name));
    }
  }

  private Map<String, Object> egress() {
    Map<String, Object> file = document("apiserver.k8s.io/v1beta1", "EgressSelectorConfiguration");
    Map<String, Object> uds = Map.of("uds", Map.of("udsName", doorSocket().toString()));
    file.put(
        "egressSelections",
        List.of(
            ordered(
                "name",
                "cluster",
                "connection",
                ordered("proxyProtocol", "HTTPConnect", "transport", uds))));
    return file;
  }

  /// Beside the files, with a name as short as can be: a socket's path has 107 bytes.
  Path doorSocket() {
    return identity.memory().resolve("door");
  }

  private void pair(String name, CertAndKey pair) {
    content.put(name + ".crt", pair.certificate());
    content.put(name + ".key", pair.key());
  }

  private static String publicKey(String privateKey) {
    return Pem.rsaPublicKey(privateKey);
  }

  private static Map<String, Object> document(String apiVersion, String kind) {
    return ordered("apiVersion", apiVersion, "kind", kind);
  }

  static Map<String, Object> ordered(Object... pairs) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.put(String.valueOf(pairs[i]), pairs[i + 1]);
    }
    return map;
  }

  private static void copy(Map<?, ?> from, Map<String, Object> to) {
    from.forEach((k, v) -> to.put(String.valueOf(k), v));
  }

  private static String bare(String host) {
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  static boolean literal(String host) {
    return host.matches("[0-9.]+") || host.contains(":");
  }

  /// The first host of a subnet: the address of the service `kubernetes`.
  static String firstAddress(String subnet) {
    try {
      byte[] address = InetAddress.getByName(subnet.replaceAll("/.*", "")).getAddress();
      int prefix = Integer.parseInt(subnet.replaceAll(".*/", ""));
      for (int bit = prefix; bit < address.length * 8; bit++) {
        address[bit / 8] &= (byte) ~(0x80 >> (bit % 8));
      }
      address[address.length - 1] |= 1;
      return InetAddress.getByAddress(address).getHostAddress();
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("not a subnet: " + subnet, e);
    }
  }

  static SSLContext context(String authority, CertAndKey client) {
    return KubeTls.context(
        authority, new KubeCredential.ClientCertificate(client.certificate(), client.key()));
  }

  @Override
  public String toString() {
    return "PlaneFiles[" + folder + "]";
  }
}
