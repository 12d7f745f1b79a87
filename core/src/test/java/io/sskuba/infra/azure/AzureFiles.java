package io.sskuba.infra.azure;

import io.sskuba.infra.Choices;
import io.sskuba.infra.Platform;
import io.sskuba.infra.ResourceTags;
import io.sskuba.io.Json;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Cluster files of the azure target with every option of the file that its plan depends on.
public final class AzureFiles {
  static final String CLUSTER_ID = "0f2c6a1e9b7d4c35";
  private static final Path HERE = Path.of(".");

  private AzureFiles() {}

  public static ClusterSpec example() throws java.io.IOException {
    Path file = Path.of("../examples/azure.yaml");
    return SpecReader.read(Files.readAllBytes(file), "azure.yaml", file.getParent(), false);
  }

  /// A file with these lines under `target`, and more at the top level.
  static ClusterSpec file(String target, String more) {
    String text =
        """
        apiVersion: sskuba.io/v1alpha1
        kind: Cluster
        metadata: {name: claims-lab, domain: data.example.org, owner: ada, labels: {team:one: blue}}
        lifetime: {ttl: 2d}
        gitops: {url: "https://git.example.org/claims/cluster.git"}
        target:
          provider: azure
          subscription: 00000000-0000-0000-0000-000000000000
          region: australiaeast
        """
            + target.indent(2)
            + more;
    return SpecReader.read(text.getBytes(StandardCharsets.UTF_8), "t.yaml", HERE, false);
  }

  static final String MACHINES =
      """
      controlPlane: {count: 3, type: Standard_D4s_v5}
      workers:
        - {name: general, count: 2, type: [Standard_D8s_v5, Standard_D8_v5], disk: {sizeGiB: 200}}
      """;
  static final String ZONES = "zones: [\"1\", \"2\", \"3\"]\n";
  static final String ADMINS = "network: {adminCidrs: [203.0.113.0/24, \"2001:db8::/32\"]}\n";
  private static final String VNET =
      "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/landing/providers/"
          + "Microsoft.Network/virtualNetworks/hub";
  static final String LANDING =
      "network: {adminCidrs: [10.0.0.0/8], existing: {network: \""
          + VNET
          + "\", subnets: [a, b]}}\n"
          + "endpoint: {scheme: internal}\n";
  static final String DNS = "dns: {provider: azureDns, zone: example.org, resourceGroup: names}\n";

  /// Every option, by what it is about.
  public static Map<String, ClusterSpec> all() throws java.io.IOException {
    Map<String, ClusterSpec> all = new LinkedHashMap<>();
    all.put("example", example());
    all.put("zones", file(MACHINES + ZONES + ADMINS, ""));
    all.put("no zones", file(MACHINES + ADMINS, ""));
    all.put("one zone", file(MACHINES + "zones: [\"2\"]\n" + ADMINS, ""));
    all.put("nobody outside", file(MACHINES + ZONES, ""));
    all.put("user data", file(MACHINES + ZONES + ADMINS + "delivery: userData\n", ""));
    all.put("internal", file(MACHINES + ZONES + "endpoint: {scheme: internal}\n", DNS));
    all.put("internal, no zones", file(MACHINES + "endpoint: {scheme: internal}\n", ""));
    all.put("landing zone", file(MACHINES + ZONES + LANDING, DNS));
    all.put(
        "landing zone, public",
        file(MACHINES + ZONES + LANDING.replace("scheme: internal", "scheme: public"), DNS));
    all.put("dns", file(MACHINES + ZONES + ADMINS, DNS));
    all.put("other dns", file(MACHINES + ZONES + ADMINS, "dns: {provider: none}\n"));
    all.put("own name", file(MACHINES + ZONES + "endpoint: {host: api.example.org}\n", ""));
    all.put("control plane only", file("controlPlane: {count: 1}\n" + ADMINS, DNS));
    all.put(
        "arm, gpu",
        file(
            """
            controlPlane: {count: 5, arch: arm64}
            workers:
              - {name: gpu, count: 1, gpu: {vendor: nvidia}, disk: {sizeGiB: 256}}
              - {name: none, count: 0}
            """
                + ZONES,
            ""));
    all.put("stretch", file(STRETCH + ZONES + ADMINS, ""));
    all.put("stretch, internal", file(STRETCH + "endpoint: {scheme: internal}\n", ""));
    all.put("mesh", file(MACHINES + ZONES + ADMINS + "kubespan: true\n", ""));
    return all;
  }

  static final String STRETCH =
      """
      kubespan: true
      controlPlane: {count: 3}
      workers:
        - name: edge
          count: 1
          machines: [{address: 192.168.7.11, disk: /dev/sda, arch: arm64}]
      """;

  public static Platform.Cluster cluster(ClusterSpec spec) {
    return cluster(spec, Choices.NONE);
  }

  public static Platform.Cluster cluster(ClusterSpec spec, Choices choices) {
    var allotment = Json.object();
    allotment.set(Choices.KEY, choices.toJson());
    ResourceTags tags =
        new ResourceTags(
            spec.fqdn(),
            CLUSTER_ID,
            spec.metadata().owner(),
            "run-1",
            Instant.parse("2026-11-26T12:00:00Z"),
            false,
            spec.metadata().labels());
    return new Platform.Cluster(spec, spec.metadata().name(), CLUSTER_ID, allotment, tags);
  }

  /// With an image chosen for GPU machines too, as a plan that is run has.
  static Choices chosen() {
    String gallery =
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/sskuba-images/providers/"
            + "Microsoft.Compute/galleries/sskuba/images/talos-amd64-nvidia/versions/1.13.9";
    return new Choices(Map.of("amd64-nvidia", gallery), Map.of(), Map.of());
  }

  static List<Platform.Cluster> clusters() throws java.io.IOException {
    List<Platform.Cluster> clusters = new ArrayList<>();
    for (ClusterSpec spec : all().values()) {
      clusters.add(cluster(spec));
      clusters.add(cluster(spec, chosen()));
    }
    return clusters;
  }
}
