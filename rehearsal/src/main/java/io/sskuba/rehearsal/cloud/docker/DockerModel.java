package io.sskuba.rehearsal.cloud.docker;

import io.sskuba.infra.Choices;
import io.sskuba.infra.docker.DockerTarget;
import io.sskuba.net.Cidr;
import io.sskuba.rehearsal.account.Account;
import io.sskuba.rehearsal.account.CloudFault;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.rehearsal.account.Fabric;
import io.sskuba.rehearsal.cloud.CloudModel;
import io.sskuba.rehearsal.cloud.CloudRequest;
import io.sskuba.rehearsal.cloud.Site;
import io.sskuba.spec.ClusterSpec;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A simulated Docker daemon, shared by all rehearsals of this machine.
///
/// It refuses what a daemon refuses: names, subnets, addresses and published ports that are taken,
/// images that are not there, a network that is in use. Texts are the daemon's, as the provider
/// passes them on.
///
/// What a scenario can do: `quotas: {containers: N}`; `capacity: [{type: IMAGE}]` for an image that
/// cannot be pulled.
public final class DockerModel implements CloudModel {
  /// Talos in a container reads its configuration from this variable.
  private static final String USER_DATA = "USERDATA=";

  private static final String DAEMON = "Error response from daemon: ";
  private static final int CONTAINERS = 1000;

  @Override
  public String pkg() {
    return "docker";
  }

  @Override
  public String account() {
    return "docker";
  }

  /// Several rehearsals publish on one daemon: each has a loopback address of its own.
  @Override
  public Choices choices(ClusterSpec spec, Choices known) {
    if (known.facts().containsKey(DockerTarget.LOOPBACK)) {
      return known;
    }
    Map<String, String> facts = new LinkedHashMap<>(known.facts());
    int n = Math.floorMod(spec.fqdn().hashCode(), 250 * 250);
    facts.put(DockerTarget.LOOPBACK, "127.1." + n / 250 + "." + (n % 250 + 1));
    return new Choices(known.images(), known.types(), known.zones(), facts);
  }

  @Override
  public String userData(String type, Map<String, Object> inputs) {
    if (type.equals(DockerTarget.CONTAINER) && inputs.get("envs") instanceof List<?> envs) {
      for (Object env : envs) {
        if (env instanceof String text && text.startsWith(USER_DATA)) {
          return text.substring(USER_DATA.length());
        }
      }
    }
    return "";
  }

  @Override
  public Made create(CloudRequest request, Account.View account) throws CloudFault {
    return switch (request.type()) {
      case DockerTarget.NETWORK -> network(request, account);
      case DockerTarget.IMAGE -> image(request, account);
      case DockerTarget.VOLUME -> volume(request);
      case DockerTarget.CONTAINER -> container(request, account);
      default -> throw new CloudFault(CloudFault.Kind.INVALID, "unknown type " + request.type());
    };
  }

  private static Made network(CloudRequest request, Account.View account) throws CloudFault {
    String name = request.text("name");
    String subnet = subnet(request.list("ipamConfigs"));
    for (CloudResource other : account.ofType(DockerTarget.NETWORK)) {
      if (other.text("name").equals(name)) {
        throw new CloudFault(
            CloudFault.Kind.CONFLICT,
            "Unable to create network: "
                + DAEMON
                + "network with name "
                + name
                + " already exists");
      }
      if (overlap(subnet, subnet(list(other.inputs().get("ipamConfigs"))))) {
        throw new CloudFault(
            CloudFault.Kind.CONFLICT,
            "Unable to create network: "
                + DAEMON
                + "Pool overlaps with other one on this address space");
      }
    }
    Map<String, Object> outputs = new LinkedHashMap<>();
    outputs.put("scope", "local");
    outputs.put("ingress", false);
    return new Made(id(account, "network"), outputs, labels(request), null);
  }

  private static boolean overlap(String a, String b) {
    var one = Cidr.parse(a);
    var two = Cidr.parse(b);
    return one.isPresent() && two.isPresent() && one.get().overlaps(two.get());
  }

