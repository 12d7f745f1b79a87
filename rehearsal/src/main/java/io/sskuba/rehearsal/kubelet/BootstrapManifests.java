package io.sskuba.rehearsal.kubelet;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.io.Yaml;
import io.sskuba.rehearsal.machine.MachineConfigView;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The objects that Talos v1.13 applies when a cluster is bootstrapped, and the config's inline
/// manifests after them.
///
/// The first ones let kubelets join: bootstrap token, and who may ask for and get certificates.
/// Manifests by URL (`extraManifests`, `cni.urls`) are not fetched: a rehearsal reaches nothing
/// outside this machine; [#skipped] names them.
/// - Source: Talos v1.13.9, its published manifests as `talosctl get manifests` shows them.
public final class BootstrapManifests {
  /// How many of the first objects let kubelets join.
  public static final int JOIN = 4;

  private static final String COREDNS_IMAGE = "registry.k8s.io/coredns/coredns:v1.14.6";
  private static final String FLANNEL_IMAGE = "ghcr.io/siderolabs/flannel:0.28.8";
  private static final String PROXY_IMAGE = "registry.k8s.io/kube-proxy:v1.36.3";

  private BootstrapManifests() {}

  /// All objects, in the order in which they must be applied.
  /// - Errors: `IllegalArgumentException` when the config lacks the token or has an inline manifest
  ///   that is not YAML with `kind`s.
  public static List<ObjectNode> of(MachineConfigView config) {
    Map<String, String> values = values(config);
    List<ObjectNode> objects = new ArrayList<>(read("join", values));
    objects.addAll(read("base", values));
    if (!Boolean.TRUE.equals(config.at("cluster", "coreDNS", "disabled"))) {
      objects.addAll(read("coredns", values));
    }
    String cni = config.string("cluster", "network", "cni", "name");
    if (cni == null || cni.equals("flannel")) {
      objects.addAll(flannel(config, values));
    }
    if (!Boolean.TRUE.equals(config.at("cluster", "proxy", "disabled"))) {
      objects.addAll(proxy(config, values));
    }
    if (Boolean.TRUE.equals(
        config.at("machine", "features", "kubernetesTalosAPIAccess", "enabled"))) {
      objects.addAll(read("talos-access", values));
    }
    objects.addAll(inline(config));
    return objects;
  }

  /// URLs of manifests that the config asks for and nobody fetches here.
  public static List<String> skipped(MachineConfigView config) {
    List<String> urls = new ArrayList<>();
    config.list("cluster", "extraManifests").forEach(url -> urls.add(String.valueOf(url)));
    config.list("cluster", "network", "cni", "urls").forEach(url -> urls.add(String.valueOf(url)));
    config
        .list("cluster", "externalCloudProvider", "manifests")
        .forEach(url -> urls.add(String.valueOf(url)));
    return urls;
  }

  private static Map<String, String> values(MachineConfigView config) {
    String token = config.string("cluster", "token");
    if (token == null || !token.matches("[a-z0-9]{6}\\.[a-z0-9]{16}")) {
      throw new IllegalArgumentException("cluster.token is not a bootstrap token");
    }
    Map<String, String> values = new LinkedHashMap<>();
    values.put("TOKEN_ID", token.substring(0, 6));
    values.put("TOKEN_SECRET", token.substring(7));
    values.put("SERVER", server(config));
    values.put("DOMAIN", or(config.string("cluster", "network", "dnsDomain"), "cluster.local"));
    values.put("COREDNS_IMAGE", or(config.string("cluster", "coreDNS", "image"), COREDNS_IMAGE));
    values.put("FLANNEL_IMAGE", FLANNEL_IMAGE);
    values.put("PROXY_IMAGE", or(config.string("cluster", "proxy", "image"), PROXY_IMAGE));
    String services = first(config.list("cluster", "network", "serviceSubnets"), "10.96.0.0/12");
    values.put("DNS_IP", dnsAddress(services));
    values.put("DNS_FAMILY", services.contains(":") ? "IPv6" : "IPv4");
    return values;
  }

  private static boolean kubePrism(MachineConfigView config) {
    return Boolean.TRUE.equals(config.at("machine", "features", "kubePrism", "enabled"));
  }

  private static String kubePrismPort(MachineConfigView config) {
    return or(config.string("machine", "features", "kubePrism", "port"), "7445");
  }

  private static String server(MachineConfigView config) {
    return kubePrism(config)
        ? "https://127.0.0.1:" + kubePrismPort(config)
        : or(config.string("cluster", "controlPlane", "endpoint"), "https://127.0.0.1:6443");
  }

  /// The tenth address of the service network, as Talos and kubeadm choose it.
  static String dnsAddress(String cidr) {
    try {
      byte[] network = InetAddress.getByName(cidr.substring(0, cidr.indexOf('/'))).getAddress();
      byte[] sum = new BigInteger(1, network).add(BigInteger.TEN).toByteArray();
      byte[] address = new byte[network.length];
      for (int i = 0; i < Math.min(sum.length, address.length); i++) {
        address[address.length - 1 - i] = sum[sum.length - 1 - i];
      }
      return InetAddress.getByAddress(address).getHostAddress();
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("serviceSubnets: not a network: " + cidr, e);
    }
  }

