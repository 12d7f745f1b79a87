package io.sskuba.infra.aws;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.Choices;
import io.sskuba.infra.Platform;
import io.sskuba.infra.ResourceTags;
import io.sskuba.io.Json;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/// Cluster files of target `aws`, one for each option, and the plans they give.
final class AwsFiles {
  static final String CLUSTER_ID = "c4f1e2d3a5b60718";

  private AwsFiles() {}

  static ClusterSpec read(String yaml) {
    return SpecReader.read(
        yaml.getBytes(StandardCharsets.UTF_8), "cluster.yaml", Path.of("/tmp"), false);
  }

  static Platform.Cluster cluster(ClusterSpec spec, Choices choices) {
    ObjectNode allotment = Json.object();
    allotment.set(Choices.KEY, choices.toJson());
    return new Platform.Cluster(
        spec,
        spec.metadata().name(),
        CLUSTER_ID,
        allotment,
        new ResourceTags(
            spec.fqdn(),
            CLUSTER_ID,
            spec.metadata().owner(),
            "run-1",
            Instant.parse("2026-11-24T20:00:00Z"),
            false,
            spec.metadata().labels()));
  }

  static Platform.Cluster cluster(String yaml) {
    return cluster(read(yaml), Choices.NONE);
  }

  /// A file with these lines under `target`, after the lines at the top level.
  static String file(String name, String top, String target) {
    return """
    apiVersion: sskuba.io/v1alpha1
    kind: Cluster
    metadata: {name: %s, domain: data.example.org, owner: "Team (EU) one@example.org"}
    gitops: {url: https://git.example.org/a/b.git, token: {env: TOKEN}}
    %s
    target:
      provider: aws
      region: ap-southeast-2
    %s
    """
        .formatted(name, top, target.indent(2));
  }

  private static final String ADMINS =
      "network: {cidr: 10.20.0.0/16, adminCidrs: [203.0.113.0/24]}";
  private static final String ZONES =
      "zones: [ap-southeast-2a, ap-southeast-2b, ap-southeast-2c]\n";
  private static final String TWO = "workers: [{name: general, count: 2}]\n";

  /// Every option of the file that the plan reads, each at least once.
  static Map<String, String> all() {
    Map<String, String> files = new LinkedHashMap<>();
    for (int count : new int[] {1, 3, 5}) {
      files.put(
          count + " control planes",
          file("demo", "", ZONES + TWO + ADMINS + "\ncontrolPlane: {count: " + count + "}"));
    }
    String three = "controlPlane: {count: 3}\n";
    files.put("no workers, no zones", file("demo", "", three + ADMINS));
    files.put(
        "internal",
        file("demo", "", ZONES + TWO + three + ADMINS + "\nendpoint: {scheme: internal}"));
    String proxy = "proxy: {http: 'http://10.9.0.1:3128', https: 'http://proxy.example.org:3129'}";
    files.put(
        "internal with a proxy",
        file("demo", proxy, ZONES + TWO + three + ADMINS + "\nendpoint: {scheme: internal}"));
    files.put("public with a proxy", file("demo", proxy, ZONES + TWO + three + ADMINS));
    String existing =
        """
        network:
          adminCidrs: [10.0.0.0/8, "2001:db8::/32"]
          existing: {network: vpc-0123456789abcdef0, subnets: [subnet-0a, subnet-0b]}
        """;
    files.put(
        "existing, internal",
        file("demo", proxy, ZONES + TWO + three + existing + "endpoint: {scheme: internal}"));
    files.put("existing, public", file("demo", "", ZONES + TWO + three + existing));
    pools(files, three);
    names(files, three);
    return files;
  }

  private static void pools(Map<String, String> files, String three) {
    files.put(
        "gpu, arm64, disks, lists of types",
        file(
            "demo",
            "",
            ZONES
                + ADMINS
                + """

                controlPlane: {count: 3, type: m7g.large, arch: arm64, disk: {sizeGiB: 80}}
                workers:
                  - {name: gpu, count: 1, type: [g6.2xlarge, g5.2xlarge], gpu: {vendor: nvidia}}
                  - {name: arm, count: 2, arch: arm64, type: m7g.xlarge, disk: {sizeGiB: 200}}
                """));
    files.put(
        "stretch over kubespan",
        file(
            "demo",
            "",
            ZONES
                + three
                + ADMINS
                + """

                kubespan: true
                workers:
                  - name: edge
                    count: 1
                    machines:
                      - {address: 198.51.100.7, fingerprint: "%s"}
                      - {address: edge.example.org, arch: arm64}
                """
                    .formatted("A".repeat(43) + "=")));
    files.put(
        "configurations in user data",
        file(
            "demo",
            "",
            ZONES
                + TWO
                + three
                + ADMINS
                + "\ndelivery: userData\nendpoint: {host: api.example.org}"));
  }

  private static void names(Map<String, String> files, String three) {
    files.put(
        "route53",
        file("demo", "dns: {provider: route53, zone: example.org}", ZONES + TWO + three + ADMINS));
    files.put("no dns", file("demo", "dns: {provider: none}", ZONES + TWO + three + ADMINS));
    files.put(
        "a host of the user's",
        file("demo", "", ZONES + TWO + three + ADMINS + "\nendpoint: {host: api.example.org}"));
    files.put(
        "long names",
        file(
            "internal-a-very-long-cluster-name-of-40x",
            "",
            ZONES + three + ADMINS + "\nworkers: [{name: pool-of-long-name, count: 2}]"));
    files.put(
        "90 workers",
        file("demo", "", ZONES + three + ADMINS + "\nworkers: [{name: w, count: 90}]"));
    files.put(
        "another partition",
        file("demo", "", TWO + three + ADMINS).replace("ap-southeast-2", "cn-north-1"));
  }
}
