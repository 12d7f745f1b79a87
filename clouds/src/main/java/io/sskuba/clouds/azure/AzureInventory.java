package io.sskuba.clouds.azure;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.infra.Platform.Found;
import io.sskuba.infra.ResourceTags;
import io.sskuba.infra.azure.AzureFacts.Part;
import io.sskuba.infra.azure.AzureTags;
import io.sskuba.infra.azure.AzureTypes;
import io.sskuba.spec.ClusterSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/// Everything that bears the tags of an FQDN: the resource groups with them and what is in these,
/// tagged or not (Azure lets nobody tag a machine's disk, and subnets, NAT rules and role
/// assignments have no tags); tagged resources elsewhere; and record sets of the DNS zone by their
/// metadata.
///
/// Lists, not Resource Graph: that knows of a change minutes later.
/// - Limits: 1,000 resources a page and 20 pages; 50 tagged resources outside of the groups.
/// - Source: specification/resources/resource-manager/Microsoft.Resources/stable/2021-04-01; a list
///   that is filtered by a tag does not give the tags
final class AzureInventory {
  private static final int PAGES = 20;
  private static final int OUTSIDE_MAX = 50;
  private static final String CLUSTER = AzureTags.name(ResourceTags.CLUSTER);
  private static final String CLUSTER_ID = AzureTags.name(ResourceTags.CLUSTER_ID);
  private static final String KEY = AzureTags.name(ResourceTags.KEY);

  private final Arm arm;
  private final Asks asks;
  private final ClusterSpec spec;
  private final String subscription;

  AzureInventory(Arm arm, Asks asks, ClusterSpec spec, String subscription) {
    this.arm = arm;
    this.asks = asks;
    this.spec = spec;
    this.subscription = subscription;
  }

  /// @param name of the plan; empty where nothing says it
  private record Tagged(String type, String id, String name, String clusterId) {}

  /// A resource group as it is listed.
  private record Group(String id, String name, Map<String, String> tags) {}

  /// The questions under way.
  Started start(String fqdn) {
    CompletableFuture<List<Group>> groups = asks.ask(this::groups);
    return new Started(
        fqdn,
        groups,
        asks.ask(() -> elsewhere(fqdn)),
        asks.ask(() -> new AzureZone(arm).look(spec, subscription)));
  }

  final class Started {
    private final String fqdn;
    private final CompletableFuture<List<Group>> groups;
    private final CompletableFuture<List<String>> elsewhere;
    private final CompletableFuture<AzureZone.Seen> zone;

    private Started(
        String fqdn,
        CompletableFuture<List<Group>> groups,
        CompletableFuture<List<String>> elsewhere,
        CompletableFuture<AzureZone.Seen> zone) {
      this.fqdn = fqdn;
      this.groups = groups;
      this.elsewhere = elsewhere;
      this.zone = zone;
    }

    /// What was found; a source that may not be asked is an error, since a list that is only part
    /// of it would pass for the whole.
    List<Found> found(Optional<String> clusterId) {
      List<Tagged> tagged = new ArrayList<>();
      List<Group> ours =
          Asks.needed("resource groups by tag", groups).stream().filter(this::ours).toList();
      for (CompletableFuture<List<Tagged>> part : inside(ours)) {
        tagged.addAll(Asks.needed("what is in a resource group", part));
      }
      List<String> ids = Asks.needed("resources by tag", elsewhere);
      for (CompletableFuture<Tagged> part : outside(ids, ours)) {
        tagged.add(Asks.needed("tags of a resource", part));
      }
      tagged.addAll(records(Asks.needed("record sets of the DNS zone", zone)));
      return of(tagged, clusterId);
    }

