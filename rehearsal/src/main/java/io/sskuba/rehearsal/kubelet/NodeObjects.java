package io.sskuba.rehearsal.kubelet;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/// The Node and Lease objects that a kubelet on Talos would post. Pure functions.
///
/// A Node carries the annotation [#SIMULATED] so that nobody takes it for a real machine.
final class NodeObjects {
  static final String SIMULATED = "sskuba.io/simulated";
  static final int LEASE_SECONDS = 40;
  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  /// Kernel and container runtime of Talos v1.13.9 (its `constants.DefaultKernelVersion` and
  /// go.mod).
  private static final String KERNEL = "6.18.44-talos";

  private static final String RUNTIME = "containerd://2.2.4";

  private NodeObjects() {}

  /// What a Node says of its machine.
  ///
  /// @param taints `key=value:effect`
  /// @param capacity over the defaults of 4 CPUs, 8 GiB, 110 pods
  /// @param port of the kubelet's server
  record Facts(
      String nodeName,
      String address,
      Map<String, String> labels,
      List<String> taints,
      Map<String, String> capacity,
      String kubernetesVersion,
      String talosVersion,
      String arch,
      int port) {

    static Facts of(KubeletSpec spec) {
      return new Facts(
          spec.nodeName(),
          spec.address(),
          spec.labels(),
          spec.taints(),
          spec.capacity(),
          spec.kubernetesVersion(),
          spec.talosVersion(),
          spec.arch(),
          KubeletDoor.PORT);
    }
  }

  /// The whole object of a registration, Ready from the start. Labels that a kubelet may not set
  /// are left out: see [#mayLabel].
  static ObjectNode node(Facts facts, Instant now, boolean restricted) {
    ObjectNode node = Json.object();
    node.put("apiVersion", "v1").put("kind", "Node");
    ObjectNode metadata = node.putObject("metadata");
    metadata.put("name", facts.nodeName());
    ObjectNode labels = metadata.putObject("labels");
    labels(facts, restricted).forEach(labels::put);
    ObjectNode annotations = metadata.putObject("annotations");
    annotations.put(SIMULATED, "true");
    annotations.put("volumes.kubernetes.io/controller-managed-attach-detach", "true");
    ObjectNode spec = node.putObject("spec");
    ArrayNode taints = Json.MAPPER.createArrayNode();
    facts.taints().forEach(taint -> taints.add(taint(taint)));
    if (!taints.isEmpty()) {
      spec.set("taints", taints);
    }
    node.set("status", status(facts, now));
    return node;
  }

  /// The labels that the kubelet keeps on its Node.
  static Map<String, String> labels(Facts facts, boolean restricted) {
    Map<String, String> labels = new TreeMap<>();
    labels.put("beta.kubernetes.io/arch", facts.arch());
    labels.put("beta.kubernetes.io/os", "linux");
    labels.put("kubernetes.io/arch", facts.arch());
    labels.put("kubernetes.io/os", "linux");
    labels.put("kubernetes.io/hostname", facts.nodeName());
    facts
        .labels()
        .forEach(
            (key, value) -> {
              if (!restricted || mayLabel(key)) {
                labels.put(key, value);
              }
            });
    return labels;
  }

  /// Whether the NodeRestriction admission plugin lets a kubelet set a label.
  /// - Source: Kubernetes documentation, "NodeRestriction".
  static boolean mayLabel(String key) {
    int slash = key.indexOf('/');
    String domain = slash < 0 ? "" : key.substring(0, slash);
    boolean reserved =
        domain.equals("kubernetes.io")
            || domain.endsWith(".kubernetes.io")
            || domain.equals("k8s.io")
            || domain.endsWith(".k8s.io");
    return !reserved
        || domain.endsWith("kubelet.kubernetes.io")
        || (domain.endsWith("node.kubernetes.io"))
        || ALLOWED.contains(key);
  }

  private static final List<String> ALLOWED =
      List.of(
          "kubernetes.io/hostname",
          "kubernetes.io/arch",
          "kubernetes.io/os",
          "beta.kubernetes.io/arch",
          "beta.kubernetes.io/os",
          "beta.kubernetes.io/instance-type",
          "failure-domain.beta.kubernetes.io/region",
          "failure-domain.beta.kubernetes.io/zone",
          "topology.kubernetes.io/region",
          "topology.kubernetes.io/zone");

