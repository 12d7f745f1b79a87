package io.sskuba.clouds.bigip;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.infra.Platform.Found;
import io.sskuba.infra.ResourceTags;
import io.sskuba.infra.vsphere.BigIpPlan;
import io.sskuba.spec.ClusterSpec.ProviderSettings.BigIp;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// What the clusters of an FQDN have in the file's partition, by the tags in their descriptions.
/// Monitors and a pool's members have no description: they are their pool's.
/// - Source: ids: the full path of each; `POOL-MEMBER` of a pool's member.
public final class BigIpInventory {
  private final BigIpClient client;
  private final BigIp file;

  public BigIpInventory(BigIpClient client, BigIp file) {
    this.client = client;
    this.file = file;
  }

  /// @param clusterId empty: every cluster that had this FQDN
  /// @param ids gets the cluster ids of what is found
  public List<Found> of(String fqdn, Optional<String> clusterId, Set<String> ids) {
    List<Found> found = new ArrayList<>();
    for (Map.Entry<String, String> kind :
        Map.of(BigIpPlan.NODE, "node", BigIpPlan.VIRTUAL_SERVER, "virtual").entrySet()) {
      for (JsonNode item : items(kind.getValue(), "")) {
        owner(item, fqdn, clusterId)
            .ifPresent(
                tags -> {
                  ids.add(tags.getOrDefault(ResourceTags.CLUSTER_ID, ""));
                  found.add(
                      new Found(kind.getKey(), name(tags, item), item.path("fullPath").asText()));
                });
      }
    }
    Set<String> monitors = new TreeSet<>();
    for (JsonNode pool : items("pool", "&expandSubcollections=true")) {
      owner(pool, fqdn, clusterId)
          .ifPresent(
              tags -> {
                ids.add(tags.getOrDefault(ResourceTags.CLUSTER_ID, ""));
                found.addAll(pool(pool, name(tags, pool), monitors));
              });
    }
    return found;
  }

  private JsonNode items(String kind, String more) {
    return client.list("/mgmt/tm/ltm/" + kind + BigIpClient.inPartition(file.partition()) + more);
  }

  private List<Found> pool(JsonNode pool, String name, Set<String> monitors) {
    List<Found> found = new ArrayList<>();
    String path = pool.path("fullPath").asText();
    String service = name.replaceFirst("^pool-", "");
    found.add(new Found(BigIpPlan.POOL, name, path));
    for (JsonNode member : pool.path("membersReference").path("items")) {
      String node = member.path("name").asText("").replaceFirst(":[0-9]+$", "");
      found.add(
          new Found(
              BigIpPlan.ATTACHMENT,
              "member-" + service + "-" + node,
              path + "-" + member.path("fullPath").asText()));
    }
    for (String monitor : pool.path("monitor").asText("").strip().split("\\s+and\\s+", -1)) {
      // Only one of the pool's own name is ours.
      if (monitor.equals(path) && monitors.add(monitor)) {
        found.add(new Found(BigIpPlan.MONITOR, "monitor-" + service, monitor));
      }
    }
    return found;
  }

  private static Optional<Map<String, String>> owner(
      JsonNode item, String fqdn, Optional<String> clusterId) {
    Map<String, String> tags = new TreeMap<>();
    for (String part : item.path("description").asText("").split(" ", -1)) {
      int equals = part.indexOf('=');
      if (equals > 0) {
        tags.put(part.substring(0, equals), part.substring(equals + 1));
      }
    }
    boolean ours =
        fqdn.equals(tags.get(ResourceTags.CLUSTER))
            && clusterId.map(id -> id.equals(tags.get(ResourceTags.CLUSTER_ID))).orElse(true);
    return ours ? Optional.of(tags) : Optional.empty();
  }

  private static String name(Map<String, String> tags, JsonNode item) {
    String key = tags.getOrDefault(ResourceTags.KEY, "");
    return key.contains("/") ? key.substring(key.indexOf('/') + 1) : item.path("name").asText("");
  }

  /// Whether the Big-IP itself says that there is no such thing (any more); false for types that
  /// are not known here.
  public static boolean gone(BigIpClient client, String type, String id) {
    return switch (type) {
      case BigIpPlan.NODE -> none(client, "node", id);
      case BigIpPlan.MONITOR -> none(client, "monitor/tcp", id);
      case BigIpPlan.POOL -> none(client, "pool", id);
      case BigIpPlan.VIRTUAL_SERVER -> none(client, "virtual", id);
      case BigIpPlan.ATTACHMENT -> member(client, id);
      default -> false;
    };
  }

  private static boolean none(BigIpClient client, String kind, String path) {
    return client.find("/mgmt/tm/ltm/" + kind + "/" + tilde(path)).isEmpty();
  }

  private static String tilde(String path) {
    return URLEncoder.encode(path.replace('/', '~'), StandardCharsets.UTF_8).replace("%7E", "~");
  }

  /// `/PARTITION/POOL-/PARTITION/NODE:PORT`.
  private static boolean member(BigIpClient client, String id) {
    int middle = id.indexOf("-/");
    return middle >= 0
        && client
            .find(
                "/mgmt/tm/ltm/pool/"
                    + tilde(id.substring(0, middle))
                    + "/members/"
                    + tilde(id.substring(middle + 1)))
            .isEmpty();
  }
}
