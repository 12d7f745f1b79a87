package io.sskuba.infra.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.infra.Choices;
import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.infra.InfraPlan.Resource;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Target;
import io.sskuba.infra.Topology;
import io.sskuba.infra.UserData;
import io.sskuba.infra.pulumi.PulumiYaml;
import io.sskuba.infra.types.TypeCheck;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.testkit.Golden;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// The plan as a cloud engineer reads it, and against the published types.
class AzureTargetTest {
  private final AzureTarget target = new AzureTarget();

  @Test
  void theExampleReadsAsThisProgram() throws IOException {
    Golden.assertMatches(
        "plan/azure.yaml",
        PulumiYaml.print(
            target.plan(AzureFiles.cluster(AzureFiles.example())),
            "sskuba",
            target.providerVersions(),
            target.stackConfig(AzureFiles.example())));
  }

  /// Every option of the file: every token, name, type, enumeration and required input.
  @Test
  void everyPlanIsWhatThePublishedTypesTake() throws IOException {
    int plans = 0;
    int resources = 0;
    int properties = 0;
    Set<String> tokens = new TreeSet<>();
    for (Platform.Cluster cluster : AzureFiles.clusters()) {
      InfraPlan plan = target.plan(cluster);
      TypeCheck.Report report = TypeCheck.report(plan);
      assertThat(report.problems()).isEmpty();
      plan.resources().forEach(r -> tokens.add(r.type()));
      plans++;
      resources += report.resources();
      properties += report.properties();
    }
    assertThat(tokens).hasSize(15);
    System.getLogger("types")
        .log(
            System.Logger.Level.INFO,
            "azure: {0} plans, {1} types, {2} resources, {3} properties checked",
            plans,
            tokens.size(),
            resources,
            properties);
    assertThat(resources).isGreaterThan(800);
    assertThat(properties).isGreaterThan(10_000);
  }

  @Test
  void plantedMistakesAreFound() throws IOException {
    InfraPlan plan = target.plan(AzureFiles.cluster(AzureFiles.example()));
    assertThat(
            TypeCheck.problems(
                changed(plan, "network", in -> renamed(in, "addressSpace", "adressSpace"))))
        .anyMatch(p -> p.contains("adressSpace") && p.contains("did you mean addressSpace"));
    assertThat(
            TypeCheck.problems(
                changed(plan, "egress", in -> with(in, "idleTimeoutInMinutes", "ten"))))
        .anyMatch(p -> p.contains("idleTimeoutInMinutes"));
    assertThat(TypeCheck.problems(changed(plan, "csi", in -> with(in, "resourceGroupName", null))))
        .anyMatch(p -> p.contains("resourceGroupName") && p.contains("required"));
    assertThat(
            TypeCheck.problems(
                changed(plan, "egress-ip", in -> with(in, "publicIPAllocationMethod", "static"))))
        .anyMatch(p -> p.contains("Static"));
    assertThat(
            TypeCheck.problems(
                changed(
                    plan,
                    "egress",
                    in -> with(in, "natGatewayName", new Ref("egress-ip", "adress")))))
        .isNotEmpty();
  }

  private static Map<String, Object> with(Map<String, Object> inputs, String key, Object value) {
    Map<String, Object> out = new LinkedHashMap<>(inputs);
    out.remove(key);
    if (value != null) {
      out.put(key, value);
    }
    return out;
  }

  private static Map<String, Object> renamed(Map<String, Object> inputs, String from, String to) {
    Map<String, Object> out = new LinkedHashMap<>(inputs);
    out.put(to, out.remove(from));
    return out;
  }

  private static InfraPlan changed(
      InfraPlan plan, String name, UnaryOperator<Map<String, Object>> change) {
    List<Resource> resources = new ArrayList<>();
    for (Resource r : plan.resources()) {
      resources.add(
          r.name().equals(name)
              ? new Resource(r.type(), name, change.apply(r.inputs()), r.dependsOn())
              : r);
    }
    return new InfraPlan(resources, plan.outputs());
  }

  @Test
  void onlyAdminsReachTheApisFromOutside() throws IOException {
    Set<String> fromAnywhere = Set.of("Internet", "*");
    for (Platform.Cluster cluster : AzureFiles.clusters()) {
      for (Resource group : ofType(target.plan(cluster), "network:NetworkSecurityGroup")) {
        List<Map<String, Object>> rules = maps(group.inputs().get("securityRules"));
        assertThat(rules.getLast())
            .containsEntry("access", "Deny")
            .containsEntry("priority", 4096)
            .containsEntry("sourceAddressPrefix", "*")
            .containsEntry("destinationPortRange", "*");
        assertThat(rules.stream().map(r -> r.get("priority"))).doesNotHaveDuplicates();
        for (Map<?, ?> rule : rules.subList(0, rules.size() - 1)) {
          if (fromAnywhere.contains(String.valueOf(rule.get("sourceAddressPrefix")))) {
            assertThat(ports(rule)).isSubsetOf("80", "443", "51820");
          }
        }
      }
    }
  }

