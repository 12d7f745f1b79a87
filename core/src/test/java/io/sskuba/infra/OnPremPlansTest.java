package io.sskuba.infra;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.infra.InfraPlan.Resource;
import io.sskuba.infra.docker.DockerTarget;
import io.sskuba.infra.metal.MetalTarget;
import io.sskuba.infra.pulumi.PulumiYaml;
import io.sskuba.infra.types.TypeCheck;
import io.sskuba.infra.vsphere.VsphereTarget;
import io.sskuba.io.Json;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecReader;
import io.sskuba.testkit.Golden;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Plans of the targets without a cloud: vsphere (with and without a Big-IP), metal, docker.
class OnPremPlansTest {
  private static final Path EXAMPLES = Path.of("..", "examples");
  private static final Map<String, Target> TARGETS =
      Map.of(
          "vsphere", new VsphereTarget(),
          "metal", new MetalTarget(),
          "docker", new DockerTarget());

  private static String example(String name) throws IOException {
    return Files.readString(EXAMPLES.resolve(name + ".yaml"));
  }

  private static ClusterSpec spec(String yaml) {
    var result =
        SpecReader.check(
            yaml.getBytes(StandardCharsets.UTF_8), "c.yaml", EXAMPLES.toAbsolutePath(), false);
    assertThat(result.issues()).as(yaml).isEmpty();
    return java.util.Objects.requireNonNull(result.spec());
  }

  private static Platform.Cluster cluster(ClusterSpec spec, Choices choices, boolean rehearsal) {
    ObjectNode allotment = Json.object();
    allotment.set(Choices.KEY, choices.toJson());
    String name = spec.metadata().name();
    return new Platform.Cluster(
        spec,
        rehearsal ? "rehearsal." + name : name,
        "k7f3q2m9",
        allotment,
        new ResourceTags(
            spec.fqdn(),
            "k7f3q2m9",
            spec.metadata().owner(),
            "run-1",
            Instant.parse("2026-11-25T02:00:00Z"),
            rehearsal,
            spec.metadata().labels()));
  }

  private static InfraPlan plan(String target, String yaml) {
    return target(target).plan(cluster(spec(yaml), Choices.NONE, false));
  }

  private static Target target(String name) {
    Target target = TARGETS.get(name);
    assertThat(target).isNotNull();
    return target;
  }

  private static Resource resource(InfraPlan plan, String name) {
    return plan.resources().stream().filter(r -> r.name().equals(name)).findFirst().orElseThrow();
  }

