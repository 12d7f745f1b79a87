package io.sskuba.rehearsal.plane;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.net.AddressMap;
import io.sskuba.rehearsal.kubelet.KubeletSpec;
import io.sskuba.rehearsal.machine.MachineIdentity;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a machine's kubelet is told: made from the machine configuration.
final class NodeSpecs {
  private static final int HTTPS_PORT = 443;

  private NodeSpecs() {}

  static KubeletSpec kubelet(
      MachineIdentity identity, PlaneConfig config, AddressMap addresses, PlaneCluster cluster) {
    Map<String, String> capacity = new LinkedHashMap<>(PlaneDeviations.CAPACITY);
    capacity.putAll(cluster.capacity(identity.name()));
    return new KubeletSpec(
        config.nodeName(identity.name()),
        identity.address(),
        identity.twin(),
        dialled(config.endpointUri(), addresses),
        config.bootstrapToken(),
        config.kubernetesCa(),
        config.labels(),
        config.taints(),
        capacity,
        config.kubernetesVersion(),
        identity.talosVersion(),
        identity.arch(),
        mirrorPods(identity, config),
        kubeletMemory(identity),
        identity.disk().resolve("log/kubelet.log"));
  }

  static Path kubeletMemory(MachineIdentity identity) {
    return identity.memory().resolve("kubelet");
  }

  /// The endpoint as this machine dials it.
  static String dialled(URI endpoint, AddressMap addresses) {
    int port = endpoint.getPort() < 0 ? HTTPS_PORT : endpoint.getPort();
    return "https://" + addresses.twin(endpoint.getHost()) + ":" + port;
  }

  /// The static pods of a control plane, as Talos's kubelet mirrors them.
  static List<String> mirrorPods(MachineIdentity identity, PlaneConfig config) {
    List<String> pods = new ArrayList<>();
    if (!config.controlPlane()) {
      return pods;
    }
    pods.add(pod(identity, config, "kube-apiserver", "apiServer", "200m", "512Mi", 6443));
    if (!config.disabled("controllerManager")) {
      pods.add(
          pod(
              identity,
              config,
              "kube-controller-manager",
              "controllerManager",
              "50m",
              "256Mi",
              10257));
    }
    if (!config.disabled("scheduler")) {
      pods.add(pod(identity, config, "kube-scheduler", "scheduler", "10m", "64Mi", 10259));
    }
    return pods;
  }

  private static String pod(
      MachineIdentity identity,
      PlaneConfig config,
      String name,
      String section,
      String cpu,
      String memory,
      int port) {
    String image = config.view().string("cluster", section, "image");
    if (image == null) {
      image = "registry.k8s.io/" + name + ":" + config.kubernetesVersion();
    }
    String node = config.nodeName(identity.name());
    ObjectNode pod = Json.object();
    pod.put("apiVersion", "v1").put("kind", "Pod");
    ObjectNode metadata = pod.putObject("metadata");
    metadata.put("name", name + "-" + node).put("namespace", "kube-system");
    metadata
        .putObject("labels")
        .put("tier", "control-plane")
        .put("k8s-app", name)
        .put("component", name)
        .put("app.kubernetes.io/name", name)
        .put("app.kubernetes.io/version", image.substring(image.lastIndexOf(':') + 1))
        .put("app.kubernetes.io/component", "control-plane")
        .put("app.kubernetes.io/managed-by", "Talos");
    ObjectNode spec = pod.putObject("spec");
    spec.put("nodeName", node).put("hostNetwork", true);
    spec.put("priority", 2_000_000_000).put("priorityClassName", "system-cluster-critical");
    ObjectNode container = spec.putArray("containers").addObject();
    container.put("name", name).put("image", image);
    ArrayNode command = container.putArray("command");
    command.add("/usr/local/bin/" + name);
    ObjectNode requests = container.putObject("resources").putObject("requests");
    requests.put("cpu", cpu).put("memory", memory);
    ObjectNode context = container.putObject("securityContext");
    context.put("allowPrivilegeEscalation", false);
    context.putObject("capabilities").putArray("drop").add("ALL");
    context.putObject("seccompProfile").put("type", "RuntimeDefault");
    ObjectNode probe = container.putObject("livenessProbe");
    probe
        .putObject("httpGet")
        .put("path", "/livez")
        .put("host", "localhost")
        .put("port", port)
        .put("scheme", "HTTPS");
    return Json.compact(pod);
  }
}
