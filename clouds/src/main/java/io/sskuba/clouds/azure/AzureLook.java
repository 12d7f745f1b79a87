package io.sskuba.clouds.azure;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.infra.Choices;
import io.sskuba.infra.Platform.Found;
import io.sskuba.infra.ResourceTags;
import io.sskuba.infra.azure.AzureActions;
import io.sskuba.infra.azure.AzureActions.Grant;
import io.sskuba.infra.azure.AzureActions.Need;
import io.sskuba.infra.azure.AzureActions.Scope;
import io.sskuba.infra.azure.AzureFacts;
import io.sskuba.infra.azure.AzureFacts.Network;
import io.sskuba.infra.azure.AzureFacts.Part;
import io.sskuba.infra.azure.AzureFacts.Subnet;
import io.sskuba.infra.azure.AzureFacts.Usage;
import io.sskuba.infra.azure.AzureImages;
import io.sskuba.infra.azure.AzureTags;
import io.sskuba.net.Cidr;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// One look at a subscription and region for one cluster file: every question at once, each a GET.
/// - Limits: 20 pages of what is listed.
final class AzureLook {
  private static final int PAGES = 20;

  /// Addresses that Azure keeps of each subnet.
  private static final long KEPT = 5;

  private final Arm arm;
  private final Asks asks;
  private final ClusterSpec spec;
  private final ProviderSettings.Azure azure;
  private final CompletableFuture<JsonNode> subscription;
  private final CompletableFuture<Sizes> sizes;
  private final CompletableFuture<Map<String, Usage>> compute;
  private final CompletableFuture<Map<String, Usage>> network;
  private final Map<String, CompletableFuture<Optional<String>>> images = new LinkedHashMap<>();
  private final CompletableFuture<List<Network>> networks;
  private final CompletableFuture<Optional<Network>> existing;
  private final Map<Scope, CompletableFuture<List<Grant>>> grants = new EnumMap<>(Scope.class);
  private final Map<String, CompletableFuture<String>> providers = new LinkedHashMap<>();
  private final CompletableFuture<String> encryption;
  private final AzureInventory.Started held;

  /// What the region's list of sizes says of those that the file names.
  private record Sizes(
      Map<String, AzureFacts.Type> types,
      Map<String, Set<String>> offered,
      Map<String, String> restricted) {
    static final Sizes NONE = new Sizes(Map.of(), Map.of(), Map.of());
  }

  private AzureLook(
      Arm arm,
      Asks asks,
      ClusterSpec spec,
      ProviderSettings.Azure azure,
      CompletableFuture<JsonNode> subscription) {
    this.arm = arm;
    this.asks = asks;
    this.spec = spec;
    this.azure = azure;
    this.subscription = subscription;
    // What needs several rounds, or is large, begins first.
    held = new AzureInventory(arm, asks, spec, azure.subscription()).start(spec.fqdn());
    sizes = asks.ask(this::sizes);
    networks = asks.ask(this::networks);
    existing = asks.ask(this::existing);
    compute = asks.ask(() -> usages("Microsoft.Compute", ArmIds.COMPUTE));
    network = asks.ask(() -> usages("Microsoft.Network", ArmIds.NETWORK));
    AzureFacts.imagesOf(spec)
        .forEach((key, arch) -> images.put(key, asks.ask(() -> image(key, arch))));
    scopes().forEach((scope, path) -> grants.put(scope, asks.ask(() -> grants(path))));
    for (String provider : AzureFacts.PROVIDERS) {
      providers.put(provider, asks.ask(() -> provider(provider)));
    }
    encryption = asks.ask(this::encryption);
  }

  static AzureLook start(
      Arm arm,
      Asks asks,
      ClusterSpec spec,
      ProviderSettings.Azure azure,
      CompletableFuture<JsonNode> subscription) {
    return new AzureLook(arm, asks, spec, azure, subscription);
  }

