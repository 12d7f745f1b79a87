package io.sskuba.clouds.aws;

import io.sskuba.infra.Platform.Found;
import io.sskuba.infra.ResourceTags;
import io.sskuba.infra.aws.AwsFacts.Name;
import io.sskuba.infra.aws.AwsFacts.Part;
import io.sskuba.infra.aws.AwsNames;
import io.sskuba.spec.ClusterSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.ec2.model.InstanceStateName;
import software.amazon.awssdk.services.ec2.model.NatGatewayState;
import software.amazon.awssdk.services.ec2.model.TagDescription;
import software.amazon.awssdk.services.iam.model.Tag;
import software.amazon.awssdk.services.resourcegroupstaggingapi.model.ResourceTagMapping;

/// Everything that bears the tags of an FQDN: by the Resource Groups Tagging API, and what that
/// does not list or lists late, by EC2's own tags, by IAM, and by the records of the hosted zone.
/// Instances and gateways that ended keep their tags for an hour, and are left out.
/// - Limits: 100 resources a page and 100 pages; 1,000 roles a page and 5 pages.
final class AwsInventory {
  private static final int PAGES = 100;
  private static final int ROLE_PAGES = 5;
  private static final int ROLES_A_PAGE = 1000;

  /// Values that a filter of EC2 takes.
  private static final int VALUES = 200;

  private static final String ROLE_START = "-control-plane-";

  /// What follows a service in an ARN, to the type of our plans or the nearest.
  private static final Map<String, String> TYPES =
      Map.ofEntries(
          Map.entry("instance", AwsNames.INSTANCE),
          Map.entry("vpc", AwsNames.VPC),
          Map.entry("subnet", AwsNames.SUBNET),
          Map.entry("internet-gateway", AwsNames.GATEWAY),
          Map.entry("natgateway", AwsNames.NAT),
          Map.entry("elastic-ip", AwsNames.ADDRESS),
          Map.entry("route-table", AwsNames.TABLE),
          Map.entry("security-group", AwsNames.GROUP),
          Map.entry("volume", "aws:ebs/volume:Volume"),
          Map.entry("network-interface", "aws:ec2/networkInterface:NetworkInterface"),
          Map.entry("snapshot", "aws:ebs/snapshot:Snapshot"),
          Map.entry("loadbalancer", AwsNames.BALANCER),
          Map.entry("targetgroup", AwsNames.TARGETS),
          Map.entry("listener", AwsNames.LISTENER));

  private final AwsClients clients;
  private final Asks asks;
  private final ClusterSpec spec;

  AwsInventory(AwsClients clients, Asks asks, ClusterSpec spec) {
    this.clients = clients;
    this.asks = asks;
    this.spec = spec;
  }

  /// A resource with the tags of ours that it bears.
  private record Tagged(String type, String id, Map<String, String> tags) {}

  /// The questions under way.
  Started start(String fqdn) {
    return new Started(
        asks.ask(() -> byTaggingApi(fqdn)),
        asks.ask(() -> byEc2(fqdn)),
        asks.ask(() -> roles(fqdn)),
        asks.ask(() -> profiles(fqdn)),
        asks.ask(() -> new AwsZone(clients).look(spec)));
  }

  final class Started {
    private final CompletableFuture<List<Tagged>> tagging;
    private final CompletableFuture<List<Tagged>> ec2;
    private final CompletableFuture<List<Tagged>> roles;
    private final CompletableFuture<List<Tagged>> profiles;
    private final CompletableFuture<AwsZone.Seen> zone;

    private Started(
        CompletableFuture<List<Tagged>> tagging,
        CompletableFuture<List<Tagged>> ec2,
        CompletableFuture<List<Tagged>> roles,
        CompletableFuture<List<Tagged>> profiles,
        CompletableFuture<AwsZone.Seen> zone) {
      this.tagging = tagging;
      this.ec2 = ec2;
      this.roles = roles;
      this.profiles = profiles;
      this.zone = zone;
    }

