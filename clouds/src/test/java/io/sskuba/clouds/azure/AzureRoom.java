package io.sskuba.clouds.azure;

import io.sskuba.io.Environment;
import io.sskuba.io.TimeSource;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// A stand-in whose subscription is as a user would wish: every test makes one thing otherwise.
///
/// Answers are our own, small, of the shapes that Azure/azure-rest-api-specs shows; each names the
/// file below `specification/`.
final class AzureRoom implements AutoCloseable {
  static final String SUBSCRIPTION = "00000000-0000-0000-0000-000000000000";
  static final String REGION = "australiaeast";
  static final String BASE = "/subscriptions/" + SUBSCRIPTION;
  static final String COMPUTE = BASE + "/providers/Microsoft.Compute";
  static final String NETWORK = BASE + "/providers/Microsoft.Network";

  final AzureDoor door;

  AzureRoom(String host) {
    door = new AzureDoor(host);
    fits();
  }

  void fits() {
    door.reset();
    // resources/resource-manager/Microsoft.Resources/stable/2022-12-01/examples/GetSubscription.json
    subscription("Enabled");
    // authorization/resource-manager/Microsoft.Authorization/stable/2022-04-01
    // (authorization-RoleDefinitionsCalls.json, PermissionGetResult)
    permissions("[\"*\"]", "[]", "");
    sizes("", "");
    usages(350, 100, 100);
    network("IPv4StandardSkuPublicIpAddresses", 1000);
    // compute/resource-manager/Microsoft.Compute/GalleryRP/stable/2024-03-03/examples/
    // communityGalleryExamples/CommunityGalleryImageVersion_Get.json
    door.answer(
        "/images/talos-x64/versions/1.13.9",
        """
        {"properties": {"publishedDate": "2026-11-01T09:12:28Z", "excludeFromLatest": false,
          "storageProfile": {"osDiskImage": {"diskSizeGB": 9, "hostCaching": "None"}}},
         "location": "australiaeast", "name": "1.13.9",
         "type": "Microsoft.Compute/locations/communityGalleryImageVersion",
         "identifier": {"uniqueId": "/CommunityGalleries/g/Images/talos-x64/Versions/1.13.9"}}
        """);
    gpuImage(REGION, "Succeeded");
    // dns/resource-manager/Microsoft.Network/stable/2018-05-01/examples/GetZone.json
    door.answer(
        "/dnsZones/data.example.org",
        "{\"id\": \""
            + zone()
            + "\", \"name\": \"data.example.org\", \"type\": \"Microsoft.Network/dnszones\","
            + " \"location\": \"global\", \"properties\": {\"zoneType\": \"Public\"}}");
    door.answer("/dnsZones/data.example.org/recordsets", "{\"value\": []}");
    door.answer("/virtualNetworks", "{\"value\": []}");
    door.answer(BASE + "/resourcegroups", "{\"value\": []}");
    door.answer(BASE + "/resources", "{\"value\": []}");
    // resources/resource-manager/Microsoft.Resources/stable/2021-04-01/examples/GetProvider.json
    for (String provider :
        List.of("Microsoft.Compute", "Microsoft.Network", "Microsoft.ManagedIdentity")) {
      provider(provider, "Registered");
    }
    feature("Registered");
  }

  static String zone() {
    return BASE + "/resourceGroups/dns/providers/Microsoft.Network/dnszones/data.example.org";
  }

  void subscription(String state) {
    door.answer(
        "GET " + BASE,
        """
        {"id": "%s", "subscriptionId": "%s", "displayName": "claims", "state": "%s",
         "tenantId": "%s", "authorizationSource": "RoleBased",
         "subscriptionPolicies": {"spendingLimit": "Off", "quotaId": "Sponsored_2016-01-01"}}
        """
            .formatted(BASE, SUBSCRIPTION, state, AzureDoor.TENANT));
  }

  void permissions(String actions, String notActions, String condition) {
    String more =
        condition.isEmpty()
            ? ""
            : ", \"condition\": \"" + condition + "\", \"conditionVersion\": \"2.0\"";
    door.answer(
        "/providers/Microsoft.Authorization/permissions",
        "{\"value\": [{\"actions\": %s, \"notActions\": %s, \"dataActions\": [],"
                .formatted(actions, notActions)
            + " \"notDataActions\": []"
            + more
            + "}]}");
  }

  /// @param restrictions of Standard_D8s_v5
  /// @param more sizes
  ///
  ///   Shape: compute/resource-manager/Microsoft.Compute/Skus/stable/2021-07-01/examples/skus/
  ///   ListAvailableResourceSkusForARegion.json, and skus.json for restrictions.
  void sizes(String restrictions, String more) {
    String all =
        size("Standard_D4s_v5", "standardDSv5Family", 4, "x64", "\"1\",\"2\",\"3\"", "")
            + ","
            + size(
                "Standard_D8s_v5",
                "standardDSv5Family",
                8,
                "x64",
                "\"1\",\"3\",\"2\"",
                restrictions)
            + ","
            + size("Standard_D8ps_v5", "standardDPSv5Family", 8, "Arm64", "\"1\",\"2\",\"3\"", "")
            + ","
            + size("Standard_NC4as_T4_v3", "Standard NCASv3_T4 Family", 4, "x64", "\"1\",\"3\"", "")
            + (more.isEmpty() ? "" : "," + more);
    door.answer(
        COMPUTE + "/skus",
        request ->
            ("location eq '" + REGION + "'").equals(request.query().get("$filter"))
                ? AzureDoor.Answer.ok(
                    "{\"value\": [{\"resourceType\": \"disks\", \"name\": \"Standard_D4s_v5\"},"
                        + all
                        + "]}")
                : AzureDoor.Answer.error(400, "InvalidFilter"));
  }

