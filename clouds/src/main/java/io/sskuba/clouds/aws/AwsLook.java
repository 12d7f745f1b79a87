package io.sskuba.clouds.aws;

import io.sskuba.cloud.CloudAccount.Identity;
import io.sskuba.infra.Choices;
import io.sskuba.infra.Platform.Found;
import io.sskuba.infra.ResourceTags;
import io.sskuba.infra.aws.AwsCheck;
import io.sskuba.infra.aws.AwsFacts;
import io.sskuba.infra.aws.AwsFacts.Denial;
import io.sskuba.infra.aws.AwsFacts.Part;
import io.sskuba.infra.aws.AwsFacts.Quota;
import io.sskuba.infra.aws.AwsFacts.Usage;
import io.sskuba.infra.aws.AwsImages;
import io.sskuba.infra.aws.InstanceTypes;
import io.sskuba.spec.ClusterSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.ec2.model.Image;
import software.amazon.awssdk.services.ec2.model.Instance;
import software.amazon.awssdk.services.ec2.model.InstanceTypeInfo;
import software.amazon.awssdk.services.ec2.model.LocationType;
import software.amazon.awssdk.services.ec2.model.NatGateway;
import software.amazon.awssdk.services.ec2.model.Subnet;
import software.amazon.awssdk.services.servicequotas.model.GetServiceQuotaResponse;

/// One look at an account and region for one cluster file: every question at once, none of which
/// changes anything.
/// - Limits: 20 pages of instances (20,000), 10 of what else is listed.
final class AwsLook {
  private static final int INSTANCE_PAGES = 20;
  private static final int PAGES = 10;

  private final AwsClients clients;
  private final Asks asks;
  private final ClusterSpec spec;
  private final CompletableFuture<Set<String>> zones;
  private final CompletableFuture<Map<String, AwsFacts.Type>> types;
  private final CompletableFuture<Map<String, Set<String>>> offered;
  private final Map<Quota, CompletableFuture<Long>> limits = new EnumMap<>(Quota.class);
  private final CompletableFuture<Map<Quota, Long>> vcpus;
  private final CompletableFuture<Long> addresses;
  private final CompletableFuture<List<NatGateway>> gateways;
  private final CompletableFuture<List<Subnet>> subnets;
  private final CompletableFuture<List<AwsFacts.Vpc>> vpcs;
  private final CompletableFuture<Long> balancers;
  private final CompletableFuture<Map<String, String>> images;
  private final CompletableFuture<Map<String, Denial>> denied;
  private final AwsInventory.Started held;

  private AwsLook(
      AwsClients clients, Asks asks, ClusterSpec spec, CompletableFuture<Identity> identity) {
    this.clients = clients;
    this.asks = asks;
    this.spec = spec;
    Set<String> named = AwsFacts.typesOf(spec);
    // What needs several rounds begins first.
    denied = asks.ask(() -> new AwsRights(clients).denied(spec, identity.join(), region()));
    held = new AwsInventory(clients, asks, spec).start(spec.fqdn());
    zones = asks.ask(this::zones);
    types = asks.ask(() -> types(named));
    offered = asks.ask(() -> offered(named));
    images = asks.ask(this::images);
    vpcs = asks.ask(this::vpcs);
    subnets = asks.ask(this::subnets);
    vcpus = asks.ask(this::vcpus);
    addresses = asks.ask(() -> (long) clients.ec2().describeAddresses().addresses().size());
    gateways = asks.ask(this::gateways);
    balancers = asks.ask(this::balancers);
    for (Quota quota : quotas(named)) {
      limits.put(quota, asks.ask(() -> limit(quota)));
    }
  }

  static AwsLook start(
      AwsClients clients, Asks asks, ClusterSpec spec, CompletableFuture<Identity> identity) {
    return new AwsLook(clients, asks, spec, identity);
  }

  private String region() {
    return clients.access().region().id();
  }

  /// What was told.
  ///
  /// Errors: `CLOUD_CREDENTIALS`.
  AwsFacts facts() {
    List<Subnet> allSubnets = asks.answer(Part.NETWORKS, subnets, List.of());
    AwsZone.Seen zone = held.zone();
    Set<String> ids = new TreeSet<>();
    List<Found> found = held.found(ids);
    Map<Quota, Usage> usages = usages(allSubnets);
    Set<String> here = asks.answer(Part.ZONES, zones, Set.of());
    return new AwsFacts(
        here,
        asks.answer(Part.TYPES, types, Map.of()),
        asks.answer(Part.OFFERINGS, offered, Map.of()),
        usages,
        asks.answer(Part.IMAGES, images, Map.of()),
        zone.zone(),
        zone.names(),
        asks.answer(Part.NETWORKS, vpcs, List.of()),
        existing(allSubnets),
        found,
        ids,
        asks.answer(Part.PERMISSIONS, denied, Map.of()),
        asks.unasked());
  }