    /// What was found; a source that may not be asked is an error, since a list that is only part
    /// of it would pass for the whole.
    List<Found> found(Optional<String> clusterId) {
      List<Tagged> listed = Asks.needed("resources by tag", tagging);
      List<Found> found =
          new ArrayList<>(
              of(
                  all(
                      listed,
                      there(listed, Asks.needed("resources of EC2 by tag", ec2)),
                      Asks.needed("roles by tag", roles),
                      Asks.needed("instance profiles by tag", profiles)),
                  clusterId));
      AwsZone.Seen seen = Asks.needed("records of the hosted zone", zone);
      found.addAll(records(seen, clusterId));
      return List.copyOf(found);
    }

    /// The same as far as it can be had, for a look before anything is made.
    List<Found> found(Set<String> ids) {
      List<Tagged> listed = asks.answer(Part.HELD, tagging, List.of());
      Map<String, Tagged> all =
          all(
              listed,
              there(listed, asks.answer(Part.HELD, ec2, List.of())),
              asks.answer(Part.HELD, roles, List.of()),
              asks.answer(Part.HELD, profiles, List.of()));
      all.values().forEach(t -> ids.add(t.tags().getOrDefault(ResourceTags.CLUSTER_ID, "")));
      return of(all, Optional.empty());
    }

    AwsZone.Seen zone() {
      return asks.answer(Part.DNS, zone, AwsZone.Seen.NOTHING);
    }
  }

  /// What only EC2's tags know is new, or gone with its tags left: each is looked up by its id.
  private List<Tagged> there(List<Tagged> listed, List<Tagged> more) {
    Set<String> known = new HashSet<>();
    listed.forEach(t -> known.add(t.id()));
    AwsGone look = new AwsGone(clients);
    Map<Tagged, CompletableFuture<Boolean>> asked = new LinkedHashMap<>();
    for (Tagged tagged : more) {
      if (!known.contains(tagged.id())) {
        asked.put(tagged, asks.ask(() -> look.gone(tagged.type(), tagged.id())));
      }
    }
    List<Tagged> there = new ArrayList<>();
    asked.forEach(
        (tagged, gone) -> {
          if (!asks.answer(Part.HELD, gone, false)) {
            there.add(tagged);
          }
        });
    return there;
  }

  @SafeVarargs
  private static Map<String, Tagged> all(List<Tagged>... sources) {
    Map<String, Tagged> all = new LinkedHashMap<>();
    for (List<Tagged> source : sources) {
      source.forEach(tagged -> all.putIfAbsent(tagged.id(), tagged));
    }
    return all;
  }

  private static List<Found> of(Map<String, Tagged> all, Optional<String> clusterId) {
    List<Found> found = new ArrayList<>();
    for (Tagged tagged : all.values()) {
      String id = tagged.tags().getOrDefault(ResourceTags.CLUSTER_ID, "");
      if (clusterId.isEmpty() || clusterId.get().equals(id)) {
        String key = tagged.tags().getOrDefault(ResourceTags.KEY, "");
        found.add(new Found(tagged.type(), key.substring(key.indexOf('/') + 1), tagged.id()));
      }
    }
    return found;
  }

  /// The records that the ownership record covers, with the ids that the provider gives them.
  private List<Found> records(AwsZone.Seen seen, Optional<String> clusterId) {
    Optional<Name> owner =
        seen.names().stream().filter(n -> n.name().equals("_sskuba." + spec.fqdn())).findFirst();
    if (owner.isEmpty()
        || (clusterId.isPresent() && !clusterId.get().equals(owner.get().value()))) {
      return List.of();
    }
    List<Found> found = new ArrayList<>();
    for (Name name : seen.names()) {
      String logical =
          name.name().startsWith("_sskuba.")
              ? "dns-ownership"
              : name.name().startsWith("*.") ? "dns-wildcard" : "dns-name";
      found.add(
          new Found(
              AwsNames.RECORD,
              logical,
              seen.zone().orElse("") + "_" + name.name() + "_" + name.type()));
    }
    return found;
  }