  static String size(
      String name, String family, int vcpus, String arch, String zones, String restrictions) {
    return """
        {"resourceType": "virtualMachines", "name": "%s", "tier": "Standard", "family": "%s",
         "locations": ["AustraliaEast"],
         "locationInfo": [{"location": "AustraliaEast", "zones": [%s], "zoneDetails": []}],
         "capabilities": [{"name": "vCPUs", "value": "%d"},
           {"name": "CpuArchitectureType", "value": "%s"},
           {"name": "EncryptionAtHostSupported", "value": "True"}],
         "restrictions": [%s]}
        """
        .formatted(name, family, zones, vcpus, arch, restrictions);
  }

  static String nowhere() {
    return """
        {"type": "Location", "values": ["AustraliaEast"],
         "restrictionInfo": {"locations": ["AustraliaEast"]},
         "reasonCode": "NotAvailableForSubscription"}
        """;
  }

  static String notInZone(String zone) {
    return """
        {"type": "Zone", "values": ["AustraliaEast"],
         "restrictionInfo": {"locations": ["AustraliaEast"], "zones": ["%s"]},
         "reasonCode": "NotAvailableForSubscription"}
        """
        .formatted(zone);
  }

  /// Shape: compute/resource-manager/Microsoft.Compute/ComputeRP/stable/2024-07-01/ComputeRP.json
  /// (Usage_List).
  void usages(int cores, int general, int gpu) {
    door.answer(
        COMPUTE + "/locations/" + REGION + "/usages",
        "{\"value\": ["
            + usage("cores", cores, 2)
            + ","
            + usage("virtualMachines", 25000, 1)
            + ","
            + usage("standardDSv5Family", general, 2)
            + ","
            + usage("Standard NCASv3_T4 Family", gpu, 0)
            + "]}");
  }

  /// Shape: network/resource-manager/Microsoft.Network/stable/2024-05-01/examples/UsageList.json
  void network(String lowered, int limit) {
    List<String> names =
        List.of(
            "VirtualNetworks",
            "IPv4StandardSkuPublicIpAddresses",
            "PublicIPAddresses",
            "NetworkSecurityGroups",
            "NetworkInterfaces",
            "LoadBalancers",
            "StandardSkuLoadBalancers");
    door.answer(
        NETWORK + "/locations/" + REGION + "/usages",
        "{\"value\": ["
            + names.stream()
                .map(name -> usage(name, name.equals(lowered) ? limit : 1000, 0))
                .collect(Collectors.joining(","))
            + "]}");
  }

  private static String usage(String name, int limit, int used) {
    return """
        {"unit": "Count", "currentValue": %d, "limit": %d,
         "name": {"value": "%s", "localizedValue": "in words"}}
        """
        .formatted(used, limit, name);
  }

  /// Shape: GalleryRP/stable/2024-03-03/examples/galleryExamples/GalleryImageVersion_Get.json
  void gpuImage(String region, String state) {
    String path =
        BASE
            + "/resourceGroups/sskuba-images/providers/Microsoft.Compute/galleries/sskuba"
            + "/images/talos-amd64-nvidia/versions/1.13.9";
    door.answer(
        "/images/talos-amd64-nvidia/versions/1.13.9",
        """
        {"id": "%s", "name": "1.13.9", "location": "westus",
         "properties": {"provisioningState": "%s",
           "publishingProfile": {"targetRegions": [{"name": "%s", "regionalReplicaCount": 1}]},
           "storageProfile": {"osDiskImage": {"sizeInGB": 9, "hostCaching": "None"}}}}
        """
            .formatted(path, state, region.equals(REGION) ? "Australia East" : region));
  }

  void provider(String name, String state) {
    door.answer(
        BASE + "/providers/" + name,
        "{\"id\": \"%s/providers/%s\", \"namespace\": \"%s\", \"registrationState\": \"%s\"}"
            .formatted(BASE, name, name, state));
  }

  /// Shape: resources/resource-manager/Microsoft.Features/stable/2021-07-01/examples/
  /// getFeature.json
  void feature(String state) {
    door.answer(
        "/features/EncryptionAtHost",
        "{\"properties\": {\"state\": \"%s\"}, \"name\": \"Microsoft.Compute/EncryptionAtHost\"}"
            .formatted(state));
  }

  static ClusterSpec spec(String yaml) {
    return SpecReader.read(
        yaml.getBytes(StandardCharsets.UTF_8), "cluster.yaml", Path.of("/tmp"), false);
  }

  /// Environment variables of an application with a secret, and more of them.
  static Map<String, String> secret(Map<String, String> more) {
    Map<String, String> all = new HashMap<>(more);
    all.put("AZURE_CLIENT_ID", AzureDoor.CLIENT);
    all.put("AZURE_TENANT_ID", AzureDoor.TENANT);
    all.put("AZURE_CLIENT_SECRET", "geheim~geheim");
    return all;
  }

  AzureAccount account(ClusterSpec spec, Map<String, String> variables, Path folder) {
    Map<String, String> all = new HashMap<>(variables);
    all.put("HOME", folder.toString());
    Environment environment = new Environment(all, folder);
    AzureAccess access =
        AzureAccess.of(environment, SUBSCRIPTION, TimeSource.system(), door.cloud());
    return new AzureAccount(new Arm(access, TimeSource.system()), spec, TimeSource.system());
  }

  @Override
  public void close() {
    door.close();
  }
}
