package io.sskuba.infra.azure;

import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.spec.ClusterSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The cluster's names in a hosted zone of Azure DNS: the name itself and everything below it, to
/// the load balancer, and a record that says whose they are.
///
/// A public endpoint has a name of Azure's, so ours are CNAMEs to it; an internal one has only an
/// address, so they are A records. A CNAME stands alone at its name: the record of ownership is
/// beside it, at `_sskuba.NAME`.
/// - Source: https://learn.microsoft.com/azure/dns/dns-zones-records
final class AzureDns {
  static final String NAME = "dns-name";
  static final String WILDCARD = "dns-wildcard";
  static final String OWNER = "dns-owner";
  private static final int TTL_SECONDS = 60;

  private AzureDns() {}

  /// Nothing where another provider has the zone.
  static void records(AzurePlan plan) {
    ClusterSpec.Dns dns = plan.spec().dns();
    if (dns == null || !dns.provider().equals("azureDns") || dns.resourceGroup() == null) {
      return;
    }
    String zone = dns.zone() == null ? plan.spec().metadata().domain() : dns.zone();
    String name = relative(plan.spec().fqdn(), zone);
    // Ownership first: nothing points anywhere before it says whose it is.
    record(plan, OWNER, "_sskuba." + name, dns.resourceGroup(), zone, ownership(plan));
    record(plan, NAME, name, dns.resourceGroup(), zone, target(plan), OWNER);
    record(plan, WILDCARD, "*." + name, dns.resourceGroup(), zone, target(plan), OWNER);
  }

  private static void record(
      AzurePlan plan,
      String resource,
      String name,
      String group,
      String zone,
      Map<String, Object> content,
      String... dependsOn) {
    Map<String, Object> inputs = new LinkedHashMap<>();
    inputs.put("resourceGroupName", group);
    inputs.put("zoneName", zone);
    inputs.put("relativeRecordSetName", name);
    inputs.put("ttl", TTL_SECONDS);
    inputs.putAll(content);
    inputs.put("metadata", AzureTags.metadata(plan.cluster().tags(), resource));
    plan.add("azure-native:dns:RecordSet", resource, inputs, dependsOn);
  }

  private static Map<String, Object> ownership(AzurePlan plan) {
    return Map.of(
        "recordType",
        "TXT",
        "txtRecords",
        List.of(Map.of("value", List.of(plan.cluster().clusterId()))));
  }

  private static Map<String, Object> target(AzurePlan plan) {
    if (plan.isPublic()) {
      return Map.of(
          "recordType",
          "CNAME",
          "cnameRecord",
          Map.of("cname", new Ref(AzurePlan.ENDPOINT_IP, "dnsSettings.fqdn")));
    }
    return Map.of(
        "recordType",
        "A",
        "aRecords",
        List.of(Map.of("ipv4Address", AzureTarget.balancerAddress())));
  }

  /// The name as it stands in the zone; `@` for the zone itself.
  static String relative(String fqdn, String zone) {
    if (fqdn.equals(zone)) {
      return "@";
    }
    if (!fqdn.endsWith("." + zone)) {
      throw new IllegalArgumentException(fqdn + " is not in the zone " + zone);
    }
    return fqdn.substring(0, fqdn.length() - zone.length() - 1);
  }
}