  /// What was told.
  ///
  /// Errors: `CLOUD_CREDENTIALS`.
  AzureFacts facts() {
    Set<String> ids = new TreeSet<>();
    List<Found> found = held.found(ids);
    Sizes seen = asks.answer(Part.SIZES, sizes, Sizes.NONE);
    Map<String, Usage> quotas = new TreeMap<>(asks.answer(Part.COMPUTE, compute, Map.of()));
    quotas.putAll(asks.answer(Part.NETWORK, network, Map.of()));
    Map<String, String> there = new TreeMap<>();
    images.forEach(
        (key, image) ->
            asks.answer(Part.IMAGES, image, Optional.<String>empty())
                .ifPresent(id -> there.put(key, id)));
    List<Network> all = new ArrayList<>(asks.answer(Part.NETWORKS, networks, List.of()));
    asks.answer(Part.NETWORKS, existing, Optional.<Network>empty())
        .filter(e -> all.stream().noneMatch(n -> n.id().equalsIgnoreCase(e.id())))
        .ifPresent(all::add);
    AzureZone.Seen zone = held.zone();
    List<Need> lacking = new ArrayList<>();
    List<Need> perhaps = new ArrayList<>();
    permissions(lacking, perhaps);
    Map<String, String> registered = new TreeMap<>();
    providers.forEach((name, state) -> put(registered, Part.PROVIDERS, name, state));
    Map<String, String> features = new TreeMap<>();
    put(features, Part.FEATURES, AzureFacts.HOST_ENCRYPTION, encryption);
    String state = Asks.needed("the subscription", subscription).path("state").asText("");
    return new AzureFacts(
        state,
        seen.types(),
        seen.offered(),
        seen.restricted(),
        quotas,
        there,
        zone.zone(),
        zone.names(),
        all,
        found,
        ids,
        held.strangers(),
        lacking,
        perhaps,
        registered,
        features,
        asks.unasked());
  }

  private void put(
      Map<String, String> into, Part part, String name, CompletableFuture<String> state) {
    String known = asks.answer(part, state, "");
    if (!known.isEmpty()) {
      into.put(name, known);
    }
  }

  private void permissions(List<Need> lacking, List<Need> perhaps) {
    List<Need> needs = AzureActions.of(spec);
    grants.forEach(
        (scope, question) -> {
          List<Grant> held = asks.answer(Part.PERMISSIONS, question, List.of());
          if (asks.unasked().containsKey(Part.PERMISSIONS)) {
            return;
          }
          List<Need> never = AzureActions.lacking(needs, scope, held, false);
          lacking.addAll(never);
          if (held.stream().anyMatch(Grant::conditional)) {
            List<Need> unsure = new ArrayList<>(AzureActions.lacking(needs, scope, held, true));
            unsure.removeAll(never);
            perhaps.addAll(unsure);
          }
        });
  }

  /// Where rights are looked at.
  private Map<Scope, String> scopes() {
    Map<Scope, String> scopes = new EnumMap<>(Scope.class);
    scopes.put(Scope.SUBSCRIPTION, ArmIds.subscription(azure.subscription()));
    ClusterSpec.Dns dns = spec.dns();
    if (dns != null && dns.provider().equals("azureDns") && dns.resourceGroup() != null) {
      scopes.put(Scope.DNS, ArmIds.group(azure.subscription(), dns.resourceGroup()));
    }
    ClusterSpec.Existing given = spec.target().network().existing();
    if (given != null && given.network().startsWith("/")) {
      scopes.put(Scope.NETWORK, given.network());
    }
    return scopes;
  }

  /// - Source:
  ///   specification/authorization/resource-manager/Microsoft.Authorization/stable/2022-04-01
  ///   (Permissions_ListForResource and its siblings)
  private List<Grant> grants(String scope) {
    List<Grant> grants = new ArrayList<>();
    for (JsonNode grant :
        arm.list(
            PAGES,
            scope + "/providers/Microsoft.Authorization/permissions",
            ArmIds.AUTHORIZATION)) {
      grants.add(
          new Grant(
              texts(grant.path("actions")),
              texts(grant.path("notActions")),
              !grant.path("condition").asText("").isEmpty()));
    }
    return grants;
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(t -> texts.add(t.asText("")));
    return texts;
  }

  private String location(String provider) {
    return ArmIds.subscription(azure.subscription())
        + "/providers/"
        + provider
        + "/locations/"
        + azure.region();
  }

  private Map<String, Usage> usages(String provider, String version) {
    Map<String, Usage> usages = new TreeMap<>();
    for (JsonNode usage : arm.list(PAGES, location(provider) + "/usages", version)) {
      usages.put(
          usage.path("name").path("value").asText(""),
          new Usage(usage.path("limit").asLong(-1), usage.path("currentValue").asLong(0)));
    }
    return usages;
  }

  private Sizes sizes() {
    Set<String> named = AzureFacts.typesOf(spec);
    Map<String, AzureFacts.Type> types = new TreeMap<>();
    Map<String, Set<String>> offered = new TreeMap<>();
    Map<String, String> restricted = new TreeMap<>();
    for (JsonNode sku :
        arm.list(
            PAGES,
            ArmIds.subscription(azure.subscription()) + "/providers/Microsoft.Compute/skus",
            ArmIds.SKUS,
            "$filter=location eq '" + azure.region() + "'")) {
      String name = sku.path("name").asText("");
      if (!sku.path("resourceType").asText("").equals("virtualMachines") || !named.contains(name)) {
        continue;
      }
      types.put(name, type(sku));
      Set<String> zones = new TreeSet<>();
      zones.add(AzureFacts.REGION);
      sku.path("locationInfo").path(0).path("zones").forEach(z -> zones.add(z.asText("")));
      for (JsonNode restriction : sku.path("restrictions")) {
        String reason = restriction.path("reasonCode").asText("restricted");
        if (restriction.path("type").asText("").equals("Location")) {
          zones.clear();
          restricted.put(name, reason);
        } else {
          restriction
              .path("restrictionInfo")
              .path("zones")
              .forEach(z -> zones.remove(z.asText("")));
        }
      }
      if (!zones.isEmpty()) {
        offered.put(name, zones);
      }
    }
    return new Sizes(types, offered, restricted);
  }

