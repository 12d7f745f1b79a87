package io.sskuba.infra.azure;

import io.sskuba.infra.Choices;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Target;
import io.sskuba.infra.azure.AzureActions.Need;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// What a look at an Azure subscription and region told: everything that [AzureCheck] judges by. A
/// part that could not be asked is in `unasked`, and its own field is empty.
///
/// @param state of the subscription, for example `Enabled`
/// @param types sizes of the file that exist in the region
/// @param offered size to the zones where this subscription may have it, and [#REGION] where it may
///   have it at all; a size that is not there cannot be had
/// @param restricted size to why Azure keeps it from this subscription, in its own words
/// @param quotas by Azure's names for them, of compute and of network
/// @param images image key ([Choices#imageKey]) to image id; a key that is not there has no image
/// @param zone the DNS zone's id
/// @param names record sets of the zone at the cluster's names, whoever made them
/// @param networks VNets of the subscription, and the file's existing one wherever it is
/// @param held what bears the tags of this FQDN
/// @param heldIds cluster ids on those tags
/// @param groups resource groups that bear none of our tags
/// @param lacking what the credentials may not do
/// @param perhaps what they may do only under a condition that nobody can check beforehand
/// @param providers resource provider to its state of registration
/// @param features feature to its state of registration
/// @param unasked part to why it could not be asked
public record AzureFacts(
    String state,
    Map<String, Type> types,
    Map<String, Set<String>> offered,
    Map<String, String> restricted,
    Map<String, Usage> quotas,
    Map<String, String> images,
    Optional<String> zone,
    List<Name> names,
    List<Network> networks,
    List<Platform.Found> held,
    Set<String> heldIds,
    Set<String> groups,
    List<Need> lacking,
    List<Need> perhaps,
    Map<String, String> providers,
    Map<String, String> features,
    Map<Part, String> unasked) {

  /// Stands among the zones of a size that the region has.
  public static final String REGION = "region";

  /// Whose machines encrypt their caches and temporary disks at the host.
  public static final String HOST_ENCRYPTION = "Microsoft.Compute/EncryptionAtHost";

  /// The resource providers that the plan's resources belong to, but those that are always there.
  public static final List<String> PROVIDERS =
      List.of("Microsoft.Compute", "Microsoft.Network", "Microsoft.ManagedIdentity");

  /// What is asked apart, in words.
  public enum Part {
    SIZES("sizes of machines and where they are offered", "Microsoft.Compute/skus/read"),
    COMPUTE("quotas of compute", "Microsoft.Compute/locations/usages/read"),
    NETWORK("quotas of network", "Microsoft.Network/locations/usages/read"),
    IMAGES("images", "Microsoft.Compute/galleries/images/versions/read"),
    DNS("the DNS zone", "Microsoft.Network/dnsZones/read"),
    NETWORKS("networks", "Microsoft.Network/virtualNetworks/read"),
    HELD("what bears the cluster's tags", "Microsoft.Resources/subscriptions/resourceGroups/read"),
    PERMISSIONS("permissions", "Microsoft.Authorization/permissions/read"),
    PROVIDERS("resource providers", "Microsoft.Resources/subscriptions/providers/read"),
    FEATURES("features", "Microsoft.Features/providers/features/read");

    private final String words;
    private final String actions;

    Part(String words, String actions) {
      this.words = words;
      this.actions = actions;
    }

    public String words() {
      return words;
    }

    /// What the credentials need for it.
    public String actions() {
      return actions;
    }
  }

  public record Usage(long limit, long used) {}

  /// @param family as quotas call it
  /// @param archs `amd64`, `arm64`: what it boots
  /// @param encrypts whether its host can encrypt what it holds of disks
  public record Type(String family, long vcpus, Set<String> archs, boolean encrypts) {}

  public record Network(
      String id, String location, List<String> cidrs, String clusterId, List<Subnet> subnets) {
    public Network {
      cidrs = List.copyOf(cidrs);
      subnets = List.copyOf(subnets);
    }
  }

  public record Subnet(String id, List<String> cidrs, long free) {
    public Subnet {
      cidrs = List.copyOf(cidrs);
    }
  }

  /// @param name in full
  /// @param value what it says, the first of several
  public record Name(String name, String type, String value) {}

  public AzureFacts {
    types = new TreeMap<>(types);
    offered = new TreeMap<>(offered);
    restricted = new TreeMap<>(restricted);
    Map<String, Usage> sorted = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    sorted.putAll(quotas);
    quotas = sorted;
    images = new TreeMap<>(images);
    names = List.copyOf(names);
    networks = List.copyOf(networks);
    held = List.copyOf(held);
    heldIds = new TreeSet<>(heldIds);
    groups = new TreeSet<>(groups);
    lacking = List.copyOf(lacking);
    perhaps = List.copyOf(perhaps);
    providers = new TreeMap<>(providers);
    features = new TreeMap<>(features);
    unasked = new TreeMap<>(unasked);
  }

  /// The zones that the file names; none means a region without.
  public static List<String> zonesOf(ClusterSpec spec) {
    return spec.target().settings() instanceof ProviderSettings.Azure azure
        ? azure.zones()
        : List.of();
  }

  /// The choices of a cluster by what was seen. What `before` says stays.
  public Choices choices(ClusterSpec spec, Choices before) {
    Map<String, String> allImages = new TreeMap<>(images);
    allImages.putAll(before.images());
    Map<String, String> facts = new TreeMap<>(before.facts());
    if (!unasked.containsKey(Part.SIZES)) {
      for (String type : typesOf(spec)) {
        facts.putIfAbsent(
            Choices.OFFERED + type, String.join(",", offered.getOrDefault(type, Set.of())));
      }
    }
    return new Choices(allImages, before.types(), before.zones(), facts)
        .settled(spec, zonesOf(spec));
  }

  /// Every size that the file names for a machine that is made.
  public static Set<String> typesOf(ClusterSpec spec) {
    Set<String> types = new TreeSet<>();
    for (Target.Slot machine : Target.machines(spec)) {
      if (machine.made()) {
        types.addAll(machine.pool().types());
      }
    }
    return types;
  }

  /// Image key to the processor, for every image that the file's machines need.
  public static Map<String, String> imagesOf(ClusterSpec spec) {
    Map<String, String> keys = new LinkedHashMap<>();
    for (Target.Slot machine : Target.machines(spec)) {
      if (machine.made()) {
        keys.put(Choices.imageKey(machine.arch(), machine.pool().gpu() != null), machine.arch());
      }
    }
    return keys;
  }

  /// The first of several quotas that the region has.
  Optional<Map.Entry<String, Usage>> quota(Collection<String> names) {
    return names.stream()
        .filter(quotas::containsKey)
        .findFirst()
        .map(name -> Map.entry(name, quotas.get(name)));
  }
}