  @Test
  void aFileWithoutAdminsOpensNothingToThem() throws IOException {
    InfraPlan plan = target.plan(AzureFiles.cluster(AzureFiles.all().get("nobody outside")));
    assertThat(plan.toString()).doesNotContain("talos-api-admins").doesNotContain("api-admins");
    InfraPlan open = target.plan(AzureFiles.cluster(AzureFiles.all().get("zones")));
    assertThat(open.toString()).contains("kubernetes-api-admins");
    assertThat(open.toString()).contains("203.0.113.0/24").doesNotContain("2001:db8");
  }

  @Test
  void noWorkerHasAPublicAddressAndControlPlanesOnlyWhenPublic() throws IOException {
    for (Map.Entry<String, ClusterSpec> entry : AzureFiles.all().entrySet()) {
      InfraPlan plan = target.plan(AzureFiles.cluster(entry.getValue()));
      boolean isPublic = entry.getValue().target().endpoint().scheme().equals("public");
      for (Resource card : ofType(plan, "network:NetworkInterface")) {
        boolean address = card.inputs().toString().contains("publicIPAddress");
        assertThat(address)
            .as(entry.getKey() + " " + card.name())
            .isEqualTo(isPublic && card.name().contains("-control-plane-"));
      }
    }
    assertThat(ofType(plan("landing zone"), "network:PublicIPAddress")).isEmpty();
    assertThat(ofType(plan("internal"), "network:PublicIPAddress"))
        .extracting(Resource::name)
        .containsExactly("egress-ip");
  }

  @Test
  void aLandingZoneKeepsItsNetworkAsItIs() throws IOException {
    InfraPlan plan = plan("landing zone");
    assertThat(plan.resources())
        .extracting(Resource::type)
        .doesNotContain(
            "azure-native:network:VirtualNetwork",
            "azure-native:network:Subnet",
            "azure-native:network:NatGateway",
            "azure-native:network:InboundNatRule");
    // The one thing outside our group is the hosted zone's records.
    assertThat(plan.resources())
        .filteredOn(r -> r.inputs().get("resourceGroupName") instanceof String)
        .extracting(Resource::type)
        .containsOnly("azure-native:resources:ResourceGroup", "azure-native:dns:RecordSet");
    assertThat(plan.toString()).contains("virtualNetworks/hub/subnets/a", "hub/subnets/b");
  }

  @Test
  void everythingThatTakesTagsHasThem() throws IOException {
    Set<String> without =
        Set.of(
            "azure-native:network:Subnet",
            "azure-native:network:InboundNatRule",
            "azure-native:authorization:RoleAssignment",
            "azure-native:dns:RecordSet");
    for (Platform.Cluster cluster : AzureFiles.clusters()) {
      for (Resource resource : target.plan(cluster).resources()) {
        Object tags = resource.inputs().get("tags");
        assertThat(tags != null).as(resource.name()).isEqualTo(!without.contains(resource.type()));
        if (tags instanceof Map<?, ?> map) {
          assertThat(map.get("sskuba.io:key"))
              .isEqualTo(AzureFiles.CLUSTER_ID + "/" + resource.name());
          assertThat(map.keySet()).allMatch(k -> String.valueOf(k).matches("[^<>%&\\\\?/]{1,512}"));
        }
      }
    }
  }

  @Test
  void theLoadBalancersPartsAreWhatCardsAndRulesName() throws IOException {
    for (Platform.Cluster cluster : AzureFiles.clusters()) {
      InfraPlan plan = target.plan(cluster);
      Resource balancer = ofType(plan, "network:LoadBalancer").getFirst();
      String own =
          "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/claims-lab-0f2c6a1e"
              + "/providers/Microsoft.Network/loadBalancers/load-balancer/";
      Set<String> parts = new TreeSet<>();
      for (String kind : List.of("frontendIPConfigurations", "backendAddressPools", "probes")) {
        maps(balancer.inputs().get(kind)).forEach(p -> parts.add(own + kind + "/" + p.get("name")));
      }
      Set<String> named = new TreeSet<>();
      texts(plan.resources().stream().map(Resource::inputs).toList(), named);
      named.removeIf(t -> !t.startsWith(own));
      assertThat(named).isEqualTo(parts);
    }
  }