  private static AzureFacts.Type type(JsonNode sku) {
    Map<String, String> capabilities = new TreeMap<>();
    sku.path("capabilities")
        .forEach(c -> capabilities.put(c.path("name").asText(""), c.path("value").asText("")));
    String processor = capabilities.getOrDefault("CpuArchitectureType", "x64");
    String vcpus = capabilities.getOrDefault("vCPUs", "0");
    return new AzureFacts.Type(
        sku.path("family").asText(""),
        vcpus.matches("[0-9]{1,6}") ? Long.parseLong(vcpus) : 0,
        Set.of(processor.equalsIgnoreCase("Arm64") ? "arm64" : "amd64"),
        !capabilities.getOrDefault("EncryptionAtHostSupported", "True").equals("False"));
  }

  /// The publisher's image by its version, or the subscription's own for GPUs, as long as the
  /// region has it.
  private Optional<String> image(String key, String arch) {
    String version = AzureImages.version(spec.versions().talos());
    if (key.equals(Choices.imageKey(arch, false))) {
      String id = AzureImages.community(arch, spec.versions().talos());
      String[] parts = id.split("/", -1);
      return arm.find(
              location("Microsoft.Compute")
                  + "/communityGalleries/"
                  + AzureImages.COMMUNITY_GALLERY
                  + "/images/"
                  + parts[4]
                  + "/versions/"
                  + version,
              ArmIds.GALLERIES)
          .map(_ -> id);
    }
    return arm.find(
            AzureGallery.versionPath(azure.subscription(), AzureImages.gpuImage(arch), version),
            ArmIds.GALLERIES)
        .filter(v -> AzureGallery.serves(v, azure.region()))
        .map(v -> v.path("id").asText(""));
  }

  private List<Network> networks() {
    return arm
        .list(
            PAGES,
            ArmIds.subscription(azure.subscription())
                + "/providers/Microsoft.Network/virtualNetworks",
            ArmIds.NETWORK)
        .stream()
        .map(AzureLook::network)
        .toList();
  }

  /// A landing zone's may be in another subscription.
  private Optional<Network> existing() {
    ClusterSpec.@Nullable Existing given = spec.target().network().existing();
    if (given == null || !given.network().startsWith("/")) {
      return Optional.empty();
    }
    return arm.find(given.network(), ArmIds.NETWORK).map(AzureLook::network);
  }

  private static Network network(JsonNode network) {
    JsonNode properties = network.path("properties");
    List<Subnet> subnets = new ArrayList<>();
    properties
        .path("subnets")
        .forEach(
            subnet -> {
              JsonNode own = subnet.path("properties");
              List<String> cidrs = new ArrayList<>(texts(own.path("addressPrefixes")));
              if (cidrs.isEmpty()) {
                cidrs.add(own.path("addressPrefix").asText(""));
              }
              subnets.add(
                  new Subnet(
                      subnet.path("id").asText(""),
                      cidrs,
                      free(cidrs, own.path("ipConfigurations").size())));
            });
    return new Network(
        network.path("id").asText(""),
        network.path("location").asText(""),
        texts(properties.path("addressSpace").path("addressPrefixes")),
        network.path("tags").path(AzureTags.name(ResourceTags.CLUSTER_ID)).asText(""),
        subnets);
  }

  private static long free(List<String> cidrs, long used) {
    long all = 0;
    for (String text : cidrs) {
      Optional<Cidr> cidr = Cidr.parse(text).filter(Cidr::isIpv4);
      all += cidr.isEmpty() ? 0 : Math.max(0, cidr.get().size().longValueExact() - KEPT);
    }
    return Math.max(0, all - used);
  }

  private String provider(String namespace) {
    return arm.get(
            ArmIds.subscription(azure.subscription()) + "/providers/" + namespace, ArmIds.RESOURCES)
        .path("registrationState")
        .asText("");
  }

  private String encryption() {
    String[] feature = AzureFacts.HOST_ENCRYPTION.split("/", -1);
    return arm.get(
            ArmIds.subscription(azure.subscription())
                + "/providers/Microsoft.Features/providers/"
                + feature[0]
                + "/features/"
                + feature[1],
            ArmIds.FEATURES)
        .path("properties")
        .path("state")
        .asText("");
  }
}