  static ObjectNode status(Facts facts, Instant now) {
    ObjectNode status = Json.object();
    ObjectNode capacity = status.putObject("capacity");
    capacity(facts).forEach(capacity::put);
    status.set("allocatable", capacity.deepCopy());
    ArrayNode addresses = status.putArray("addresses");
    addresses.addObject().put("type", "InternalIP").put("address", facts.address());
    addresses.addObject().put("type", "Hostname").put("address", facts.nodeName());
    status.putObject("daemonEndpoints").putObject("kubeletEndpoint").put("Port", facts.port());
    ArrayNode conditions = status.putArray("conditions");
    conditions.add(
        condition(
            "MemoryPressure", "False", "KubeletHasSufficientMemory", "memory is simulated", now));
    conditions.add(
        condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "disks are simulated", now));
    conditions.add(
        condition(
            "PIDPressure", "False", "KubeletHasSufficientPID", "processes are simulated", now));
    conditions.add(
        condition(
            "Ready",
            "True",
            "KubeletReady",
            "kubelet is posting ready status; containers on it are simulated",
            now));
    status.set("nodeInfo", nodeInfo(facts));
    return status;
  }

  private static Map<String, String> capacity(Facts facts) {
    Map<String, String> capacity = new TreeMap<>();
    capacity.put("cpu", "4");
    capacity.put("memory", "8Gi");
    capacity.put("pods", "110");
    capacity.put("ephemeral-storage", "20Gi");
    capacity.put("hugepages-1Gi", "0");
    capacity.put("hugepages-2Mi", "0");
    capacity.putAll(facts.capacity());
    return capacity;
  }

  private static ObjectNode nodeInfo(Facts facts) {
    // A machine keeps its ids for life: they are made from its name.
    String id =
        UUID.nameUUIDFromBytes(facts.nodeName().getBytes(StandardCharsets.UTF_8)).toString();
    ObjectNode info = Json.object();
    info.put("machineID", id.replace("-", ""));
    info.put("systemUUID", id);
    info.put("bootID", id);
    info.put("kernelVersion", KERNEL);
    info.put("osImage", "Talos (" + prefixed(facts.talosVersion()) + ")");
    info.put("containerRuntimeVersion", RUNTIME);
    info.put("kubeletVersion", prefixed(facts.kubernetesVersion()));
    info.put("kubeProxyVersion", "");
    info.put("operatingSystem", "linux");
    info.put("architecture", facts.arch());
    return info;
  }

  private static String prefixed(String version) {
    return version.startsWith("v") ? version : "v" + version;
  }

  /// `key=value:effect` or `key:effect` as a taint object.
  static ObjectNode taint(String text) {
    int colon = text.lastIndexOf(':');
    int equals = text.indexOf('=');
    String left = colon < 0 ? text : text.substring(0, colon);
    ObjectNode taint = Json.object();
    taint.put("key", equals < 0 ? left : text.substring(0, equals));
    if (equals >= 0 && equals + 1 < left.length()) {
      taint.put("value", left.substring(equals + 1));
    }
    taint.put("effect", colon < 0 ? "NoSchedule" : text.substring(colon + 1));
    return taint;
  }

  static ObjectNode condition(
      String type, String status, String reason, String message, Instant now) {
    ObjectNode condition = Json.object();
    condition.put("type", type).put("status", status);
    condition.put("lastHeartbeatTime", seconds(now)).put("lastTransitionTime", seconds(now));
    return condition.put("reason", reason).put("message", message);
  }

  static ObjectNode lease(String nodeName, String nodeUid, Instant now) {
    ObjectNode lease = Json.object();
    lease.put("apiVersion", "coordination.k8s.io/v1").put("kind", "Lease");
    ObjectNode metadata = lease.putObject("metadata");
    metadata.put("name", nodeName).put("namespace", "kube-node-lease");
    metadata
        .putArray("ownerReferences")
        .addObject()
        .put("apiVersion", "v1")
        .put("kind", "Node")
        .put("name", nodeName)
        .put("uid", nodeUid);
    ObjectNode spec = lease.putObject("spec");
    spec.put("holderIdentity", nodeName).put("leaseDurationSeconds", LEASE_SECONDS);
    spec.put("renewTime", micros(now));
    return lease;
  }

  static ObjectNode renewal(Instant now) {
    ObjectNode patch = Json.object();
    patch.putObject("spec").put("renewTime", micros(now));
    return patch;
  }

  /// RFC 3339 with whole seconds, as Kubernetes writes times.
  static String seconds(Instant instant) {
    return instant.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  static String micros(Instant instant) {
    return MICROS.format(instant);
  }
}