  private Map<Quota, Usage> usages(List<Subnet> allSubnets) {
    Map<Quota, Long> used = new EnumMap<>(Quota.class);
    used.putAll(asks.answer(Part.USAGE, vcpus, Map.of()));
    used.put(Quota.ADDRESSES, asks.answer(Part.USAGE, addresses, 0L));
    used.put(Quota.VPCS, (long) asks.answer(Part.NETWORKS, vpcs, List.of()).size());
    used.put(Quota.BALANCERS, asks.answer(Part.USAGE, balancers, 0L));
    used.put(Quota.NATS, gatewaysOfFirstZone(allSubnets));
    Map<Quota, Usage> usages = new EnumMap<>(Quota.class);
    boolean blind = asks.unasked().containsKey(Part.USAGE);
    limits.forEach(
        (quota, limit) -> {
          long known = asks.answer(Part.QUOTAS, limit, -1L);
          if (known >= 0 && !blind) {
            usages.put(quota, new Usage(known, used.getOrDefault(quota, 0L)));
          }
        });
    return usages;
  }

  /// The plan's one gateway stands in its first zone, and the quota is a zone's.
  private long gatewaysOfFirstZone(List<Subnet> allSubnets) {
    List<String> named =
        spec.target().settings() instanceof ClusterSpec.ProviderSettings.Aws aws
            ? aws.zones()
            : List.of();
    Set<String> inZone = new HashSet<>();
    for (Subnet subnet : allSubnets) {
      if (subnet.availabilityZone().equals(named.isEmpty() ? region() + "a" : named.getFirst())) {
        inZone.add(subnet.subnetId());
      }
    }
    return asks.answer(Part.USAGE, gateways, List.of()).stream()
        .filter(g -> inZone.contains(g.subnetId()))
        .count();
  }

  private Set<Quota> quotas(Set<String> named) {
    Set<Quota> quotas = EnumSet.of(Quota.BALANCERS);
    named.forEach(type -> AwsCheck.quota(type).ifPresent(quotas::add));
    if (spec.target().network().existing() == null) {
      quotas.addAll(EnumSet.of(Quota.ADDRESSES, Quota.VPCS, Quota.NATS));
    }
    return quotas;
  }

  private long limit(Quota quota) {
    GetServiceQuotaResponse answer =
        clients
            .quotas()
            .getServiceQuota(r -> r.serviceCode(quota.service()).quotaCode(quota.code()));
    return answer.quota().value().longValue();
  }

  private Set<String> zones() {
    Set<String> names = new TreeSet<>();
    clients
        .ec2()
        .describeAvailabilityZones(r -> r.filters(filter("state", "available")))
        .availabilityZones()
        .stream()
        .filter(z -> z.zoneType() == null || z.zoneType().equals("availability-zone"))
        .forEach(z -> names.add(z.zoneName()));
    return names;
  }

  private Map<String, AwsFacts.Type> types(Set<String> named) {
    Map<String, AwsFacts.Type> found = new TreeMap<>();
    if (named.isEmpty()) {
      return found;
    }
    for (InstanceTypeInfo type :
        clients
            .ec2()
            .describeInstanceTypes(
                r -> r.filters(AwsInventory.filter("instance-type", List.copyOf(named))))
            .instanceTypes()) {
      Set<String> archs = new TreeSet<>();
      type.processorInfo()
          .supportedArchitecturesAsStrings()
          .forEach(a -> archs.add(a.equals("x86_64") ? "amd64" : a));
      found.put(
          type.instanceTypeAsString(), new AwsFacts.Type(type.vCpuInfo().defaultVCpus(), archs));
    }
    return found;
  }

  private Map<String, Set<String>> offered(Set<String> named) {
    Map<String, Set<String>> offerings = new TreeMap<>();
    if (named.isEmpty()) {
      return offerings;
    }
    String token = null;
    for (int page = 0; page < PAGES; page++) {
      String from = token;
      var answer =
          clients
              .ec2()
              .describeInstanceTypeOfferings(
                  r ->
                      r.locationType(LocationType.AVAILABILITY_ZONE)
                          .filters(AwsInventory.filter("instance-type", List.copyOf(named)))
                          .nextToken(from));
      answer
          .instanceTypeOfferings()
          .forEach(
              o ->
                  offerings
                      .computeIfAbsent(o.instanceTypeAsString(), _ -> new TreeSet<>())
                      .add(o.location()));
      token = answer.nextToken();
      if (token == null || token.isEmpty()) {
        break;
      }
    }
    return offerings;
  }

