package io.sskuba.infra.azure;

import java.util.Locale;

/// Names and resource ids of one cluster. Names are given, not made up by the provider: an id is
/// known before the thing exists, a create that is repeated finds the same thing, and a reference
/// to a part of a load balancer can be written down.
///
/// @param subscription its id
/// @param group the resource group: `NAME-` and the first eight characters of the cluster's id, so
///   that two clusters of one name in one subscription never meet
public record AzureNames(String subscription, String region, String group) {
  private static final int ID_CHARS = 8;
  private static final int MACHINE_MAX = 64;

  static AzureNames of(String subscription, String region, String cluster, String clusterId) {
    String id = clusterId.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    return new AzureNames(
        subscription,
        region,
        cluster + "-" + (id.length() <= ID_CHARS ? id : id.substring(0, ID_CHARS)));
  }

  /// The public address's label: a letter first, unique in the region.
  String dnsLabel() {
    return "k8s-" + group;
  }

  /// The name that Azure gives to the label, known before it exists.
  /// - Limits: the public cloud; the sovereign ones have other suffixes.
  String dnsName() {
    return dnsLabel() + "." + region + ".cloudapp.azure.com";
  }

  /// A machine's name there: at most 64 characters, the rest a digest.
  String machine(String name) {
    return name.length() <= MACHINE_MAX
        ? name
        : name.substring(0, MACHINE_MAX - 9) + "-" + String.format("%08x", name.hashCode());
  }

  /// `/subscriptions/…/resourceGroups/GROUP/providers/TYPE/NAME`.
  String id(String type, String name) {
    return "/subscriptions/"
        + subscription
        + "/resourceGroups/"
        + group
        + "/providers/"
        + type
        + "/"
        + name;
  }

  /// A part of the load balancer, for example `probes` and `http`.
  String balancerPart(String kind, String name) {
    return id("Microsoft.Network/loadBalancers", AzurePlan.BALANCER) + "/" + kind + "/" + name;
  }

  /// A built-in role.
  String role(String guid) {
    return "/subscriptions/"
        + subscription
        + "/providers/Microsoft.Authorization/roleDefinitions/"
        + guid;
  }
}
