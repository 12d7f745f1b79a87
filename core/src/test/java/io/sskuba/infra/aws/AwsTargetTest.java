package io.sskuba.infra.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.infra.Choices;
import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.InfraPlan.Concat;
import io.sskuba.infra.InfraPlan.Lookup;
import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.infra.InfraPlan.Resource;
import io.sskuba.infra.InfraPlan.Secret;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Target;
import io.sskuba.infra.Topology;
import io.sskuba.infra.UserData;
import io.sskuba.infra.pulumi.PulumiYaml;
import io.sskuba.net.AddressMap;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.testkit.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class AwsTargetTest {
  private static final AwsTarget TARGET = new AwsTarget();

  private static InfraPlan plan(String option) {
    return TARGET.plan(AwsFiles.cluster(file(option)));
  }

  private static String file(String option) {
    return Objects.requireNonNull(AwsFiles.all().get(option), option);
  }

  private static Stream<Resource> of(InfraPlan plan, String type) {
    return plan.resources().stream().filter(r -> r.type().endsWith(":" + type));
  }

  private static Resource named(InfraPlan plan, String name) {
    return plan.resources().stream().filter(r -> r.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void printsTheExampleAsAProgram() throws IOException {
    String yaml = Files.readString(Path.of("../examples/aws.yaml"));
    Platform.Cluster cluster = AwsFiles.cluster(yaml);
    String program =
        PulumiYaml.print(
            TARGET.plan(cluster),
            "sskuba",
            TARGET.providerVersions(),
            TARGET.stackConfig(cluster.spec()));
    assertThat(program.split("version: \"?6.83.0").length - 1)
        .as("every resource and lookup has its provider's version")
        .isGreaterThanOrEqualTo(TARGET.plan(cluster).resources().size());
    Golden.assertMatches("aws/example.yaml", program);
  }

  @Test
  void theSameFileGivesTheSamePlan() {
    AwsFiles.all().forEach((option, yaml) -> assertThat(plan(option)).isEqualTo(plan(option)));
  }

  /// Both APIs are open to the administrators' networks and to the cluster itself, to nobody else;
  /// what anyone may reach is the ingress alone.
  @Test
  void theWorldReachesTheIngressAlone() {
    for (String option : AwsFiles.all().keySet()) {
      InfraPlan plan = plan(option);
      of(plan, "SecurityGroupIngressRule")
          .forEach(
              rule -> {
                Object port = rule.inputs().get("toPort");
                String what = option + ": " + rule.name();
                if ("0.0.0.0/0".equals(rule.inputs().get("cidrIpv4"))) {
                  assertThat(port).as(what).isIn(80, 443, 51820);
                }
                assertThat(rule.inputs()).as(what).doesNotContainEntry("ipProtocol", "-1");
                if (port instanceof Integer number
                    && (number == 50000 || number == 6443 || number > 50100 && number < 51000)
                    && rule.inputs().get("cidrIpv4") instanceof String cidr) {
                  assertThat(cidr).as(what).isIn("203.0.113.0/24", "10.0.0.0/8", "198.51.100.7/32");
                }
              });
    }
  }

  @Test
  void etcdIsForControlPlanesOnly() {
    List<Resource> etcd =
        of(plan("3 control planes"), "SecurityGroupIngressRule")
            .filter(r -> r.name().contains("etcd"))
            .toList();
    assertThat(etcd).hasSize(1);
    assertThat(etcd.getFirst().inputs())
        .containsEntry("securityGroupId", new Ref(AwsSecurity.CONTROL_PLANE, "id"))
        .containsEntry("referencedSecurityGroupId", new Ref(AwsSecurity.CONTROL_PLANE, "id"));
  }

  @Test
  void everyRuleSaysWhy() {
    for (String option : AwsFiles.all().keySet()) {
      Stream.of("SecurityGroupIngressRule", "SecurityGroupEgressRule")
          .flatMap(type -> of(plan(option), type))
          .forEach(
              r ->
                  assertThat(String.valueOf(r.inputs().get("description")))
                      .as(r.name())
                      .isNotBlank()
                      .hasSizeLessThanOrEqualTo(255));
    }
  }

  /// An internet-facing load balancer sees the NAT gateway's address of workers, and the public
  /// addresses of control planes: without these rules no kubelet would reach the endpoint.
  @Test
  void theClustersOwnMachinesReachItsPublicEndpoint() {
    List<Object> sources =
        of(plan("3 control planes"), "SecurityGroupIngressRule")
            .filter(r -> r.name().startsWith("balancer-kubernetes-from-"))
            .map(r -> r.inputs().get("cidrIpv4"))
            .toList();
    assertThat(sources)
        .contains(
            Concat.of(new Ref(AwsNetwork.NAT_ADDRESS, "publicIp"), "/32"),
            Concat.of(new Ref("demo-control-plane-2", "publicIp"), "/32"));
  }

  @Test
  void machinesAreHardened() {
    for (String option : AwsFiles.all().keySet()) {
      of(plan(option), "Instance")
          .forEach(
              machine -> {
                boolean worker = !machine.name().contains("-control-plane-");
                Map<String, Object> inputs = machine.inputs();
                assertThat((Map<?, ?>) inputs.get("metadataOptions"))
                    .isEqualTo(
                        Map.of(
                            "httpEndpoint", "enabled",
                            "httpTokens", "required",
                            "httpPutResponseHopLimit", worker ? 1 : 2,
                            "instanceMetadataTags", "disabled"));
                Map<?, ?> disk = (Map<?, ?>) Objects.requireNonNull(inputs.get("rootBlockDevice"));
                assertThat(disk.get("encrypted")).isEqualTo(true);
                assertThat(disk.get("volumeType")).isEqualTo("gp3");
                assertThat(inputs.get("associatePublicIpAddress"))
                    .isEqualTo(!worker && !option.contains("internal"));
                assertThat(inputs.containsKey("iamInstanceProfile")).isEqualTo(!worker);
                assertThat(inputs.containsKey("userDataBase64"))
                    .isEqualTo(option.contains("user data"));
              });
    }
  }

  @Test
  void machinesAreSpreadOverZones() {
    InfraPlan plan = plan("5 control planes");
    List<Object> subnets =
        of(plan, "Instance")
            .filter(m -> m.name().contains("control-plane"))
            .map(m -> m.inputs().get("subnetId"))
            .toList();
    assertThat(subnets.stream().distinct()).hasSize(3);
    assertThat(subnets).first().isEqualTo(new Ref("public-ap-southeast-2a", "id"));
    assertThat(named(plan, "demo-general-2").inputs())
        .containsEntry("subnetId", new Ref("private-ap-southeast-2b", "id"));
  }

  @Test
  void aGivenNetworkIsLeftAlone() {
    for (String option : List.of("existing, internal", "existing, public")) {
      InfraPlan plan = plan(option);
      assertThat(plan.resources())
          .extracting(Resource::type)
          .noneMatch(
              t -> t.matches("aws:ec2/(vpc|subnet|route.*|internetGateway|natGateway|eip):.*"));
      assertThat(named(plan, AwsSecurity.WORKER).inputs())
          .containsEntry("vpcId", "vpc-0123456789abcdef0");
      assertThat(named(plan, "demo-general-2").inputs()).containsEntry("subnetId", "subnet-0b");
    }
    Platform.Cluster known =
        AwsFiles.cluster(
            AwsFiles.read(file("existing, public")),
            new Choices(
                Map.of(),
                Map.of(),
                Map.of("demo-general-1", "ap-southeast-2b"),
                Map.of(
                    "zone:subnet-0a", "ap-southeast-2a",
                    "zone:subnet-0b", "ap-southeast-2b",
                    "egressAddresses", "192.0.2.1")));
    InfraPlan plan = TARGET.plan(known);
    assertThat(named(plan, "demo-general-1").inputs()).containsEntry("subnetId", "subnet-0b");
    assertThat(named(plan, "balancer-kubernetes-from-192.0.2.1-32").inputs())
        .containsEntry("cidrIpv4", "192.0.2.1/32");
  }

  @Test
  void anInternalClusterHasNoPublicSide() {
    InfraPlan plan = plan("internal with a proxy");
    assertThat(plan.resources())
        .extracting(Resource::type)
        .noneMatch(t -> t.matches("aws:ec2/(internetGateway|natGateway|eip):.*"));
    assertThat(named(plan, AwsBalancer.MAIN).inputs()).containsEntry("internal", true);
    assertThat(plan("internal").outputs().toString()).doesNotContain("door", "publicAddress");
    assertThat(plan.toString()).doesNotContain("publicIp");
  }

  /// With a proxy nodes call the organisation's networks and the proxy, nothing else.
  @Test
  void aProxyIsTheWayOut() {
    List<Object> ways =
        of(plan("internal with a proxy"), "SecurityGroupEgressRule")
            .filter(r -> r.name().startsWith("worker-to"))
            .map(r -> r.inputs().get("cidrIpv4") + " " + r.inputs().get("toPort"))
            .map(Object.class::cast)
            .toList();
    assertThat(ways)
        .containsExactlyInAnyOrder(
            "10.0.0.0/8 null",
            "172.16.0.0/12 null",
            "192.168.0.0/16 null",
            "10.20.0.0/16 null",
            "10.9.0.1/32 3128",
            "0.0.0.0/0 3129");
  }

  @Test
  void doorsFillTheFirstLoadBalancerAndThenFurtherOnes() {
    InfraPlan plan = plan("90 workers");
    Map<Object, Long> listeners = new HashMap<>();
    of(plan, "Listener")
        .forEach(l -> listeners.merge(l.inputs().get("loadBalancerArn"), 1L, Long::sum));
    assertThat(listeners)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                new Ref(AwsBalancer.MAIN, "arn"), 44L,
                new Ref("config-door-1", "arn"), 45L,
                new Ref("config-door-2", "arn"), 5L));
    assertThat(of(plan("configurations in user data"), "Listener")).hasSize(4);
  }

  @Test
  void aDoorStaysWhereItIsWhenOtherWorkersComeAndGo() {
    String before = file("3 control planes");
    ClusterSpec two = AwsFiles.read(before);
    Map<String, String> doors = AwsTarget.doors(two, Choices.NONE);
    assertThat(doors).isEqualTo(Map.of("door:demo-general-1", "1", "door:demo-general-2", "2"));
    ClusterSpec more =
        AwsFiles.read(before.replace("workers: [", "workers: [{name: first, count: 1}, "));
    Choices kept = new Choices(Map.of(), Map.of(), Map.of(), doors);
    assertThat(new TreeMap<>(AwsTarget.doors(more, kept)))
        .containsEntry("door:demo-general-1", "1")
        .containsEntry("door:demo-first-1", "3");
  }

  @Test
  void namesFitAndAreUnique() {
    for (String option : AwsFiles.all().keySet()) {
      List<String> names =
          Stream.of("LoadBalancer", "TargetGroup")
              .flatMap(type -> of(plan(option), type))
              .map(r -> String.valueOf(r.inputs().get("name")))
              .toList();
      assertThat(names)
          .as(option)
          .doesNotHaveDuplicates()
          .allMatch(n -> n.matches("(?!internal-)[A-Za-z0-9][A-Za-z0-9-]{0,30}[A-Za-z0-9]"));
    }
  }

  @Test
  void everythingThatTakesTagsHasThem() {
    InfraPlan plan = plan("3 control planes");
    io.sskuba.infra.types.TypeCatalog catalog = io.sskuba.infra.types.TypeCatalog.of("aws");
    for (Resource resource : plan.resources()) {
      if (Objects.requireNonNull(catalog.types().get(resource.type()))
          .inputs()
          .containsKey("tags")) {
        Map<?, ?> tags = (Map<?, ?>) Objects.requireNonNull(resource.inputs().get("tags"));
        assertThat(tags.get("sskuba.io/key"))
            .isEqualTo(AwsFiles.CLUSTER_ID + "/" + resource.name());
        assertThat(tags.get("sskuba.io/owner")).isEqualTo("Team _EU_ one@example.org");
        assertThat(tags.size()).isLessThanOrEqualTo(50);
      }
    }
    Map<?, ?> disk =
        (Map<?, ?>)
            Objects.requireNonNull(named(plan, "demo-general-1").inputs().get("rootBlockDevice"));
    assertThat((Map<?, ?>) disk.get("tags")).hasSizeGreaterThan(5);
  }

  @Test
  void refusesWhatAwsWouldRefuse() {
    StringBuilder labels = new StringBuilder();
    for (int i = 0; i < 45; i++) {
      labels.append("l").append(i).append(": v, ");
    }
    String many = file("3 control planes").replace("owner:", "labels: {" + labels + "}, owner:");
    assertThatThrownBy(() -> TARGET.plan(AwsFiles.cluster(many)))
        .isInstanceOf(SskubaException.class)
        .hasMessageContaining("AWS takes 50 tags");
    String reserved = file("3 control planes").replace("owner:", "labels: {'aws:x': v}, owner:");
    assertThatThrownBy(() -> TARGET.plan(AwsFiles.cluster(reserved)))
        .hasMessageContaining("keeps keys that begin with aws:");
    for (String cidr : List.of("10.0.0.0/10", "10.20.0.0/25")) {
      String wrong = file("3 control planes").replace("10.20.0.0/16", cidr);
      assertThatThrownBy(() -> TARGET.plan(AwsFiles.cluster(wrong)))
          .isInstanceOf(SskubaException.class)
          .hasMessageContaining("cannot be a VPC with subnets in 3 zones");
    }
  }

  /// No action that changes something is allowed on everything.
  @Test
  void rolesAreNarrow() {
    of(plan("3 control planes"), "RolePolicy")
        .map(r -> io.sskuba.io.Json.parse(String.valueOf(r.inputs().get("policy"))))
        .flatMap(p -> p.path("Statement").valueStream())
        .forEach(
            statement -> {
              boolean looks =
                  statement
                      .path("Action")
                      .valueStream()
                      .allMatch(a -> a.asText().contains(":Describe"));
              boolean everything =
                  statement.path("Resource").valueStream().anyMatch(r -> r.asText().equals("*"));
              assertThat(everything).as(statement.toString()).isEqualTo(looks);
              assertThat(looks || statement.has("Condition")).as(statement.toString()).isTrue();
              assertThat(statement.path("Action").toString()).doesNotContain("*");
            });
    assertThat(plan("another partition").toString())
        .contains("arn:aws-cn:ec2:cn-north-1")
        .doesNotContain("arn:aws:");
  }

  @Test
  void imagesAndZonesThatAreKnownAreNotLookedUp() {
    InfraPlan open = plan("route53");
    assertThat(named(open, "demo-general-1").inputs().get("ami")).isInstanceOf(Lookup.class);
    assertThat(named(open, "dns-name").inputs().get("zoneId")).isInstanceOf(Lookup.class);
    Choices known =
        new Choices(
            Map.of("amd64", "ami-1"),
            Map.of("demo-general-2", "m6i.large"),
            Map.of(),
            Map.of("zoneId", "Z1"));
    InfraPlan plan = TARGET.plan(AwsFiles.cluster(AwsFiles.read(file("route53")), known));
    assertThat(plan.toString()).doesNotContain("Lookup[");
    assertThat(named(plan, "demo-general-2").inputs())
        .containsEntry("instanceType", "m6i.large")
        .containsEntry("ami", "ami-1");
    assertThat(named(plan, "dns-wildcard").dependsOn()).containsExactly(AwsDns.OWNERSHIP);
  }

  @Test
  void userDataIsASecret() {
    InfraPlan plan =
        TARGET.plan(
            AwsFiles.cluster(AwsFiles.read(file("configurations in user data")), Choices.NONE));
    assertThat(named(plan, "demo-general-1").inputs())
        .containsEntry("userDataBase64", UserData.of("demo-general-1"));
    InfraPlan filled =
        UserData.fillKnown(plan, UserData.bytes(Map.of("demo-general-1", "machine: {}")));
    assertThat(named(filled, "demo-general-1").inputs())
        .containsEntry("userDataBase64", new Secret("bWFjaGluZToge30="));
    assertThat(filled.toString()).doesNotContain("bWFjaGluZToge30=");
  }

  private static Map<String, Object> outputs() {
    return Map.of(
        "endpoint",
        "demo-1.elb.ap-southeast-2.amazonaws.com",
        "machines",
        Map.of(
            "demo-control-plane-1",
                Map.of(
                    "id", "i-1",
                    "address", "10.20.192.5",
                    "publicAddress", "192.0.2.5",
                    "door", "192.0.2.5:50000"),
            "demo-general-1",
                Map.of(
                    "id", "i-2",
                    "address", "10.20.0.7",
                    "door", "demo-1.elb.ap-southeast-2.amazonaws.com:50101")));
  }

  @Test
  void theTopologyHasDoorsAndNames() {
    Topology topology = TARGET.topology(AwsFiles.cluster(file("1 control planes")), outputs());
    assertThat(topology.endpointHost()).isEqualTo("demo-1.elb.ap-southeast-2.amazonaws.com");
    assertThat(topology.certSans())
        .containsExactly(
            "demo.data.example.org", "demo-1.elb.ap-southeast-2.amazonaws.com", "192.0.2.5");
    assertThat(topology.addresses().talos("10.20.192.5", 50000))
        .isEqualTo(new AddressMap.Dial("192.0.2.5", 50000));
    assertThat(topology.addresses().talos("10.20.0.7", 50000))
        .isEqualTo(new AddressMap.Dial("demo-1.elb.ap-southeast-2.amazonaws.com", 50101));
    assertThat(TARGET.topology(AwsFiles.cluster(file("route53")), Map.of()).endpointHost())
        .isEqualTo("demo.data.example.org");
    assertThat(
            TARGET
                .topology(AwsFiles.cluster(file("a host of the user's")), outputs())
                .endpointHost())
        .isEqualTo("api.example.org");
  }

  @Test
  void machinesThatAreThereAreInTheTopologyAndNotInThePlan() {
    Platform.Cluster cluster = AwsFiles.cluster(file("stretch over kubespan"));
    Topology topology = TARGET.topology(cluster, Map.of());
    assertThat(topology.workers())
        .extracting(Topology.Machine::address, Topology.Machine::arch)
        .startsWith(
            org.assertj.core.groups.Tuple.tuple("198.51.100.7", "amd64"),
            org.assertj.core.groups.Tuple.tuple("edge.example.org", "arm64"));
    assertThat(topology.workers().getFirst().fingerprint()).isNotNull();
    InfraPlan plan = TARGET.plan(cluster);
    assertThat(of(plan, "Instance").map(Resource::name))
        .containsExactly(
            "demo-control-plane-1", "demo-control-plane-2", "demo-control-plane-3", "demo-edge-3");
    assertThat(Target.machines(cluster.spec())).hasSize(6);
    assertThat(of(plan, "SecurityGroupIngressRule").map(Resource::name))
        .contains("balancer-kubernetes-from-198.51.100.7-32", "worker-kubespan-from-anywhere");
  }
}