  private static String subnet(List<?> ipam) {
    return ipam.isEmpty() || !(ipam.getFirst() instanceof Map<?, ?> first)
        ? ""
        : String.valueOf(first.get("subnet"));
  }

  /// The real id is the same for every cluster; here each cluster's stands for its own use of it.
  private static Made image(CloudRequest request, Account.View account) throws CloudFault {
    String name = request.text("name");
    if (request.scenario().unavailable(name, "")) {
      throw new CloudFault(
          CloudFault.Kind.NOT_FOUND,
          "Unable to read Docker image into resource: unable to pull image "
              + name
              + ": error pulling image "
              + name
              + ": "
              + DAEMON
              + "manifest unknown");
    }
    String digest = "sha256:" + hash(name);
    Map<String, Object> outputs = new LinkedHashMap<>();
    outputs.put("imageId", digest);
    outputs.put("repoDigest", name.substring(0, Math.max(0, name.lastIndexOf(':'))) + "@" + digest);
    return new Made(digest + name + "#" + account.next("images"), outputs);
  }

  private static Made volume(CloudRequest request) {
    String name = request.text("name");
    Map<String, Object> outputs = new LinkedHashMap<>();
    outputs.put("mountpoint", "/var/lib/docker/volumes/" + name + "/_data");
    return new Made(name, outputs, labels(request), null);
  }

  private static Made container(CloudRequest request, Account.View account) throws CloudFault {
    String name = request.text("name");
    List<CloudResource> others = account.ofType(DockerTarget.CONTAINER);
    if (others.size() >= request.scenario().quota("containers", CONTAINERS)) {
      throw new CloudFault(
          CloudFault.Kind.QUOTA, "Unable to start container: " + DAEMON + "cannot allocate memory");
    }
    boolean there =
        account.ofType(DockerTarget.IMAGE).stream()
            .anyMatch(i -> i.out("imageId").equals(request.text("image")));
    if (!there) {
      throw new CloudFault(
          CloudFault.Kind.NOT_FOUND,
          "Unable to create container with image "
              + request.text("image")
              + ": unable to find or pull image "
              + request.text("image"));
    }
    Map<?, ?> attached = attached(request.list("networksAdvanced"));
    CloudResource network = networkOf(attached, account);
    String address = String.valueOf(attached.get("ipv4Address"));
    if (!inside(subnet(list(network.inputs().get("ipamConfigs"))), address)) {
      throw new CloudFault(
          CloudFault.Kind.INVALID,
          "Unable to connect to network '"
              + network.text("name")
              + "': "
              + DAEMON
              + "invalid address "
              + address
              + ": It does not belong to any of this network's subnets");
    }
    for (CloudResource other : others) {
      refuseTaken(request, name, network, address, other);
    }
    return made(request, id(account, "container"), network, address);
  }

  private static void refuseTaken(
      CloudRequest request, String name, CloudResource network, String address, CloudResource other)
      throws CloudFault {
    if (other.text("name").equals(name)) {
      throw new CloudFault(
          CloudFault.Kind.CONFLICT,
          "Unable to create container: "
              + DAEMON
              + "Conflict. The container name \"/"
              + name
              + "\" is already in use by container \""
              + other.id()
              + "\". You have to remove (or rename) that container to be able to reuse that name.");
    }
    Map<?, ?> its = attached(list(other.inputs().get("networksAdvanced")));
    if (network.text("name").equals(its.get("name")) && address.equals(its.get("ipv4Address"))) {
      throw new CloudFault(
          CloudFault.Kind.CONFLICT,
          "Unable to start container: " + DAEMON + "Address already in use");
    }
    for (Object mine : request.list("ports")) {
      for (Object theirs : list(other.inputs().get("ports"))) {
        if (published(mine).equals(published(theirs))) {
          throw new CloudFault(
              CloudFault.Kind.CONFLICT,
              "Unable to start container: "
                  + DAEMON
                  + "failed to set up container networking: driver failed programming external"
                  + " connectivity on endpoint "
                  + name
                  + ": Bind for "
                  + published(mine)
                  + " failed: port is already allocated");
        }
      }
    }
  }

