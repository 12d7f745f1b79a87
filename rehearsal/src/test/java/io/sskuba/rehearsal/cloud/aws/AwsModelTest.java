package io.sskuba.rehearsal.cloud.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.infra.Choices;
import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.infra.InfraPlan.Resource;
import io.sskuba.infra.Target;
import io.sskuba.infra.aws.AwsTarget;
import io.sskuba.rehearsal.account.CloudFault;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.rehearsal.account.Fabric;
import io.sskuba.rehearsal.cloud.CatalogRules;
import io.sskuba.rehearsal.cloud.LatencyModel;
import io.sskuba.rehearsal.cloud.Scenario;
import io.sskuba.rehearsal.cloud.SmallEngine;
import io.sskuba.spec.ClusterSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AwsModelTest {
  private static final AwsTarget TARGET = new AwsTarget();
  private static final String ID = "c0ffee0123456789";
  private static final String MACHINES =
      "zones: [ap-southeast-2a, ap-southeast-2b]\ncontrolPlane: {count: 3}\n"
          + "workers: [{name: general, count: 2}]\n";

  @TempDir Path folder;

  private SmallEngine engine(ClusterSpec spec, Scenario scenario) {
    return engine(spec, ID, scenario);
  }

  private static ClusterSpec file(String target, String more) {
    return SmallEngine.file("aws", "region: ap-southeast-2\n" + target, more);
  }

  private SmallEngine engine(ClusterSpec spec, String id, Scenario scenario) {
    return new SmallEngine(
        folder, new AwsModel(), SmallEngine.cluster(new AwsModel(), spec, id), scenario);
  }

  private static InfraPlan plan(SmallEngine engine) {
    return TARGET.plan(engine.cluster);
  }

  private static Scenario quotas(Map<String, Long> quotas) {
    return new Scenario(1, Duration.ZERO, 0, quotas, List.of(), List.of(), List.of(), List.of());
  }

  private static Resource like(InfraPlan plan, String name, Map<String, Object> changed) {
    Resource resource =
        plan.resources().stream().filter(r -> r.name().equals(name)).findFirst().orElseThrow();
    Map<String, Object> inputs = new LinkedHashMap<>(resource.inputs());
    inputs.putAll(changed);
    return new Resource(resource.type(), name + "-other", inputs, resource.dependsOn());
  }

  private static List<String> backends(SmallEngine engine, String listener) throws IOException {
    Fabric fabric = engine.find(listener).fabric();
    List<String> out = new ArrayList<>();
    if (fabric != null) {
      fabric.inputs().path("backends").forEach(b -> out.add(b.asText()));
    }
    return out;
  }

  @Test
  void theExampleComesAndGoes() throws Exception {
    SmallEngine engine = engine(SmallEngine.example("aws"), Scenario.NONE);
    InfraPlan plan = plan(engine);
    engine.up(plan);
    assertThat(engine.account.all()).hasSameSizeAs(plan.resources());
    assertThat(engine.find("vpc").id()).matches("vpc-0[0-9a-f]{16}");
    assertThat(engine.find("load-balancer").out("dnsName"))
        .matches("fraud-lab-api-[0-9a-f]{6}-[0-9a-f]{16}\\.elb\\.ap-southeast-2\\.amazonaws\\.com");
    CloudResource machine = engine.find("fraud-lab-control-plane-1");
    assertThat(machine.out("privateIp")).startsWith("10.20.192.");
    assertThat(machine.out("publicIp")).startsWith("198.18.");
    assertThat(machine.fabric()).isNotNull();
    assertThat(engine.find("fraud-lab-general-1").out("publicIp")).isEmpty();
    assertThat(backends(engine, "kubernetes-listener")).hasSize(3);
    assertThat(backends(engine, "door-fraud-lab-general-2-listener"))
        .containsExactly(engine.find("fraud-lab-general-2").out("privateIp"));
    // Ports that not everybody may open are not opened.
    assertThat(engine.find("https-listener").fabric()).isNull();
    assertThat(engine.find("fraud-lab-gpu-1").tags())
        .containsEntry("sskuba.io/key", ID + "/fraud-lab-gpu-1");
    engine.destroy(plan);
    assertThat(engine.account.all()).isEmpty();
  }

  @Test
  void whatIsMadeIsOfThePublishedTypes() throws Exception {
    SmallEngine engine = engine(SmallEngine.example("aws"), Scenario.NONE);
    engine.up(plan(engine));
    CatalogRules rules = CatalogRules.of("aws");
    io.sskuba.infra.types.TypeCatalog catalog = io.sskuba.infra.types.TypeCatalog.of("aws");
    for (CloudResource resource : engine.account.all()) {
      assertThat(rules.problems(resource.type(), resource.inputs())).isEmpty();
      var type = Objects.requireNonNull(catalog.types().get(resource.type()));
      for (String output : resource.outputs().keySet()) {
        assertThat(type.output(output)).as(resource.type() + "." + output).isNotNull();
      }
    }
    Map<String, Object> wrong = new HashMap<>(engine.find("vpc").inputs());
    wrong.put("cidrBlok", "10.0.0.0/16");
    assertThat(rules.problems(Aws.VPC, wrong)).isNotEmpty();
  }

  @Test
  void whoseANameIsInTheHostedZone() throws Exception {
    ClusterSpec spec = file(MACHINES, "dns: {provider: route53}");
    SmallEngine engine = engine(spec, Scenario.NONE);
    engine.up(plan(engine));
    AwsModel model = new AwsModel();
    for (String record : List.of("dns-ownership", "dns-name", "dns-wildcard")) {
      assertThat(model.isNameOf(spec, engine.find(record))).as(record).isTrue();
    }
    assertThat(model.isNameOf(spec, engine.find("vpc"))).isFalse();
    ClusterSpec elsewhere = file(MACHINES, "");
    assertThat(model.isNameOf(elsewhere, engine.find("dns-name"))).isFalse();
  }

  /// User data of AWS has a limit, and its text is what the machine reads.
  @Test
  void userDataIsReadAndLimited() throws Exception {
    AwsModel model = new AwsModel();
    assertThat(model.userData(Aws.INSTANCE, Map.of("userDataBase64", "bWFjaGluZToge30=")))
        .isEqualTo("bWFjaGluZToge30=");
    String large = Base64.getEncoder().encodeToString(new byte[(16 << 10) + 1]);
    assertThatThrownBy(() -> model.userData(Aws.INSTANCE, Map.of("userDataBase64", large)))
        .hasMessageContaining("16384 bytes");
    String just = Base64.getEncoder().encodeToString(new byte[16 << 10]);
    assertThat(model.userData(Aws.INSTANCE, Map.of("userDataBase64", just))).isEqualTo(just);
  }

  @Test
  void otherShapesComeAndGo() throws Exception {
    for (String more :
        List.of(
            "endpoint: {scheme: internal}\n",
            "delivery: userData\nendpoint: {host: api.example.org}\n",
            "endpoint: {scheme: internal}\nnetwork: {existing: {network: vpc-1, subnets: [s1, s2]}}\n",
            "network: {existing: {network: vpc-1, subnets: [s1, s2]}}\n")) {
      SmallEngine engine = engine(file(MACHINES + more, ""), Scenario.NONE);
      InfraPlan plan = plan(engine);
      engine.up(plan);
      assertThat(backends(engine, "talos-listener")).as(more).hasSize(3);
      if (more.contains("internal")) {
        assertThat(engine.find("lab-control-plane-1").out("publicIp")).isEmpty();
      }
      engine.destroy(plan);
      assertThat(engine.account.all()).as(more).isEmpty();
    }
  }

  @Test
  void whatOthersUseStays() throws Exception {
    SmallEngine engine = engine(file(MACHINES, ""), Scenario.NONE);
    engine.up(plan(engine));
    Map<String, String> held =
        Map.of(
            "vpc", "api error DependencyViolation: The vpc '",
            "private-ap-southeast-2a", "has dependencies and cannot be deleted",
            "worker-group", "has a dependent object",
            "internet-gateway", "has some mapped public address(es)",
            "nat-address", "InvalidIPAddress.InUse",
            "kubernetes-targets", "is currently in use by a listener or a rule",
            "private-routes", "has dependencies and cannot be deleted",
            "control-plane-role", "DeleteConflict");
    for (Map.Entry<String, String> entry : held.entrySet()) {
      assertThatThrownBy(() -> engine.delete(entry.getKey()))
          .as(entry.getKey())
          .isInstanceOfSatisfying(
              CloudFault.class, e -> assertThat(e.kind()).isEqualTo(CloudFault.Kind.DEPENDENCY))
          .hasMessageContaining(entry.getValue());
    }
    assertThat(engine.account.all()).hasSameSizeAs(plan(engine).resources());
  }

  @Test
  void referencesToNothingAreRefused() throws Exception {
    SmallEngine engine = engine(file(MACHINES, ""), Scenario.NONE);
    InfraPlan plan = plan(engine);
    engine.up(plan);
    Map<Map.Entry<String, Map<String, Object>>, String> wrong =
        Map.of(
            Map.entry("private-routes", Map.<String, Object>of("vpcId", "vpc-0")),
                "InvalidVpcID.NotFound",
            Map.entry("lab-general-1", Map.<String, Object>of("subnetId", "subnet-0")),
                "InvalidSubnetID.NotFound",
            Map.entry("lab-general-1", Map.<String, Object>of("ami", "ami-0")),
                "InvalidAMIID.NotFound",
            Map.entry("lab-general-1", Map.<String, Object>of("iamInstanceProfile", "p")),
                "Invalid IAM Instance Profile name",
            Map.entry("lab-general-1", Map.<String, Object>of("instanceType", "m7g.large")),
                "does not match the architecture",
            Map.entry("nat-gateway", Map.<String, Object>of("allocationId", "eipalloc-0")),
                "InvalidAllocationID.NotFound",
            Map.entry("talos-listener", Map.<String, Object>of("loadBalancerArn", "arn:x")),
                "LoadBalancerNotFound",
            Map.entry(
                    "worker-kubelet-from-worker",
                    Map.<String, Object>of("referencedSecurityGroupId", "sg-0")),
                "InvalidGroup.NotFound",
            Map.entry("ebs-csi-policy", Map.<String, Object>of("role", "nobody")),
                "cannot be found");
    wrong.forEach(
        (what, code) ->
            assertThatThrownBy(() -> engine.create(like(plan, what.getKey(), what.getValue())))
                .as(what.toString())
                .isInstanceOf(CloudFault.class)
                .hasMessageContaining("api error ")
                .hasMessageContaining(code));
  }

  @Test
  void whatIsThereOnceIsNotMadeTwice() throws Exception {
    SmallEngine engine = engine(SmallEngine.example("aws"), Scenario.NONE);
    InfraPlan plan = plan(engine);
    engine.up(plan);
    Map<String, String> codes =
        Map.of(
            "worker-group", "InvalidGroup.Duplicate",
            "load-balancer", "DuplicateLoadBalancerName",
            "talos-targets", "DuplicateTargetGroupName",
            "talos-listener", "DuplicateListener",
            "control-plane-role", "EntityAlreadyExists",
            "private-ap-southeast-2b", "InvalidSubnet.Conflict",
            "public-default-route", "RouteAlreadyExists",
            "internet-gateway", "Resource.AlreadyAssociated",
            "worker-kubelet-from-worker", "InvalidPermission.Duplicate",
            "dns-name", "already exists");
    codes.forEach(
        (name, code) ->
            assertThatThrownBy(() -> engine.create(like(plan, name, Map.of())))
                .as(name)
                .isInstanceOf(CloudFault.class)
                .hasMessageContaining(code));
    assertThat(engine.account.all()).hasSameSizeAs(plan.resources());
  }

  @Test
  void quotasAreCountedOverAllClusters() throws Exception {
    for (Map.Entry<String, String> quota :
        Map.of(
                "vpcs", "VpcLimitExceeded",
                "elasticIps", "AddressLimitExceeded",
                "vcpus", "VcpuLimitExceeded",
                "networkLoadBalancers", "TooManyLoadBalancers",
                "listenersPerNetworkLoadBalancer", "TooManyListeners",
                "rulesPerGroup", "RulesPerSecurityGroupLimitExceeded")
            .entrySet()) {
      SmallEngine engine = engine(file(MACHINES, ""), quotas(Map.of(quota.getKey(), 0L)));
      assertThatThrownBy(() -> engine.up(plan(engine)))
          .isInstanceOfSatisfying(
              CloudFault.class, e -> assertThat(e.kind()).isEqualTo(CloudFault.Kind.QUOTA))
          .hasMessageContaining("api error " + quota.getValue());
      InfraPlan made =
          new InfraPlan(
              plan(engine).resources().stream()
                  .filter(r -> engine.state.containsKey(r.name()))
                  .toList(),
              Map.of());
      engine.destroy(made);
      assertThat(engine.account.all()).isEmpty();
    }
    // Five m7i.xlarge are 20 vCPUs: one cluster fits into 30, a second does not.
    Scenario thirty = quotas(Map.of("vcpus", 30L));
    SmallEngine first = engine(file(MACHINES, ""), "aaaa000011112222", thirty);
    SmallEngine second = engine(file(MACHINES, ""), "bbbb000011112222", thirty);
    first.up(plan(first));
    assertThatThrownBy(() -> second.up(plan(second)))
        .hasMessageContaining("current vCPU limit of 30");
  }

  @Test
  void capacityIsOfATypeInAZone() throws Exception {
    Scenario short_ =
        new Scenario(
            1,
            Duration.ZERO,
            0,
            Map.of(),
            List.of(new Scenario.Shortage("m7i.*", "ap-southeast-2b")),
            List.of(),
            List.of(),
            List.of());
    SmallEngine engine = engine(file(MACHINES, ""), short_);
    assertThatThrownBy(() -> engine.up(plan(engine)))
        .isInstanceOfSatisfying(
            CloudFault.class, e -> assertThat(e.kind()).isEqualTo(CloudFault.Kind.CAPACITY))
        .hasMessageContaining("InsufficientInstanceCapacity")
        .hasMessageContaining("(ap-southeast-2b)");
  }

  @Test
  void aTargetThatGoesIsPassedNothing() throws Exception {
    SmallEngine engine = engine(file(MACHINES, ""), Scenario.NONE);
    engine.up(plan(engine));
    engine.delete("kubernetes-target-lab-control-plane-2");
    assertThat(backends(engine, "kubernetes-listener"))
        .hasSize(2)
        .doesNotContain(engine.find("lab-control-plane-2").out("privateIp"));
    engine.delete("lab-control-plane-2");
    assertThat(backends(engine, "talos-listener")).hasSize(2);
  }

  @Test
  void changesInPlaceKeepIdsAndAddresses() throws Exception {
    SmallEngine engine = engine(file(MACHINES, ""), Scenario.NONE);
    InfraPlan plan = plan(engine);
    engine.up(plan);
    List<CloudResource> before = engine.account.all();
    for (Resource resource : plan.resources()) {
      engine.update(resource);
    }
    assertThat(engine.account.all()).isEqualTo(before);
  }

  @Test
  void twoClustersOfOneNameDoNotMeet() throws Exception {
    ClusterSpec spec = file(MACHINES, "");
    SmallEngine first = engine(spec, "aaaaaaaa00000000", Scenario.NONE);
    SmallEngine second = engine(spec, "bbbbbbbb00000000", Scenario.NONE);
    first.up(plan(first));
    second.up(plan(second));
    first.destroy(plan(first));
    assertThat(first.account.of("aaaaaaaa00000000")).isEmpty();
    assertThat(first.account.of("bbbbbbbb00000000")).hasSameSizeAs(plan(second).resources());
  }

  @Test
  void policiesFitARole() throws Exception {
    SmallEngine engine = engine(file(MACHINES, ""), Scenario.NONE);
    InfraPlan plan = plan(engine);
    engine.up(plan);
    String long_ =
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"a:B\",\"Resource\":\""
            + "x".repeat(9000)
            + "\"}]}";
    assertThatThrownBy(
            () -> engine.create(like(plan, "ebs-csi-policy", Map.of("name", "n", "policy", long_))))
        .hasMessageContaining("Maximum policy size of 10240 bytes exceeded");
    assertThatThrownBy(
            () -> engine.create(like(plan, "ebs-csi-policy", Map.of("name", "n", "policy", "{}"))))
        .hasMessageContaining("MalformedPolicyDocument");
  }

  @Test
  void choicesAreWhatALookWouldTell() throws Exception {
    ClusterSpec spec = SmallEngine.example("aws");
    Choices choices = new AwsModel().choices(spec, Choices.NONE);
    assertThat(choices.images()).containsOnlyKeys("amd64", "amd64-nvidia");
    assertThat(choices.facts()).containsEntry("door:fraud-lab-gpu-1", "4").containsKey("zoneId");
    assertThat(new AwsModel().choices(spec, choices)).isEqualTo(choices);
    assertThat(
            new AwsModel()
                .invoke("aws:route53/getZone:getZone", Map.of("name", "data.example.org"))
                .get("zoneId"))
        .isEqualTo(choices.facts().get("zoneId"));
    assertThatThrownBy(() -> new AwsModel().invoke("aws:ec2/getVpc:getVpc", Map.of()))
        .isInstanceOf(CloudFault.class);
    assertThat(Target.machines(spec)).hasSize(7);
  }

  @Test
  void everyLatencyIsOfATypeThatThereIs() {
    LatencyModel latency = LatencyModel.of("aws");
    assertThat(latency.of(Aws.BALANCER, "create")).isGreaterThan(Duration.ofMinutes(1));
    assertThat(latency.longest("boot")).isPositive();
    for (String type : CatalogRules.of("aws").types()) {
      assertThat(latency.of(type, "create")).isPositive();
    }
  }

  @Test
  void aPlanThatIsNotLookedUpHasNoLookups() throws Exception {
    SmallEngine engine = engine(SmallEngine.example("aws"), Scenario.NONE);
    assertThat(plan(engine).toString()).doesNotContain("Lookup[");
    assertThat(plan(engine).outputs())
        .containsEntry("endpoint", new Ref("load-balancer", "dnsName"));
  }
}