  private static List<ObjectNode> flannel(MachineConfigView config, Map<String, String> values) {
    List<ObjectNode> objects = read("flannel", values);
    for (ObjectNode object : objects) {
      if (object.path("kind").asText().equals("ConfigMap")) {
        object.withObject("data").put("net-conf.json", netConf(config));
      }
      if (object.path("kind").asText().equals("DaemonSet")) {
        ObjectNode container =
            (ObjectNode)
                object.path("spec").path("template").path("spec").path("containers").get(0);
        ArrayNode args = container.withArray("args");
        config
            .list("cluster", "network", "cni", "flannel", "extraArgs")
            .forEach(arg -> args.add(String.valueOf(arg)));
        if (kubePrism(config)) {
          ArrayNode env = container.withArray("env");
          env.addObject().put("name", "KUBERNETES_SERVICE_HOST").put("value", "127.0.0.1");
          env.addObject()
              .put("name", "KUBERNETES_SERVICE_PORT")
              .put("value", kubePrismPort(config));
        }
      }
    }
    return objects;
  }

  private static String netConf(MachineConfigView config) {
    ObjectNode net = Json.object();
    boolean four = false;
    List<?> subnets = config.list("cluster", "network", "podSubnets");
    for (Object subnet : subnets.isEmpty() ? List.of("10.244.0.0/16") : subnets) {
      String cidr = String.valueOf(subnet);
      if (cidr.contains(".")) {
        net.put("Network", cidr);
        four = true;
      } else {
        net.put("IPv6Network", cidr).put("EnableIPv6", true);
      }
    }
    if (!four) {
      net.put("EnableIPv4", false);
    }
    net.putObject("Backend").put("Type", "vxlan").put("Port", 4789);
    return net.toPrettyString();
  }

  private static List<ObjectNode> proxy(MachineConfigView config, Map<String, String> values) {
    Map<String, List<String>> args = new TreeMap<>();
    List<?> subnets = config.list("cluster", "network", "podSubnets");
    List<String> cidrs = new ArrayList<>();
    subnets.forEach(subnet -> cidrs.add(String.valueOf(subnet)));
    args.put("cluster-cidr", List.of(cidrs.isEmpty() ? "10.244.0.0/16" : String.join(",", cidrs)));
    args.put("hostname-override", List.of("$(NODE_NAME)"));
    args.put("kubeconfig", List.of("/etc/kubernetes/kubeconfig"));
    args.put("proxy-mode", List.of(or(config.string("cluster", "proxy", "mode"), "nftables")));
    args.put("conntrack-max-per-core", List.of("0"));
    config
        .map("cluster", "proxy", "extraArgs")
        .forEach((name, value) -> args.put(String.valueOf(name), strings(value)));
    List<ObjectNode> objects = read("proxy", values);
    for (ObjectNode object : objects) {
      if (object.path("kind").asText().equals("DaemonSet")) {
        ArrayNode command =
            ((ObjectNode)
                    object.path("spec").path("template").path("spec").path("containers").get(0))
                .withArray("command");
        for (String name : new TreeSet<>(args.keySet())) {
          for (String value : args.getOrDefault(name, List.of())) {
            command.add("--" + name + "=" + value);
          }
        }
      }
    }
    return objects;
  }

  private static List<String> strings(@Nullable Object value) {
    if (value instanceof List<?> list) {
      return list.stream().map(String::valueOf).toList();
    }
    return List.of(String.valueOf(value));
  }

  private static List<ObjectNode> inline(MachineConfigView config) {
    List<ObjectNode> objects = new ArrayList<>();
    for (Object manifest : config.list("cluster", "inlineManifests")) {
      if (manifest instanceof Map<?, ?> map) {
        String contents = String.valueOf(map.get("contents"));
        for (Object document : Yaml.loadAll(contents)) {
          objects.addAll(flatten(object(document, "inline manifest " + map.get("name"))));
        }
      }
    }
    return objects;
  }

  private static List<ObjectNode> flatten(ObjectNode object) {
    if (!object.path("kind").asText().equals("List")) {
      return List.of(object);
    }
    List<ObjectNode> items = new ArrayList<>();
    object.path("items").forEach(item -> items.add((ObjectNode) item));
    return items;
  }

  private static ObjectNode object(Object document, String what) {
    if (Json.MAPPER.valueToTree(document) instanceof ObjectNode object
        && object.hasNonNull("kind")
        && object.hasNonNull("apiVersion")) {
      return object;
    }
    throw new IllegalArgumentException(what + ": not a Kubernetes object");
  }

  private static List<ObjectNode> read(String name, Map<String, String> values) {
    String file = "manifests-" + name + ".yaml";
    String text;
    try (InputStream stream = BootstrapManifests.class.getResourceAsStream(file)) {
      if (stream == null) {
        throw new IllegalStateException(file + " is not in the jar");
      }
      text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    for (Map.Entry<String, String> value : values.entrySet()) {
      text = text.replace("@" + value.getKey() + "@", value.getValue());
    }
    List<ObjectNode> objects = new ArrayList<>();
    Yaml.loadAll(text).forEach(document -> objects.add(object(document, file)));
    return objects;
  }

  private static String or(@Nullable String value, String fallback) {
    return value == null || value.isEmpty() ? fallback : value;
  }

  private static String first(List<?> list, String fallback) {
    return list.isEmpty() ? fallback : String.valueOf(list.getFirst());
  }
}