  /// On-demand instances that run or start, as vCPUs of each quota.
  private Map<Quota, Long> vcpus() {
    Map<Quota, Long> used = new EnumMap<>(Quota.class);
    String token = null;
    for (int page = 0; page < INSTANCE_PAGES; page++) {
      String from = token;
      var answer =
          clients
              .ec2()
              .describeInstances(
                  r ->
                      r.filters(
                              AwsInventory.filter(
                                  "instance-state-name", List.of("pending", "running")))
                          .maxResults(1000)
                          .nextToken(from));
      answer.reservations().forEach(r -> r.instances().forEach(i -> count(i, used)));
      token = answer.nextToken();
      if (token == null || token.isEmpty()) {
        break;
      }
    }
    return used;
  }

  private static void count(Instance instance, Map<Quota, Long> used) {
    if (instance.instanceLifecycle() != null) {
      return; // spot instances and capacity blocks have quotas of their own
    }
    var options = instance.cpuOptions();
    long vcpus =
        options == null || options.coreCount() == null || options.threadsPerCore() == null
            ? InstanceTypes.vcpus(instance.instanceTypeAsString())
            : (long) options.coreCount() * options.threadsPerCore();
    AwsCheck.quota(instance.instanceTypeAsString())
        .ifPresent(quota -> used.merge(quota, vcpus, Long::sum));
  }

  private List<NatGateway> gateways() {
    return clients
        .ec2()
        .describeNatGateways(
            r -> r.filter(AwsInventory.filter("state", List.of("pending", "available"))))
        .natGateways();
  }

  private long balancers() {
    return clients.balancing().describeLoadBalancers(r -> r.pageSize(400)).loadBalancers().stream()
        .filter(b -> b.typeAsString().equals("network"))
        .count();
  }

  private List<Subnet> subnets() {
    List<Subnet> all = new ArrayList<>();
    String token = null;
    for (int page = 0; page < PAGES; page++) {
      String from = token;
      var answer = clients.ec2().describeSubnets(r -> r.maxResults(1000).nextToken(from));
      all.addAll(answer.subnets());
      token = answer.nextToken();
      if (token == null || token.isEmpty()) {
        break;
      }
    }
    return all;
  }

  private List<AwsFacts.Vpc> vpcs() {
    List<AwsFacts.Vpc> all = new ArrayList<>();
    clients
        .ec2()
        .describeVpcs(r -> r.maxResults(1000))
        .vpcs()
        .forEach(
            v ->
                all.add(
                    new AwsFacts.Vpc(
                        v.vpcId(),
                        v.cidrBlockAssociationSet().stream().map(a -> a.cidrBlock()).toList(),
                        v.tags().stream()
                            .filter(t -> t.key().equals(ResourceTags.CLUSTER_ID))
                            .map(t -> t.value())
                            .findFirst()
                            .orElse(""))));
    return all;
  }

  private List<AwsFacts.Subnet> existing(List<Subnet> all) {
    ClusterSpec.@Nullable Existing existing = spec.target().network().existing();
    if (existing == null) {
      return List.of();
    }
    return all.stream()
        .filter(s -> existing.subnets().contains(s.subnetId()))
        .map(
            s ->
                new AwsFacts.Subnet(
                    s.subnetId(), s.vpcId(), s.availabilityZone(), s.availableIpAddressCount()))
        .toList();
  }

  /// The official images by their exact names, and the newest of the account's own for GPUs.
  private Map<String, String> images() {
    Map<String, String> found = new TreeMap<>();
    for (Map.Entry<String, String> needed : AwsFacts.imagesOf(spec).entrySet()) {
      boolean gpu = needed.getKey().equals(Choices.imageKey(needed.getValue(), true));
      String version = spec.versions().talos();
      image(
              gpu ? "self" : AwsImages.OWNER,
              gpu
                  ? AwsImages.own(version, needed.getKey(), "*")
                  : AwsImages.official(version, region(), needed.getValue()),
              needed.getValue())
          .ifPresent(id -> found.put(needed.getKey(), id));
    }
    return found;
  }

  private Optional<String> image(String owner, String name, String arch) {
    List<Filter> filters = new ArrayList<>();
    filters.add(filter("name", name));
    filters.add(filter("state", "available"));
    filters.add(filter("architecture", AwsImages.processor(arch)));
    return clients.ec2().describeImages(r -> r.owners(owner).filters(filters)).images().stream()
        .max(Comparator.comparing(AwsLook::created))
        .map(Image::imageId);
  }

  private static String created(Image image) {
    return image.creationDate() == null ? "" : image.creationDate();
  }

  private static Filter filter(String name, String value) {
    return AwsInventory.filter(name, List.of(value));
  }
}