  private List<Tagged> byTaggingApi(String fqdn) {
    List<Tagged> tagged = new ArrayList<>();
    String token = "";
    for (int page = 0; page < PAGES; page++) {
      String from = token;
      var answer =
          clients
              .tagging()
              .getResources(
                  r ->
                      r.tagFilters(f -> f.key(ResourceTags.CLUSTER).values(fqdn))
                          .paginationToken(from)
                          .resourcesPerPage(100));
      for (ResourceTagMapping mapping : answer.resourceTagMappingList()) {
        Map<String, String> tags = new HashMap<>();
        mapping.tags().forEach(t -> tags.put(t.key(), t.value()));
        ofArn(mapping.resourceARN(), tags).ifPresent(tagged::add);
      }
      token = answer.paginationToken() == null ? "" : answer.paginationToken();
      if (token.isEmpty()) {
        break;
      }
    }
    return alive(typedRules(tagged));
  }

  /// `arn:aws:ec2:REGION:ACCOUNT:vpc/vpc-1`: ids of EC2 are the last part, others' the whole ARN.
  private static Optional<Tagged> ofArn(String arn, Map<String, String> tags) {
    String[] parts = arn.split(":", 6);
    if (parts.length < 6) {
      return Optional.empty();
    }
    String kind = parts[5].split("[/:]", 2)[0];
    String id = parts[2].equals("ec2") ? parts[5].substring(parts[5].indexOf('/') + 1) : arn;
    return Optional.of(new Tagged(type(parts[2], kind, id), id, tags));
  }

  private static String type(String service, String kind, String id) {
    if (id.startsWith("eipalloc-")) {
      return AwsNames.ADDRESS; // called `elastic-ip`, or, as in the console, `vpc-elastic-ip`
    }
    return TYPES.getOrDefault(kind, "aws:" + service + "/" + kind);
  }

  private List<Tagged> byEc2(String fqdn) {
    Map<String, String> kinds = new LinkedHashMap<>();
    for (TagDescription tag :
        tags(filter("key", List.of(ResourceTags.CLUSTER)), filter("value", List.of(fqdn)))) {
      kinds.put(tag.resourceId(), tag.resourceTypeAsString());
    }
    Map<String, Map<String, String>> tags = new HashMap<>();
    List<String> ids = List.copyOf(kinds.keySet());
    for (int from = 0; from < ids.size(); from += VALUES) {
      List<String> part = ids.subList(from, Math.min(ids.size(), from + VALUES));
      for (TagDescription tag : tags(filter("resource-id", part))) {
        tags.computeIfAbsent(tag.resourceId(), _ -> new HashMap<>()).put(tag.key(), tag.value());
      }
    }
    List<Tagged> tagged = new ArrayList<>();
    kinds.forEach(
        (id, kind) ->
            tagged.add(new Tagged(type("ec2", kind, id), id, tags.getOrDefault(id, Map.of()))));
    return alive(typedRules(tagged));
  }

  private List<TagDescription> tags(Filter... filters) {
    List<TagDescription> tags = new ArrayList<>();
    String token = null;
    for (int page = 0; page < PAGES; page++) {
      String from = token;
      var answer =
          clients.ec2().describeTags(r -> r.filters(filters).maxResults(1000).nextToken(from));
      tags.addAll(answer.tags());
      token = answer.nextToken();
      if (token == null || token.isEmpty()) {
        break;
      }
    }
    return tags;
  }

  static Filter filter(String name, List<String> values) {
    return Filter.builder().name(name).values(values).build();
  }

  /// Rules of groups: which way they go stands in no tag.
  private List<Tagged> typedRules(List<Tagged> tagged) {
    List<String> rules =
        tagged.stream().map(Tagged::id).filter(id -> id.startsWith("sgr-")).toList();
    Map<String, String> types = new HashMap<>();
    for (int from = 0; from < rules.size(); from += VALUES) {
      List<String> part = rules.subList(from, Math.min(rules.size(), from + VALUES));
      clients
          .ec2()
          .describeSecurityGroupRules(
              r -> r.filters(filter("security-group-rule-id", part)).maxResults(1000))
          .securityGroupRules()
          .forEach(
              rule ->
                  types.put(
                      rule.securityGroupRuleId(),
                      Boolean.TRUE.equals(rule.isEgress()) ? AwsNames.EGRESS : AwsNames.INGRESS));
    }
    return tagged.stream()
        .map(t -> new Tagged(types.getOrDefault(t.id(), t.type()), t.id(), t.tags()))
        .toList();
  }