  @Test
  void doorsAndNamesOfThePublicTopology() throws IOException {
    Platform.Cluster cluster = AzureFiles.cluster(AzureFiles.example());
    Map<String, Object> machines = new LinkedHashMap<>();
    int n = 0;
    for (Target.Slot slot : Target.machines(cluster.spec())) {
      n++;
      String door =
          slot.pool().isControlPlane() ? "20.1.0." + n + ":50000" : "20.1.0.9:" + (50099 + n);
      machines.put(slot.name(), Map.of("id", "x", "address", "10.30.0." + n, "door", door));
    }
    Topology topology =
        target.topology(
            cluster, Map.of("endpoint", "e", "endpointAddress", "20.1.0.9", "machines", machines));
    assertThat(topology.endpointHost()).isEqualTo("claims-lab.data.example.org");
    assertThat(topology.certSans())
        .contains(
            "k8s-claims-lab-0f2c6a1e.australiaeast.cloudapp.azure.com", "20.1.0.9", "20.1.0.1");
    assertThat(topology.addresses().talos("10.30.0.5", 50000).port()).isEqualTo(50104);
    assertThat(topology.addresses().talos("10.30.0.2", 50000).host()).isEqualTo("20.1.0.2");
    assertThat(target.topology(cluster, Map.of()).machines())
        .hasSize(7)
        .allMatch(m -> m.address().isEmpty());
    assertThat(
            target
                .topology(AzureFiles.cluster(AzureFiles.all().get("own name")), Map.of())
                .endpointHost())
        .isEqualTo("api.example.org");
    assertThat(
            target
                .topology(AzureFiles.cluster(AzureFiles.all().get("other dns")), Map.of())
                .endpointHost())
        .isEqualTo("k8s-claims-lab-0f2c6a1e.australiaeast.cloudapp.azure.com");
    assertThat(
            target
                .topology(
                    AzureFiles.cluster(AzureFiles.all().get("stretch")),
                    Map.of("machines", Map.of()))
                .machines())
        .filteredOn(m -> m.pool().equals("edge"))
        .extracting(Topology.Machine::address)
        .containsExactly("192.168.7.11", "");
  }

  @Test
  void userDataIsAPlaceholderAndOpensNoDoors() throws IOException {
    InfraPlan plan = plan("user data");
    assertThat(ofType(plan, "network:InboundNatRule")).isEmpty();
    InfraPlan filled =
        UserData.fill(
            plan,
            Target.machines(AzureFiles.all().get("user data")).stream()
                .collect(
                    Collectors.toMap(
                        Target.Slot::name, m -> m.name().getBytes(StandardCharsets.UTF_8))));
    Map<?, ?> profile =
        (Map<?, ?>) ofType(filled, "compute:VirtualMachine").getLast().inputs().get("osProfile");
    assertThat(profile.get("customData"))
        .isEqualTo(
            new InfraPlan.Secret(
                Base64.getEncoder()
                    .encodeToString("claims-lab-general-2".getBytes(StandardCharsets.UTF_8))));
    assertThat(PulumiYaml.print(plan, "sskuba", Map.of(), Map.of())).contains("fn::secret");
    assertThat(plan("zones").toString()).doesNotContain("customData");
  }

  @Test
  void nodesOfALandingZoneComeBackByTheAddressesThatWereLookedUp() throws IOException {
    ClusterSpec spec = AzureFiles.all().get("landing zone, public");
    assertThat(target.plan(AzureFiles.cluster(spec)).toString()).doesNotContain("api-egress");
    Choices choices =
        new Choices(Map.of(), Map.of(), Map.of(), Map.of("egressAddresses", "192.0.2.7,192.0.2.8"));
    assertThat(target.plan(AzureFiles.cluster(spec, choices)).toString())
        .contains("kubernetes-api-egress", "[192.0.2.7, 192.0.2.8]");
  }

  @Test
  void aLandingZonesNetworkIsNamedByItsId() {
    String file = AzureFiles.MACHINES + AzureFiles.LANDING.replaceAll("\"/sub[^\"]*\"", "hub");
    assertThatThrownBy(() -> AzureFiles.file(file, ""))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> assertThat(e.problem().facts().toString()).contains("the VNet's resource id"));
  }

  @Test
  void aMachineOutsideTheZoneOfNamesIsRefused() {
    assertThat(AzureDns.relative("a.b.example.org", "example.org")).isEqualTo("a.b");
    assertThat(AzureDns.relative("example.org", "example.org")).isEqualTo("@");
    assertThatThrownBy(() -> AzureDns.relative("a.example.com", "example.org"))
        .hasMessageContaining("not in the zone");
  }

  private InfraPlan plan(String option) throws IOException {
    return target.plan(AzureFiles.cluster(AzureFiles.all().get(option)));
  }

  private static List<Resource> ofType(InfraPlan plan, String type) {
    return plan.resources().stream().filter(r -> r.type().equals("azure-native:" + type)).toList();
  }

  // The plan is data: lists and maps whose keys are names.
  @SuppressWarnings("unchecked")
  private static List<Map<String, Object>> maps(Object list) {
    List<Map<String, Object>> out = new ArrayList<>();
    if (list instanceof List<?> items) {
      items.forEach(i -> out.add((Map<String, Object>) i));
    }
    return out;
  }

  private static List<String> ports(Map<?, ?> rule) {
    List<String> ports = new ArrayList<>();
    if (rule.get("destinationPortRange") != null) {
      ports.add(String.valueOf(rule.get("destinationPortRange")));
    }
    if (rule.get("destinationPortRanges") instanceof List<?> list) {
      list.forEach(p -> ports.add(String.valueOf(p)));
    }
    return ports;
  }

  private static void texts(Object value, Set<String> into) {
    switch (value) {
      case Map<?, ?> map -> map.values().forEach(v -> texts(v, into));
      case List<?> list -> list.forEach(v -> texts(v, into));
      case String text -> into.add(text);
      default -> {}
    }
  }
}
