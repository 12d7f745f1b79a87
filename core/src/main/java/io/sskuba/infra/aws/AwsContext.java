package io.sskuba.infra.aws;

import io.sskuba.infra.Choices;
import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.infra.InfraPlan.Resource;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Target;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// One plan in the making: what all its parts ask, the resources so far, and their tags and names.
final class AwsContext {
  /// AWS takes 50 tags on a resource.
  private static final int TAGS_MAX = 50;

  private static final int TAG_VALUE_MAX = 256;

  /// What every service takes in a tag's value; EC2 alone would take more.
  private static final String TAG_VALUE_OTHERS = "[^\\p{L}\\p{N} _.:/=+@-]";

  /// Names of load balancers and target groups.
  private static final int BRIEF_MAX = 32;

  private static final int HASH_LENGTH = 6;

  private final Platform.Cluster cluster;
  private final Choices choices;
  private final List<Resource> resources = new ArrayList<>();

  AwsContext(Platform.Cluster cluster) {
    this.cluster = cluster;
    this.choices = Choices.of(cluster.allotment());
  }

  ClusterSpec spec() {
    return cluster.spec();
  }

  Choices choices() {
    return choices;
  }

  String clusterId() {
    return cluster.clusterId();
  }

  List<Resource> resources() {
    return resources;
  }

  String region() {
    return settings().region();
  }

  private ProviderSettings.Aws settings() {
    if (cluster.spec().target().settings() instanceof ProviderSettings.Aws aws) {
      return aws;
    }
    throw new IllegalArgumentException("not a cluster of target aws");
  }

  /// `aws`, `aws-cn` or `aws-us-gov`: the first part of every ARN there.
  String partition() {
    if (region().startsWith("cn-")) {
      return "aws-cn";
    }
    return region().startsWith("us-gov-") ? "aws-us-gov" : "aws";
  }

  /// The file's zones, else those that were looked up (fact `zones`, with commas), else the
  /// region's usual first three; and any other that a machine was put into.
  List<String> zones() {
    Set<String> zones = new LinkedHashSet<>(settings().zones());
    String known = choices.facts().getOrDefault("zones", "");
    if (zones.isEmpty() && !known.isEmpty()) {
      zones.addAll(List.of(known.split(",", -1)));
    }
    if (zones.isEmpty()) {
      List.of("a", "b", "c").forEach(letter -> zones.add(region() + letter));
    }
    zones.addAll(new TreeMap<>(choices.zones()).values());
    return List.copyOf(zones);
  }

  boolean isPublic() {
    return spec().target().endpoint().scheme().equals("public");
  }

  /// Whether the organisation provides the network: then nothing in it is made or changed.
  boolean isExisting() {
    return spec().target().network().existing() != null;
  }

  /// Whether configs are pushed over the maintenance API.
  boolean isPushed() {
    return spec().target().delivery() == ClusterSpec.Delivery.API;
  }

  /// Whether every worker has a door of its own at the load balancer: it is configured over the
  /// maintenance API, and has no address that can be dialled from outside.
  boolean hasDoors() {
    return hasDoors(spec());
  }

  static boolean hasDoors(ClusterSpec spec) {
    return spec.target().endpoint().scheme().equals("public")
        && spec.target().delivery() == ClusterSpec.Delivery.API;
  }

  List<Target.Slot> machines() {
    return Target.machines(spec());
  }

  List<Target.Slot> madeControlPlanes() {
    return machines().stream().filter(m -> m.made() && m.pool().isControlPlane()).toList();
  }

  List<Target.Slot> madeWorkers() {
    return machines().stream().filter(m -> m.made() && !m.pool().isControlPlane()).toList();
  }

  /// The VPC: ours or the given one.
  Object vpcId() {
    ClusterSpec.Existing existing = spec().target().network().existing();
    return existing == null ? new Ref(AwsNetwork.VPC, "id") : existing.network();
  }

  /// Adds a resource that takes tags. Returns its inputs, so that more can be put before the next
  /// one.
  void tagged(String type, String name, Map<String, Object> inputs, String... dependsOn) {
    tagged(type, name, inputs, Map.of(), dependsOn);
  }

  void tagged(
      String type,
      String name,
      Map<String, Object> inputs,
      Map<String, Object> more,
      String... dependsOn) {
    Map<String, Object> all = new LinkedHashMap<>(inputs);
    all.put("tags", tags(name, more));
    resources.add(new Resource(type, name, all, List.of(dependsOn)));
  }

  void plain(String type, String name, Map<String, Object> inputs, String... dependsOn) {
    resources.add(new Resource(type, name, inputs, List.of(dependsOn)));
  }

  /// The tags of a resource, with `Name` for the console.
  /// - Limits: 50 tags, values of 256 characters; characters that not every service takes become
  ///   `_`.
  /// - Errors: `SPEC_INVALID` when there are more, or a label has a key that AWS keeps to itself.
  Map<String, Object> tags(String name, Map<String, Object> more) {
    Map<String, Object> tags = new TreeMap<>();
    cluster.tags().of(cluster.tags().key(name)).forEach((k, v) -> tags.put(k, v));
    tags.put("Name", spec().metadata().name() + "-" + withoutCluster(name));
    tags.putAll(more);
    tags.replaceAll((key, value) -> value(value));
    if (tags.size() > TAGS_MAX) {
      throw new SskubaException(
          Problem.of(
              ProblemCode.SPEC_INVALID,
              "metadata.labels: AWS takes "
                  + TAGS_MAX
                  + " tags on a resource, these would be "
                  + tags.size()));
    }
    for (String key : tags.keySet()) {
      if (key.regionMatches(true, 0, "aws:", 0, 4)) {
        throw new SskubaException(
            Problem.of(
                ProblemCode.SPEC_INVALID,
                "metadata.labels: AWS keeps keys that begin with aws: to itself: " + key));
      }
    }
    return tags;
  }

  private static Object value(Object value) {
    String text = String.valueOf(value).replaceAll(TAG_VALUE_OTHERS, "_");
    return text.length() <= TAG_VALUE_MAX ? text : text.substring(0, TAG_VALUE_MAX);
  }

  private String withoutCluster(String name) {
    String prefix = spec().metadata().name() + "-";
    return name.startsWith(prefix) ? name.substring(prefix.length()) : name;
  }

  /// The name of a load balancer or target group: readable, unique in an account with other
  /// clusters of this name, at most 32 characters.
  String brief(String part) {
    return brief(part, BRIEF_MAX);
  }

  String brief(String part, int max) {
    String hash = hash(clusterId() + "/" + part);
    String text = spec().metadata().name() + "-" + withoutCluster(part);
    if (text.startsWith("internal-")) {
      text = "k8s-" + text; // a load balancer's name may not begin so
    }
    int room = max - HASH_LENGTH - 1;
    if (text.length() > room) {
      text = text.substring(0, room);
    }
    return text.replaceAll("-+$", "") + "-" + hash;
  }

  private static String hash(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest).substring(0, HASH_LENGTH);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