  /// Without what ended and is only still listed.
  private List<Tagged> alive(List<Tagged> tagged) {
    Set<String> ended = new HashSet<>();
    each(
        tagged,
        AwsNames.INSTANCE,
        part ->
            clients
                .ec2()
                .describeInstances(r -> r.filters(filter("instance-id", part)))
                .reservations()
                .stream()
                .flatMap(r -> r.instances().stream())
                .filter(i -> i.state().name() == InstanceStateName.TERMINATED)
                .map(i -> i.instanceId())
                .toList(),
        ended);
    each(
        tagged,
        AwsNames.NAT,
        part ->
            clients
                .ec2()
                .describeNatGateways(r -> r.filter(filter("nat-gateway-id", part)))
                .natGateways()
                .stream()
                .filter(n -> n.state() == NatGatewayState.DELETED)
                .map(n -> n.natGatewayId())
                .toList(),
        ended);
    return tagged.stream().filter(t -> !ended.contains(t.id())).toList();
  }

  private static void each(
      List<Tagged> tagged,
      String type,
      Function<List<String>, List<String>> look,
      Set<String> ended) {
    List<String> ids = tagged.stream().filter(t -> t.type().equals(type)).map(Tagged::id).toList();
    for (int from = 0; from < ids.size(); from += VALUES) {
      ended.addAll(look.apply(ids.subList(from, Math.min(ids.size(), from + VALUES))));
    }
  }

  private List<Tagged> roles(String fqdn) {
    List<Tagged> tagged = new ArrayList<>();
    String marker = null;
    for (int page = 0; page < ROLE_PAGES; page++) {
      String from = marker;
      var answer = clients.iam().listRoles(r -> r.maxItems(ROLES_A_PAGE).marker(from));
      for (var role : answer.roles()) {
        if (role.roleName().startsWith(prefix(fqdn))) {
          String name = role.roleName();
          add(
              tagged,
              fqdn,
              AwsNames.ROLE,
              name,
              clients.iam().listRoleTags(r -> r.roleName(name)).tags());
        }
      }
      marker = answer.marker();
      if (!Boolean.TRUE.equals(answer.isTruncated())) {
        break;
      }
    }
    return tagged;
  }

  private List<Tagged> profiles(String fqdn) {
    List<Tagged> tagged = new ArrayList<>();
    String marker = null;
    for (int page = 0; page < ROLE_PAGES; page++) {
      String from = marker;
      var answer = clients.iam().listInstanceProfiles(r -> r.maxItems(ROLES_A_PAGE).marker(from));
      for (var profile : answer.instanceProfiles()) {
        if (profile.instanceProfileName().startsWith(prefix(fqdn))) {
          String name = profile.instanceProfileName();
          add(
              tagged,
              fqdn,
              AwsNames.PROFILE,
              name,
              clients.iam().listInstanceProfileTags(r -> r.instanceProfileName(name)).tags());
        }
      }
      marker = answer.marker();
      if (!Boolean.TRUE.equals(answer.isTruncated())) {
        break;
      }
    }
    return tagged;
  }

  /// Names begin with the cluster's, which is the first label of its FQDN.
  private static String prefix(String fqdn) {
    return fqdn.substring(0, fqdn.indexOf('.')) + ROLE_START;
  }

  private static void add(
      List<Tagged> tagged, String fqdn, String type, String name, List<Tag> tags) {
    Map<String, String> map = new HashMap<>();
    tags.forEach(t -> map.put(t.key(), t.value()));
    if (fqdn.equals(map.get(ResourceTags.CLUSTER))) {
      tagged.add(new Tagged(type, name, map));
    }
  }
}