    /// The same as far as it can be had, for a look before anything is made.
    List<Found> found(Set<String> heldIds) {
      List<Tagged> tagged = new ArrayList<>();
      List<Group> ours =
          asks.answer(Part.HELD, groups, List.of()).stream().filter(this::ours).toList();
      List<CompletableFuture<List<Tagged>>> inside = inside(ours);
      List<String> ids = asks.answer(Part.HELD, elsewhere, List.of());
      List<CompletableFuture<Tagged>> outside = outside(ids, ours);
      inside.forEach(part -> tagged.addAll(asks.answer(Part.HELD, part, List.of())));
      for (CompletableFuture<Tagged> part : outside) {
        Tagged one = asks.answer(Part.HELD, part, new Tagged("", "", "", ""));
        if (!one.id().isEmpty()) {
          tagged.add(one);
        }
      }
      tagged.forEach(t -> heldIds.add(t.clusterId()));
      heldIds.remove("");
      return of(tagged, Optional.empty());
    }

    private boolean ours(Group group) {
      return fqdn.equalsIgnoreCase(group.tags().get(CLUSTER));
    }

    AzureZone.Seen zone() {
      return asks.answer(Part.DNS, zone, AzureZone.Seen.NOTHING);
    }

    /// Resource groups that bear no tags of ours.
    Set<String> strangers() {
      Set<String> names = new TreeSet<>();
      for (Group group : asks.answer(Part.HELD, groups, List.of())) {
        if (!group.tags().containsKey(CLUSTER)) {
          names.add(group.name());
        }
      }
      return names;
    }

    private List<CompletableFuture<List<Tagged>>> inside(List<Group> ours) {
      List<CompletableFuture<List<Tagged>>> parts = new ArrayList<>();
      for (Group group : ours) {
        String clusterId = group.tags().getOrDefault(CLUSTER_ID, "");
        parts.add(
            CompletableFuture.completedFuture(
                List.of(new Tagged(AzureTypes.GROUP, group.id(), named(group.tags()), clusterId))));
        parts.add(asks.ask(() -> resources(group, clusterId)));
        parts.add(asks.ask(() -> subnets(group, clusterId)));
        parts.add(asks.ask(() -> doors(group, clusterId)));
        parts.add(asks.ask(() -> roles(group, clusterId)));
      }
      return parts;
    }

    private List<CompletableFuture<Tagged>> outside(List<String> ids, List<Group> ours) {
      Set<String> known = new HashSet<>();
      ours.forEach(group -> known.add(group.name().toLowerCase(Locale.ROOT)));
      return ids.stream()
          .filter(id -> !known.contains(ArmIds.groupOf(id)))
          .limit(OUTSIDE_MAX)
          .map(id -> asks.ask(() -> tagged(id)))
          .toList();
    }
  }

  private static List<Found> of(List<Tagged> tagged, Optional<String> clusterId) {
    Map<String, Found> found = new LinkedHashMap<>();
    for (Tagged one : tagged) {
      if (clusterId.isEmpty() || clusterId.get().equals(one.clusterId())) {
        found.putIfAbsent(
            one.id().toLowerCase(Locale.ROOT), new Found(one.type(), one.name(), one.id()));
      }
    }
    return List.copyOf(found.values());
  }

  private static Map<String, String> tags(JsonNode resource) {
    Map<String, String> tags = new HashMap<>();
    resource.path("tags").properties().forEach(e -> tags.put(e.getKey(), e.getValue().asText("")));
    return tags;
  }

  /// The plan's name in the key `CLUSTERID/NAME`.
  private static String named(Map<String, String> tags) {
    String key = tags.getOrDefault(KEY, "");
    return key.substring(key.indexOf('/') + 1);
  }

  private List<Group> groups() {
    return arm
        .list(
            PAGES,
            ArmIds.subscription(subscription) + "/resourcegroups",
            ArmIds.RESOURCES,
            "$top=1000")
        .stream()
        .map(g -> new Group(g.path("id").asText(""), g.path("name").asText(""), tags(g)))
        .toList();
  }

