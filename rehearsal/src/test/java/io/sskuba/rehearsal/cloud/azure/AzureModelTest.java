package io.sskuba.rehearsal.cloud.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.InfraPlan.Resource;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Target;
import io.sskuba.infra.azure.AzureTarget;
import io.sskuba.rehearsal.account.CloudFault;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.rehearsal.account.Fabric;
import io.sskuba.rehearsal.cloud.CatalogRules;
import io.sskuba.rehearsal.cloud.Scenario;
import io.sskuba.rehearsal.cloud.SmallEngine;
import io.sskuba.spec.ClusterSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AzureModelTest {
  private static final String MACHINES =
      "controlPlane: {count: 3, type: Standard_D4s_v5}\n"
          + "workers: [{name: general, count: 2, type: Standard_D8s_v5}]\n";

  @TempDir Path folder;

  private static ClusterSpec file(String target, String more) {
    return SmallEngine.file(
        "azure",
        "subscription: 00000000-0000-0000-0000-000000000000\nregion: australiaeast\n" + target,
        more);
  }

  private SmallEngine engine(ClusterSpec spec, String id, Scenario scenario) {
    return new SmallEngine(
        folder, new AzureModel(), SmallEngine.cluster(new AzureModel(), spec, id), scenario);
  }

  private static InfraPlan plan(SmallEngine engine) {
    return new AzureTarget().plan(engine.cluster);
  }

  private static Scenario with(Map<String, Long> quotas, Scenario.Shortage... shortages) {
    return new Scenario(
        1, Duration.ZERO, 0, quotas, List.of(shortages), List.of(), List.of(), List.of());
  }

  @Test
  void theExampleComesAndGoesWithoutALeak() throws Exception {
    SmallEngine engine = engine(SmallEngine.example("azure"), "c0ffee0123456789", Scenario.NONE);
    InfraPlan plan = plan(engine);
    engine.up(plan);
    for (Target.Slot machine : Target.machines(engine.cluster.spec())) {
      Fabric fabric = engine.find(machine.name()).fabric();
      assertThat(fabric).isNotNull();
      JsonNode names = fabric.inputs().path("names");
      assertThat(names.size()).isEqualTo(machine.pool().isControlPlane() ? 1 : 0);
    }
    List<CloudResource> listeners =
        engine.account.all().stream().filter(r -> r.type().equals(Arm.LISTENER)).toList();
    assertThat(listeners).hasSize(4);
    // Ports that not everybody may open are not opened.
    assertThat(listeners.stream().filter(l -> l.fabric() != null)).hasSize(2);
    assertThat(backends(engine, "load-balancer/kubernetes-api")).hasSize(3);
    assertThat(backends(engine, "claims-lab-general-2-door")).hasSize(1);
    // Tags are told as the cloud lists them.
    assertThat(engine.find("claims-lab-gpu-1").tags())
        .containsEntry("sskuba.io:key", "c0ffee0123456789/claims-lab-gpu-1");
    engine.destroy(plan);
    assertThat(engine.account.all()).isEmpty();
  }

  private static List<String> backends(SmallEngine engine, String port) throws IOException {
    Fabric fabric = engine.find(port).fabric();
    List<String> out = new java.util.ArrayList<>();
    if (fabric != null) {
      fabric.inputs().path("backends").forEach(b -> out.add(b.asText()));
    }
    return out;
  }

  @Test
  void whatTheModelMakesIsWhatThePublishedTypesTake() throws Exception {
    SmallEngine engine = engine(SmallEngine.example("azure"), "c0ffee0123456789", Scenario.NONE);
    engine.up(plan(engine));
    CatalogRules rules = CatalogRules.of("azure-native");
    for (CloudResource resource : engine.account.all()) {
      if (!resource.type().equals(Arm.LISTENER)) {
        assertThat(rules.problems(resource.type(), resource.inputs())).isEmpty();
      }
    }
    Map<String, Object> wrong = new LinkedHashMap<>(engine.find("network").inputs());
    wrong.put("adressSpace", Map.of());
    assertThat(rules.problems(Arm.NETWORK, wrong)).isNotEmpty();
  }

  @Test
  void internalAndLandingZoneComeAndGo() throws Exception {
    String vnet =
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/landing/providers/"
            + "Microsoft.Network/virtualNetworks/hub";
    for (String more :
        List.of(
            "endpoint: {scheme: internal}\n",
            "endpoint: {scheme: internal}\nnetwork: {existing: {network: "
                + vnet
                + ", subnets: [a, b]}}\n",
            "zones: [\"1\", \"2\"]\n")) {
      SmallEngine engine = engine(file(MACHINES + more, ""), "c0ffee0123456789", Scenario.NONE);
      InfraPlan plan = plan(engine);
      engine.up(plan);
      assertThat(backends(engine, "load-balancer/talos-api")).hasSize(3);
      if (more.contains("internal")) {
        assertThat(engine.account.all().toString()).doesNotContain("Microsoft.Network/inboundNat");
        assertThat(
                Arm.text(
                    engine.find("load-balancer").outputs().get("frontendIPConfigurations"),
                    "privateIPAddress"))
            .matches("(10|172)\\..*");
      }
      engine.destroy(plan);
      assertThat(engine.account.all()).isEmpty();
    }
  }

  @Test
  void twoClustersOfOneNameDoNotMeet() throws Exception {
    ClusterSpec spec = file(MACHINES, "");
    SmallEngine first = engine(spec, "aaaaaaaa00000000", Scenario.NONE);
    SmallEngine second = engine(spec, "bbbbbbbb00000000", Scenario.NONE);
    first.up(plan(first));
    second.up(plan(second));
    first.destroy(plan(first));
    assertThat(first.account.all()).allMatch(r -> r.cluster().equals("bbbbbbbb00000000"));
    assertThatThrownBy(() -> second.create(plan(second).resources().getFirst()))
        .isInstanceOf(CloudFault.class)
        .hasMessageContaining("cannot create already existing resource");
  }

  @Test
  void whatOthersUseStays() throws Exception {
    SmallEngine engine = engine(file(MACHINES, ""), "c0ffee0123456789", Scenario.NONE);
    engine.up(plan(engine));
    refused(engine, "lab-general-1-nic", "NicInUse");
    refused(engine, "lab-control-plane-1-ip", "PublicIPAddressCannotBeDeleted");
    refused(engine, "endpoint-ip", "PublicIPAddressCannotBeDeleted");
    refused(engine, "private-subnet", "InUseSubnetCannotBeDeleted");
    refused(engine, "network", "InUseSubnetCannotBeDeleted");
    refused(engine, "workers-rules", "InUseNetworkSecurityGroupCannotBeDeleted");
    refused(engine, "control-plane-hosts", "OperationNotAllowed");
    refused(engine, "egress", "InUse");
    refused(engine, "lab-general-1-door", "InUse");
    refused(engine, "load-balancer", "InUse");
    engine.delete("lab-general-1");
    engine.delete("lab-general-1-nic");
    assertThat(backends(engine, "lab-general-1-door")).isEmpty();
    engine.delete("lab-general-1-door");
    // The group takes everything along.
    engine.delete("resource-group");
    assertThat(engine.account.all()).isEmpty();
  }

  private static void refused(SmallEngine engine, String name, String code) {
    assertThatThrownBy(() -> engine.delete(name))
        .isInstanceOfSatisfying(
            CloudFault.class, f -> assertThat(f.kind()).isEqualTo(CloudFault.Kind.DEPENDENCY))
        .hasMessageContaining("Code=\"" + code);
  }

  @Test
  void quotasAndCapacitySayWhatAzureSays() throws Exception {
    ClusterSpec spec = file(MACHINES + "zones: [\"1\", \"2\", \"3\"]\n", "");
    failsUp(
        spec,
        with(Map.of("vcpus", 10L)),
        CloudFault.Kind.QUOTA,
        "exceeding approved Total Regional Cores quota");
    failsUp(
        spec,
        with(Map.of("standardDSv5Family", 12L)),
        CloudFault.Kind.QUOTA,
        "exceeding approved standardDSv5Family Cores quota");
    failsUp(
        spec,
        with(Map.of("publicIPAddresses", 2L)),
        CloudFault.Kind.QUOTA,
        "PublicIPCountLimitReached");
    failsUp(
        spec,
        with(Map.of(), new Scenario.Shortage("Standard_D8s_v5", "")),
        CloudFault.Kind.CAPACITY,
        "SkuNotAvailable");
    failsUp(
        spec,
        with(Map.of(), new Scenario.Shortage("Standard_D4s_v5", "2")),
        CloudFault.Kind.CAPACITY,
        "ZonalAllocationFailed");
    ClusterSpec dns =
        file(MACHINES, "dns: {provider: azureDns, zone: example.org, resourceGroup: names}\n");
    failsUp(
        dns,
        with(Map.of("dnsZones", 0L)),
        CloudFault.Kind.NOT_FOUND,
        "Parent resource 'example.org' not found");
  }

  private void failsUp(ClusterSpec spec, Scenario scenario, CloudFault.Kind kind, String text)
      throws Exception {
    SmallEngine engine = engine(spec, "c0ffee0123456789", scenario);
    assertThatThrownBy(() -> engine.up(plan(engine)))
        .isInstanceOfSatisfying(CloudFault.class, f -> assertThat(f.kind()).isEqualTo(kind))
        .hasMessageContaining(text);
    if (engine.state.containsKey("resource-group")) {
      engine.delete("resource-group");
    }
    for (String record : List.of("dns-name", "dns-wildcard", "dns-owner")) {
      if (engine.state.containsKey(record)) {
        engine.delete(record);
      }
    }
    assertThat(engine.account.all()).isEmpty();
  }

  @Test
  void referencesToNothingAndBadNumbersAreRefused() throws Exception {
    SmallEngine engine = engine(file(MACHINES, ""), "c0ffee0123456789", Scenario.NONE);
    InfraPlan plan = plan(engine);
    Resource balancer = named(plan, "load-balancer");
    engine.create(named(plan, "resource-group"));
    assertThatThrownBy(
            () -> engine.create(changed(named(plan, "network"), "resourceGroupName", "another")))
        .hasMessageContaining("ResourceGroupNotFound");
    for (Resource resource : plan.resources()) {
      if (resource.name().equals("load-balancer")) {
        break;
      }
      if (!resource.name().equals("resource-group")) {
        engine.create(resource);
      }
    }
    assertThatThrownBy(() -> engine.create(changed(balancer, "probes", List.of())))
        .hasMessageContaining("InvalidResourceReference");
    assertThatThrownBy(
            () ->
                engine.create(
                    changed(
                        changed(named(plan, "private-subnet"), "subnetName", "x"),
                        "addressPrefix",
                        "192.168.0.0/24")))
        .hasMessageContaining("NetcfgInvalidSubnet");
    assertThatThrownBy(
            () -> engine.create(changed(named(plan, "private-subnet"), "subnetName", "x")))
        .hasMessageContaining("NetcfgSubnetRangesOverlap");
    Resource rules = named(plan, "workers-rules");
    assertThatThrownBy(
            () ->
                engine.create(
                    changed(
                        changed(rules, "networkSecurityGroupName", "y"),
                        "securityRules",
                        List.of(
                            Map.of("name", "a", "priority", 100, "direction", "Inbound"),
                            Map.of("name", "b", "priority", 100, "direction", "Inbound")))))
        .hasMessageContaining("SecurityRuleConflict");
  }

  @Test
  void aMachinesImageAndProfileCannotBeChanged() throws Exception {
    SmallEngine engine = engine(file(MACHINES, ""), "c0ffee0123456789", Scenario.NONE);
    InfraPlan plan = plan(engine);
    engine.up(plan);
    Resource machine = named(plan, "lab-general-1");
    engine.update(changed(machine, "tags", Map.of("team", "red")));
    assertThat(engine.find("lab-general-1").tags()).containsEntry("team", "red");
    assertThatThrownBy(
            () -> engine.update(changed(machine, "osProfile", Map.of("computerName", "x"))))
        .hasMessageContaining("PropertyChangeNotAllowed");
    assertThatThrownBy(
            () ->
                engine.create(
                    changed(
                        changed(machine, "vmName", "other"),
                        "storageProfile",
                        Map.of("imageReference", Map.of("id", "/nothing")))))
        .hasMessageContaining("GalleryImageNotFound");
  }

  @Test
  void faultsSpeakAzure() {
    AzureModel model = new AzureModel();
    Map<String, String> codes = new LinkedHashMap<>();
    codes.put("denied", "AuthorizationFailed");
    codes.put("expired", "ExpiredAuthenticationToken");
    codes.put("quota", "QuotaExceeded");
    codes.put("throttled", "TooManyRequests");
    codes.put("unavailable", "ServiceUnavailable");
    codes.forEach(
        (fault, code) ->
            assertThat(model.refusal(fault, "create", Arm.MACHINE)).hasMessageContaining(code));
  }

  @Test
  void everyTypeOfTheCatalogueIsSimulated() {
    TreeSet<String> simulated =
        new TreeSet<>(
            List.of(
                Arm.GROUP,
                Arm.NETWORK,
                Arm.SUBNET,
                Arm.ADDRESS,
                Arm.NAT,
                Arm.MEMBERS,
                Arm.RULES,
                Arm.BALANCER,
                Arm.DOOR,
                Arm.CARD,
                Arm.HOSTS,
                Arm.MACHINE,
                Arm.IDENTITY,
                Arm.ROLE,
                Arm.RECORD));
    assertThat(CatalogRules.of("azure-native").types()).isEqualTo(simulated);
  }

  private static Resource named(InfraPlan plan, String name) {
    return plan.resources().stream().filter(r -> r.name().equals(name)).findFirst().orElseThrow();
  }

  private static Resource changed(Resource resource, String input, Object value) {
    Map<String, Object> inputs = new LinkedHashMap<>(resource.inputs());
    inputs.put(input, value);
    return new Resource(resource.type(), resource.name(), inputs, resource.dependsOn());
  }

  static Platform.Cluster cluster(ClusterSpec spec) {
    return SmallEngine.cluster(new AzureModel(), spec, "c0ffee0123456789");
  }
}
