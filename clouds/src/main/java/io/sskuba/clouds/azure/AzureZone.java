package io.sskuba.clouds.azure;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.infra.azure.AzureFacts.Name;
import io.sskuba.spec.ClusterSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The DNS zone of a cluster file, and what it says at the cluster's names.
/// - Limits: 10 pages of record sets.
/// - Source: specification/dns/resource-manager/Microsoft.Network/stable/2018-05-01
final class AzureZone {
  private static final int PAGES = 10;
  private static final Set<String> OURS = Set.of("A", "AAAA", "CNAME", "TXT");

  private final Arm arm;

  AzureZone(Arm arm) {
    this.arm = arm;
  }

  /// @param metadata of each of the names: what stands in place of tags
  record Seen(Optional<String> zone, List<RecordSet> sets) {
    static final Seen NOTHING = new Seen(Optional.empty(), List.of());

    List<Name> names() {
      return sets.stream().map(RecordSet::name).toList();
    }
  }

  record RecordSet(String id, Name name, Map<String, String> metadata) {}

  /// Nothing, with no call, where the file's names are not in Azure DNS.
  Seen look(ClusterSpec spec, String subscription) {
    ClusterSpec.Dns dns = spec.dns();
    if (dns == null || !dns.provider().equals("azureDns") || dns.resourceGroup() == null) {
      return Seen.NOTHING;
    }
    String name = dns.zone() == null ? spec.metadata().domain() : dns.zone();
    String path =
        ArmIds.group(subscription, dns.resourceGroup())
            + "/providers/Microsoft.Network/dnsZones/"
            + name;
    Optional<JsonNode> zone = arm.find(path, ArmIds.DNS);
    if (zone.isEmpty()) {
      return Seen.NOTHING;
    }
    List<RecordSet> sets = new ArrayList<>();
    String relative =
        spec.fqdn().equals(name)
            ? ""
            : spec.fqdn().substring(0, Math.max(0, spec.fqdn().length() - name.length() - 1));
    // The suffix finds what is below the name, not the name itself.
    for (String type : List.of("CNAME", "A", "AAAA")) {
      arm.find(path + "/" + type + "/" + (relative.isEmpty() ? "@" : relative), ArmIds.DNS)
          .ifPresent(set -> record(set, name, spec, sets));
    }
    for (JsonNode set :
        arm.list(PAGES, path + "/recordsets", ArmIds.DNS, "$recordsetnamesuffix=" + relative)) {
      record(set, name, spec, sets);
    }
    return new Seen(Optional.of(zone.get().path("id").asText(path)), sets);
  }

  private static void record(JsonNode set, String zone, ClusterSpec spec, List<RecordSet> into) {
    String relative = set.path("name").asText("");
    String full = relative.equals("@") ? zone : relative + "." + zone;
    Set<String> at = Set.of(spec.fqdn(), "*." + spec.fqdn(), "_sskuba." + spec.fqdn());
    String type = ArmIds.name(set.path("type").asText(""));
    if (!at.contains(full) || !OURS.contains(type)) {
      return;
    }
    String id = set.path("id").asText("");
    if (into.stream().anyMatch(known -> known.id().equalsIgnoreCase(id))) {
      return;
    }
    JsonNode properties = set.path("properties");
    Map<String, String> metadata = new HashMap<>();
    properties
        .path("metadata")
        .properties()
        .forEach(e -> metadata.put(e.getKey(), e.getValue().asText("")));
    into.add(new RecordSet(id, new Name(full, type, value(properties)), metadata));
  }

  private static String value(JsonNode properties) {
    JsonNode text = properties.path("TXTRecords").path(0).path("value").path(0);
    if (text.isTextual()) {
      return text.asText();
    }
    JsonNode name = properties.path("CNAMERecord").path("cname");
    return name.isTextual()
        ? name.asText()
        : properties
            .path("ARecords")
            .path(0)
            .path("ipv4Address")
            .asText(properties.path("AAAARecords").path(0).path("ipv6Address").asText(""));
  }
}