  private static String published(Object port) {
    return port instanceof Map<?, ?> map
        ? map.get("ip") + ":" + (map.get("external") instanceof Number n ? n.intValue() : 0)
        : "";
  }

  private static CloudResource networkOf(Map<?, ?> attached, Account.View account)
      throws CloudFault {
    String name = String.valueOf(attached.get("name"));
    return account.ofType(DockerTarget.NETWORK).stream()
        .filter(n -> n.text("name").equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new CloudFault(
                    CloudFault.Kind.NOT_FOUND,
                    "Unable to connect to network '"
                        + name
                        + "': "
                        + DAEMON
                        + "network "
                        + name
                        + " not found"));
  }

  private static Map<?, ?> attached(List<?> networks) {
    return networks.isEmpty() || !(networks.getFirst() instanceof Map<?, ?> first)
        ? Map.of()
        : first;
  }

  private static boolean inside(String subnet, String address) {
    return Cidr.isAddress(address)
        && Cidr.parse(subnet).map(cidr -> cidr.usable(address)).orElse(false);
  }

  private static Made made(CloudRequest request, String id, CloudResource network, String address) {
    Map<String, Object> attachment = new LinkedHashMap<>();
    attachment.put("networkName", network.text("name"));
    attachment.put("ipAddress", address);
    attachment.put("ipPrefixLength", 24);
    attachment.put("macAddress", "02:42:" + hex(address));
    Map<String, Object> outputs = new LinkedHashMap<>();
    outputs.put("networkDatas", List.of(attachment));
    outputs.put("exitCode", 0);
    outputs.put("bridge", "");
    Site site = request.site();
    Fabric fabric =
        site == null || site.slot(request.name()) == null
            ? null
            : site.machine(id, request.name(), address, List.of());
    return new Made(id, outputs, labels(request), fabric);
  }

  @Override
  public Made update(CloudRequest request, CloudResource before, Account.View account)
      throws CloudFault {
    if (!request.type().equals(DockerTarget.CONTAINER)) {
      return new Made(before.id(), before.outputs(), before.tags(), before.fabric());
    }
    Map<?, ?> attached = attached(request.list("networksAdvanced"));
    return made(
        request,
        before.id(),
        networkOf(attached, account),
        String.valueOf(attached.get("ipv4Address")));
  }

  @Override
  public void delete(CloudRequest request, CloudResource resource, Account.View account)
      throws CloudFault {
    if (!resource.type().equals(DockerTarget.NETWORK)) {
      return;
    }
    for (CloudResource container : account.ofType(DockerTarget.CONTAINER)) {
      Map<?, ?> attached = attached(list(container.inputs().get("networksAdvanced")));
      if (resource.text("name").equals(attached.get("name"))) {
        throw new CloudFault(
            CloudFault.Kind.DEPENDENCY,
            "Unable to remove network: "
                + DAEMON
                + "error while removing network: network "
                + resource.text("name")
                + " has active endpoints (name:\""
                + container.text("name")
                + "\")");
      }
    }
  }

  private static Map<String, String> labels(CloudRequest request) {
    Map<String, String> labels = new LinkedHashMap<>();
    for (Object label : request.list("labels")) {
      if (label instanceof Map<?, ?> map) {
        labels.put(String.valueOf(map.get("label")), String.valueOf(map.get("value")));
      }
    }
    return labels;
  }

  private static List<?> list(@org.jspecify.annotations.Nullable Object value) {
    return value instanceof List<?> list ? list : List.of();
  }

  private static String id(Account.View account, String kind) {
    return hash(kind + account.next(kind));
  }

  private static String hash(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String hex(String address) {
    StringBuilder out = new StringBuilder();
    for (String part : address.split("\\.", -1)) {
      out.append(out.isEmpty() ? "" : ":").append("%02x".formatted(Integer.parseInt(part)));
    }
    return out.toString();
  }
}