  private static List<Resource> ofType(InfraPlan plan, String type) {
    return plan.resources().stream().filter(r -> r.type().equals(type)).toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"vsphere", "metal", "docker"})
  void exampleIsAProgram(String name) throws IOException {
    Target target = target(name);
    Map<String, String> config = target.stackConfig(spec(example(name)));
    assertThat(target.provider().word()).isEqualTo(name);
    Golden.assertMatches(
        "plan/" + name + ".yaml",
        PulumiYaml.print(plan(name, example(name)), "sskuba", target.providerVersions(), config));
  }

  /// Every variant of a file that changes what is planned.
  private static Map<String, String> variants(String name) throws IOException {
    String yaml = example(name);
    Map<String, String> all = new LinkedHashMap<>();
    all.put("example", yaml);
    switch (name) {
      case "vsphere" -> {
        String plain = yaml.replaceAll("(?s)  loadBalancer:.*?(?=  controlPlane)", "");
        all.put(
            "virtual address",
            plain.replace("  template:", "  endpoint: {virtualAddress: 10.40.0.9}\n  template:"));
        all.put(
            "admins",
            yaml.replace(
                "gateway: 10.40.0.1",
                "gateway: 10.40.0.1, nameservers: [10.40.0.2], adminCidrs: [10.1.0.0/16, 10.2.0.0/16]"));
        all.put("dhcp", plain.replaceAll(", addresses: \\[[^\\]]*\\]", ""));
        all.put(
            "user data", yaml.replace("  controlPlane:", "  delivery: userData\n  controlPlane:"));
        all.put(
            "gpu",
            yaml.replace(
                "gitops:",
                "    - {name: gpu, count: 2, gpu: {vendor: nvidia, count: 1}, cpus: 16, memoryGiB: 64}\ngitops:"));
        all.put(
            "stretch",
            yaml.replace(
                    "gitops:",
                    "    - {name: edge, arch: arm64, machines: [{address: 192.168.7.5}]}\ngitops:")
                .replace("  controlPlane:", "  kubespan: true\n  controlPlane:"));
        all.put(
            "alone",
            yaml.replaceAll("(?s)  workers:.*?(?=gitops)", "")
                .replace("count: 3, cpus: 4, memoryGiB: 8", "count: 1, cpus: 4, memoryGiB: 8")
                .replace("[10.40.0.21, 10.40.0.22, 10.40.0.23]", "[10.40.0.21]"));
        all.put(
            "labels",
            yaml.replace(
                "owner: sensor-team@example.org", "labels: {cost-centre: \"42\", a.b: d}"));
      }
      case "metal" -> {
        all.put(
            "overlay",
            yaml.replace(
                "disk: /dev/mmcblk0}",
                "disk: /dev/mmcblk0, overlay: {name: rpi_generic, image: \"factory.talos.dev/installer/abc:v1.13.9\"}}"));
        all.put(
            "host",
            yaml.replace("{virtualAddress: 192.168.50.10}", "{host: api.edge.example.org}"));
        all.put("no endpoint", yaml.replace("  endpoint: {virtualAddress: 192.168.50.10}\n", ""));
      }
      default -> {
        all.put("three", yaml.replace("count: 1}\n  workers", "count: 3}\n  workers"));
        all.put(
            "user data", yaml.replace("  controlPlane:", "  delivery: userData\n  controlPlane:"));
        all.put("no network", yaml.replace("  network: {cidr: 10.5.0.0/24}\n", ""));
        all.put("alone", yaml.replaceAll("(?s)  workers:.*", ""));
      }
    }
    return all;
  }

  @ParameterizedTest
  @ValueSource(strings = {"vsphere", "metal", "docker"})
  void everyPlanFitsThePublishedTypes(String name) throws IOException {
    Target target = target(name);
    int plans = 0;
    int resources = 0;
    int properties = 0;
    for (Map.Entry<String, String> variant : variants(name).entrySet()) {
      if (!variant.getKey().equals("example")) {
        assertThat(variant.getValue()).as(variant.getKey()).isNotEqualTo(example(name));
      }
      ClusterSpec spec = spec(variant.getValue());
      for (boolean rehearsal : List.of(false, true)) {
        for (Choices choices : List.of(Choices.NONE, facts(spec))) {
          InfraPlan plan = target.plan(cluster(spec, choices, rehearsal));
          TypeCheck.Report report = TypeCheck.report(plan);
          assertThat(report.problems()).as(name + ": " + variant.getKey()).isEmpty();
          plans++;
          resources += report.resources();
          properties += report.properties();
        }
      }
    }
    System.err.printf(
        "type proof %s: %d plans, %d resources, %d properties%n",
        name, plans, resources, properties);
    assertThat(properties).isGreaterThan(50);
  }

  /// What preflight would have looked up.
  private static Choices facts(ClusterSpec spec) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("vsphere.datacenterId", "datacenter-2");
    facts.put("vsphere.computeClusterId", "domain-c8");
    facts.put("vsphere.resourcePoolId", "resgroup-9");
    facts.put("vsphere.datastoreId", "datastore-12");
    facts.put("vsphere.networkId", "network-14");
    facts.put("docker.loopback", "127.0.5.1");
    for (Target.Slot slot : Target.machines(spec)) {
      if (slot.pool().gpu() != null && slot.index() == 0) {
        facts.put("vsphere.vgpu." + slot.name(), "grid_a100-10c");
      }
    }
    return new Choices(Map.of("amd64", "0c5-item"), Map.of(), Map.of(), facts);
  }

  @Test
  void misspeltWrongAndMissingInputsAreFound() throws IOException {
    InfraPlan plan = plan("vsphere", example("vsphere"));
    assertThat(broken(plan, "folder", "pathh", "x", null)).anyMatch(p -> p.contains("pathh"));
    assertThat(broken(plan, "folder", "type", "vms", null)).anyMatch(p -> p.contains("vms"));
    assertThat(broken(plan, "virtual-api", "port", "6443x", null)).isNotEmpty();
    assertThat(broken(plan, "pool-api", null, null, "name")).anyMatch(p -> p.contains("name"));
  }

  private static List<String> broken(
      InfraPlan plan, String resource, String put, Object value, String remove) {
    List<Resource> changed = new ArrayList<>();
    for (Resource r : plan.resources()) {
      Map<String, Object> inputs = new LinkedHashMap<>(r.inputs());
      if (r.name().equals(resource)) {
        if (put != null) {
          inputs.put(put, value);
        }
        inputs.remove(remove);
      }
      changed.add(new Resource(r.type(), r.name(), inputs, r.dependsOn()));
    }
    return TypeCheck.problems(new InfraPlan(changed, plan.outputs()));
  }

  @Test
  void noCredentialIsInAPlanOrItsConfiguration() throws IOException {
    for (String name : TARGETS.keySet()) {
      Target target = target(name);
      ClusterSpec spec = spec(example(name));
      InfraPlan plan = target.plan(cluster(spec, Choices.NONE, false));
      String all = plan + target.stackConfig(spec).toString();
      assertThat(all).doesNotContainIgnoringCase("password").doesNotContain("secret/");
    }
  }

  @Test
  void onlyUserDataDeliveryPutsAConfigurationIntoAMachine() throws IOException {
    InfraPlan api = plan("vsphere", example("vsphere"));
    InfraPlan userData = plan("vsphere", variants("vsphere").get("user data"));
    assertThat(extra(api, "sensor-lab-general-1")).doesNotContainKey("guestinfo.talos.config");
    assertThat(extra(userData, "sensor-lab-general-1").get("guestinfo.talos.config"))
        .isInstanceOf(InfraPlan.Secret.class);
    String metadata =
        new String(
            Base64.getDecoder()
                .decode(
                    String.valueOf(
                        extra(api, "sensor-lab-control-plane-2").get("guestinfo.metadata"))),
            StandardCharsets.UTF_8);
    assertThat(metadata).contains("sensor-lab-control-plane-2", "10.40.0.22/24", "10.40.0.1");

    Map<String, byte[]> configs = new LinkedHashMap<>();
    Target.machines(spec(example("vsphere"))).forEach(m -> configs.put(m.name(), new byte[] {1}));
    InfraPlan filled = UserData.fill(userData, configs);
    assertThat(extra(filled, "sensor-lab-general-1").get("guestinfo.talos.config"))
        .isEqualTo(new InfraPlan.Secret("AQ=="));
    InfraPlan docker = plan("docker", variants("docker").get("user data"));
    Map<String, byte[]> two =
        Map.of("try-out-control-plane-1", new byte[] {1}, "try-out-general-1", new byte[] {2});
    assertThat(resource(UserData.fill(docker, two), "try-out-general-1").inputs().get("envs"))
        .isInstanceOfSatisfying(
            InfraPlan.Secret.class,
            s -> assertThat(s.value().toString()).contains("USERDATA=Ag=="));
  }

  private static Map<String, Object> extra(InfraPlan plan, String machine) {
    Map<String, Object> extra = new LinkedHashMap<>();
    ((Map<?, ?>) resource(plan, machine).inputs().get("extraConfig"))
        .forEach((k, v) -> extra.put(String.valueOf(k), v));
    return extra;
  }

  @Test
  void administrationPortsAreOpenToAdministratorsAndTheClusterOnly() throws IOException {
    InfraPlan plan = plan("vsphere", variants("vsphere").get("admins"));
    Map<String, List<String>> sources = new LinkedHashMap<>();
    for (Resource server : ofType(plan, "f5bigip:ltm/virtualServer:VirtualServer")) {
      sources
          .computeIfAbsent(String.valueOf(server.inputs().get("port")), _ -> new ArrayList<>())
          .add(String.valueOf(server.inputs().get("source")));
    }
    assertThat(sources)
        .containsEntry("6443", List.of("10.1.0.0/16", "10.2.0.0/16", "10.40.0.0/24"))
        .containsEntry("50000", List.of("10.1.0.0/16", "10.2.0.0/16", "10.40.0.0/24"))
        .containsEntry("80", List.of("0.0.0.0/0"))
        .containsEntry("443", List.of("0.0.0.0/0"));
  }

  @Test
  void servicesGoToTheMachinesThatAnswerThem() throws IOException {
    InfraPlan plan = plan("vsphere", example("vsphere"));
    List<String> names =
        ofType(plan, "f5bigip:ltm/poolAttachment:PoolAttachment").stream()
            .map(Resource::name)
            .toList();
    assertThat(names)
        .hasSize(12)
        .contains("member-api-sensor-lab-control-plane-1", "member-http-sensor-lab-general-3")
        .doesNotContain(
            "member-api-sensor-lab-general-1", "member-https-sensor-lab-control-plane-1");
    InfraPlan alone = plan("vsphere", variants("vsphere").get("alone"));
    assertThat(ofType(alone, "f5bigip:ltm/poolAttachment:PoolAttachment")).hasSize(4);
    assertThat(ofType(alone, VsphereTarget.ANTI_AFFINITY)).isEmpty();
  }

  @Test
  void gpuMachinesHaveTheirDeviceOrProfile() throws IOException {
    ClusterSpec spec = spec(variants("vsphere").get("gpu"));
    InfraPlan plan = target("vsphere").plan(cluster(spec, facts(spec), false));
    Resource vgpu = resource(plan, "sensor-lab-gpu-1");
    assertThat(vgpu.inputs())
        .containsEntry("memoryReservation", 65536)
        .doesNotContainKey("pciDeviceIds");
    assertThat(extra(plan, "sensor-lab-gpu-1")).containsValue("grid_a100-10c");
    Resource passed = resource(plan, "sensor-lab-gpu-2");
    assertThat(passed.inputs()).containsKeys("pciDeviceIds", "hostSystemId");
  }

  @Test
  void dhcpMachinesTellTheirAddresses() throws IOException {
    ClusterSpec spec = spec(variants("vsphere").get("dhcp"));
    Platform.Cluster cluster = cluster(spec, Choices.NONE, false);
    InfraPlan plan = target("vsphere").plan(cluster);
    assertThat(plan.outputs().get("machines").toString())
        .contains(new Ref("sensor-lab-general-1", "defaultIpAddress").toString());
    assertThat(target("vsphere").topology(cluster, Map.of()).machines().getFirst().address())
        .isEmpty();
    Map<String, Object> outputs =
        Map.of(
            "machines",
            Map.of("sensor-lab-control-plane-1", Map.of("id", "x", "address", "10.40.0.77")));
    assertThat(target("vsphere").topology(cluster, outputs).machines().getFirst().address())
        .isEqualTo("10.40.0.77");
  }

  @Test
  void stretchMachinesAreThereAndNeverBehindTheBigIp() throws IOException {
    InfraPlan plan = plan("vsphere", variants("vsphere").get("stretch"));
    assertThat(plan.resources()).noneMatch(r -> r.name().contains("edge"));
    assertThat(plan.outputs().get("machines").toString()).contains("192.168.7.5");
  }

  @Test
  void metalTopologyCarriesPinsAndTheVirtualAddress() throws IOException {
    ClusterSpec spec = spec(example("metal"));
    Topology topology = target("metal").topology(cluster(spec, Choices.NONE, false), Map.of());
    assertThat(topology.endpointHost()).isEqualTo("192.168.50.10");
    assertThat(topology.machines().getFirst().fingerprint()).startsWith("6f1k");
    assertThat(topology.workers()).allMatch(m -> m.arch().equals("arm64"));
    ClusterSpec bare = spec(variants("metal").get("no endpoint"));
    assertThat(
            target("metal").topology(cluster(bare, Choices.NONE, false), Map.of()).endpointHost())
        .isEqualTo("192.168.50.11");
  }

  @Test
  void dockerMachinesAreDialledThroughLoopback() throws IOException {
    ClusterSpec spec = spec(example("docker"));
    Topology topology = target("docker").topology(cluster(spec, facts(spec), false), Map.of());
    assertThat(topology.endpointHost()).isEqualTo("10.5.0.2");
    assertThat(topology.addresses().twin("10.5.0.2")).isEqualTo("127.0.5.1");
    assertThat(topology.addresses().talos("10.5.0.3", 50000).host()).isEqualTo("127.0.5.1");
    assertThat(topology.addresses().talos("10.5.0.3", 50000).port()).isEqualTo(50001);
    InfraPlan plan = plan("docker", example("docker"));
    for (Resource container : ofType(plan, DockerTarget.CONTAINER)) {
      assertThat((List<?>) container.inputs().get("ports"))
          .allMatch(p -> ((Map<?, ?>) p).get("ip").toString().startsWith("127."));
    }
    assertThat(resource(plan, "try-out-general-1").inputs().get("ports").toString())
        .contains("443");
    assertThat(resource(plan, "try-out-control-plane-1").inputs().get("ports").toString())
        .contains("6443")
        .doesNotContain("external=443");
  }

  /// A longer life, or another owner, makes nothing anew.
  @Test
  void whatChangesInPlaceStandsOnNothingThatCannotChange() throws IOException {
    for (String name : TARGETS.keySet()) {
      ClusterSpec spec = spec(example(name));
      Platform.Cluster one = cluster(spec, Choices.NONE, false);
      ResourceTags t = one.tags();
      ResourceTags later =
          new ResourceTags(
              t.cluster(),
              t.clusterId(),
              "else@example.org",
              t.run(),
              Instant.parse("2026-11-26T00:00:00Z"),
              false,
              Map.of());
      Platform.Cluster two =
          new Platform.Cluster(spec, one.key(), one.clusterId(), one.allotment(), later);
      InfraPlan before = target(name).plan(one);
      InfraPlan after = target(name).plan(two);
      for (Resource resource : before.resources()) {
        var same =
            after.resources().stream().filter(r -> r.name().equals(resource.name())).findFirst();
        if (same.isEmpty() || resource.type().equals(DockerTarget.VOLUME)) {
          continue;
        }
        for (String input :
            io.sskuba.infra.types.TypeCatalog.of(resource.type().split(":")[0])
                .types()
                .get(resource.type())
                .replace()) {
          assertThat(same.get().inputs().get(input))
              .as(resource.name() + "." + input)
              .isEqualTo(resource.inputs().get(input));
        }
      }
    }
  }
}
