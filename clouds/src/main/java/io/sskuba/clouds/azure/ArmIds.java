package io.sskuba.clouds.azure;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Ids of Resource Manager, and the version of the API that each kind of resource is asked with.
/// - Source: Azure/azure-rest-api-specs, the newest stable folder of each provider that every
///   region had for a year
final class ArmIds {
  static final String RESOURCES = "2021-04-01";
  static final String SUBSCRIPTIONS = "2022-12-01";
  static final String AUTHORIZATION = "2022-04-01";
  static final String NETWORK = "2024-05-01";
  static final String COMPUTE = "2024-07-01";
  static final String DISKS = "2024-03-02";
  static final String GALLERIES = "2024-03-03";
  static final String SKUS = "2021-07-01";
  static final String DNS = "2018-05-01";
  static final String IDENTITIES = "2023-01-31";
  static final String FEATURES = "2021-07-01";

  /// By the beginning of a type; the longest that fits counts.
  private static final Map<String, String> VERSIONS = new TreeMap<>();

  static {
    VERSIONS.put("microsoft.authorization/", AUTHORIZATION);
    VERSIONS.put("microsoft.compute/", COMPUTE);
    VERSIONS.put("microsoft.compute/disks", DISKS);
    VERSIONS.put("microsoft.compute/snapshots", DISKS);
    VERSIONS.put("microsoft.compute/galleries", GALLERIES);
    VERSIONS.put("microsoft.managedidentity/", IDENTITIES);
    VERSIONS.put("microsoft.network/", NETWORK);
    VERSIONS.put("microsoft.network/dnszones", DNS);
  }

  private ArmIds() {}

  static String subscription(String id) {
    return "/subscriptions/" + id;
  }

  static String group(String subscription, String name) {
    return subscription(subscription) + "/resourceGroups/" + name;
  }

  /// The last part.
  static String name(String id) {
    return id.substring(id.lastIndexOf('/') + 1);
  }

  /// `Microsoft.Network/virtualNetworks/subnets` of an id; empty for a resource group's.
  static String type(String id) {
    int at = id.toLowerCase(Locale.ROOT).lastIndexOf("/providers/");
    if (at < 0) {
      return "";
    }
    String[] parts = id.substring(at + "/providers/".length()).split("/", -1);
    StringBuilder type = new StringBuilder(parts[0]);
    for (int i = 1; i < parts.length; i += 2) {
      type.append('/').append(parts[i]);
    }
    return type.toString();
  }

  /// Empty for a kind that we do not know.
  static Optional<String> version(String id) {
    String type = type(id).toLowerCase(Locale.ROOT);
    if (type.isEmpty()) {
      return Optional.of(RESOURCES);
    }
    String version = null;
    for (Map.Entry<String, String> known : VERSIONS.entrySet()) {
      if (type.startsWith(known.getKey())) {
        version = known.getValue();
      }
    }
    return Optional.ofNullable(version);
  }

  /// The resource group in an id, in lower case; empty outside of any.
  static String groupOf(String id) {
    String[] parts = id.split("/", -1);
    return parts.length > 4 && parts[3].equalsIgnoreCase("resourceGroups")
        ? parts[4].toLowerCase(Locale.ROOT)
        : "";
  }
}