  /// Ids of what bears the FQDN's tag, wherever it is.
  private List<String> elsewhere(String fqdn) {
    return arm
        .list(
            PAGES,
            ArmIds.subscription(subscription) + "/resources",
            ArmIds.RESOURCES,
            "$filter=tagName eq '" + CLUSTER + "' and tagValue eq '" + fqdn + "'")
        .stream()
        .map(r -> r.path("id").asText(""))
        .filter(id -> !id.isEmpty())
        .toList();
  }

  private Tagged tagged(String id) {
    JsonNode tags =
        arm.find(id + "/providers/Microsoft.Resources/tags/default", ArmIds.RESOURCES)
            .map(t -> t.path("properties"))
            .orElse(io.sskuba.io.Json.object());
    return of(id, ArmIds.type(id), tags(tags), "");
  }

  private static Tagged of(String id, String type, Map<String, String> tags, String clusterId) {
    return new Tagged(
        AzureTypes.token(type), id, named(tags), tags.getOrDefault(CLUSTER_ID, clusterId));
  }

  /// What is in a group is the cluster's, tagged or not.
  private List<Tagged> resources(Group group, String clusterId) {
    return arm.list(PAGES, group.id() + "/resources", ArmIds.RESOURCES, "$top=1000").stream()
        .map(r -> of(r.path("id").asText(""), r.path("type").asText(""), tags(r), clusterId))
        .toList();
  }

  /// A subnet is named as in the plan.
  private List<Tagged> subnets(Group group, String clusterId) {
    List<Tagged> subnets = new ArrayList<>();
    for (JsonNode network :
        arm.list(
            PAGES, group.id() + "/providers/Microsoft.Network/virtualNetworks", ArmIds.NETWORK)) {
      part(network.path("properties").path("subnets"), AzureTypes.SUBNET, clusterId, subnets);
    }
    return subnets;
  }

  /// So is a NAT rule.
  private List<Tagged> doors(Group group, String clusterId) {
    List<Tagged> doors = new ArrayList<>();
    for (JsonNode balancer :
        arm.list(
            PAGES, group.id() + "/providers/Microsoft.Network/loadBalancers", ArmIds.NETWORK)) {
      part(balancer.path("properties").path("inboundNatRules"), AzureTypes.DOOR, clusterId, doors);
    }
    return doors;
  }

  private static void part(JsonNode parts, String type, String clusterId, List<Tagged> into) {
    parts.forEach(
        p -> {
          String id = p.path("id").asText("");
          into.add(new Tagged(type, id, ArmIds.name(id), clusterId));
        });
  }

  /// Assignments on the group itself; those above it are listed with them.
  private List<Tagged> roles(Group group, String clusterId) {
    List<Tagged> roles = new ArrayList<>();
    for (JsonNode assignment :
        arm.list(
            PAGES,
            group.id() + "/providers/Microsoft.Authorization/roleAssignments",
            ArmIds.AUTHORIZATION,
            "$filter=atScope()")) {
      JsonNode properties = assignment.path("properties");
      if (properties.path("scope").asText("").equalsIgnoreCase(group.id())) {
        AzureTypes.grant(properties.path("roleDefinitionId").asText(""))
            .ifPresent(
                name ->
                    roles.add(
                        new Tagged(
                            AzureTypes.ROLE, assignment.path("id").asText(""), name, clusterId)));
      }
    }
    return roles;
  }

  /// By the metadata that the plan writes, whose names are letters, digits and `_`.
  private List<Tagged> records(AzureZone.Seen seen) {
    List<Tagged> records = new ArrayList<>();
    for (AzureZone.RecordSet set : seen.sets()) {
      String cluster = set.metadata().getOrDefault(plain(CLUSTER), "");
      if (cluster.equals(spec.fqdn())) {
        String key = set.metadata().getOrDefault(plain(KEY), "");
        records.add(
            new Tagged(
                AzureTypes.RECORD,
                set.id(),
                key.substring(key.indexOf('/') + 1),
                set.metadata().getOrDefault(plain(CLUSTER_ID), "")));
      }
    }
    return records;
  }

  private static String plain(String tag) {
    return tag.replaceAll("[^A-Za-z0-9]", "_");
  }
}
