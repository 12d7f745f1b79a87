package io.sskuba.clouds.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.cloud.CloudAccount;
import io.sskuba.infra.Choices;
import io.sskuba.infra.Platform.Finding;
import io.sskuba.infra.Platform.Found;
import io.sskuba.infra.aws.AwsNames;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.ClusterSpec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ec2.model.DomainType;
import software.amazon.awssdk.services.ec2.model.ResourceType;
import software.amazon.awssdk.services.ec2.model.Tag;
import software.amazon.awssdk.services.ec2.model.TagSpecification;
import software.amazon.awssdk.services.elasticloadbalancingv2.ElasticLoadBalancingV2Client;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.route53.Route53Client;
import software.amazon.awssdk.services.route53.model.ChangeAction;
import software.amazon.awssdk.services.route53.model.RRType;

/// The look at an AWS account, on real moto.
class AwsAccountPeerIT {
  private static final Duration EXPECTED = Duration.ofMinutes(15);
  private static AwsRoom room;
  @TempDir static Path folder;

  @BeforeAll
  static void start() throws Exception {
    room = new AwsRoom("127.214.1.1", folder);
    room.direct(Route53Client.builder())
        .createHostedZone(r -> r.name("data.example.org").callerReference("1"));
  }

  @AfterAll
  static void stop() {
    if (room != null) {
      room.close();
    }
  }

  @BeforeEach
  void fits() {
    room.fits();
  }

  private static String file(String name, String target) {
    return """
    apiVersion: sskuba.io/v1alpha1
    kind: Cluster
    metadata: {name: %s, domain: data.example.org}
    gitops: {url: https://git.example.org/a/b.git, token: {env: TOKEN}}
    dns: {provider: route53}
    target:
      provider: aws
      region: ap-southeast-2
    %s
    """
        .formatted(name, target.indent(2));
  }

  private static final String GOOD =
      """
      zones: [ap-southeast-2a, ap-southeast-2b]
      network: {cidr: 10.20.0.0/16, adminCidrs: [203.0.113.0/24]}
      controlPlane: {count: 3, type: m6i.xlarge}
      workers: [{name: general, count: 2, type: m6i.2xlarge}]
      """;

  private static CloudAccount account(ClusterSpec spec) {
    return AwsAccount.of(spec, AwsRoom.environment(folder), TimeSource.system());
  }

  private static List<Finding> findings(String file) {
    ClusterSpec spec = AwsRoom.spec(file);
    return account(spec).findings(spec, EXPECTED);
  }

  private static List<ProblemCode> codes(List<Finding> findings, boolean stops) {
    return findings.stream().filter(f -> f.stops() == stops).map(f -> f.problem().code()).toList();
  }

  private static String text(List<Finding> findings) {
    StringBuilder text = new StringBuilder();
    for (Finding finding : findings) {
      text.append(finding.stops()).append(' ').append(finding.problem()).append('\n');
    }
    return text.toString();
  }

  @Test
  void anAccountThatFitsHasNoFindingAndIsOnlyLookedAt() {
    List<Finding> findings = findings(file("fits", GOOD));
    assertThat(findings).as(text(findings)).isEmpty();
    assertThat(room.door.calls()).hasSizeGreaterThan(15);
    assertThat(room.door.mutations()).isEmpty();
  }

  @Test
  void identityIsOfTheCredentials() {
    CloudAccount.Identity identity = account(AwsRoom.spec(file("who", GOOD))).identity();
    assertThat(identity.subject()).isEqualTo("arn:aws:iam::123456789012:user/alice");
    assertThat(identity.account()).isEqualTo("123456789012");
    assertThat(identity.expires()).isEmpty();
  }

  @Test
  void everythingThatIsWrongIsSaidAtOnce() {
    room.quota(4);
    room.simulation("implicitDeny", "");
    List<Finding> findings =
        findings(
            file(
                    "wrong",
                    """
                    zones: [ap-southeast-2a, ap-southeast-2z]
                    network: {cidr: 172.31.0.0/16, adminCidrs: [203.0.113.0/24]}
                    controlPlane: {count: 3, type: m6i.xlarge, arch: arm64}
                    workers:
                      - {name: none, count: 1, type: [m99.large]}
                      - {name: next, count: 1, type: [m99.large, m6i.xlarge]}
                      - {name: gpu, count: 1, type: g5.2xlarge, gpu: {vendor: nvidia}}
                    """)
                .replace(
                    "dns: {provider: route53}", "dns: {provider: route53, zone: example.org}"));
    assertThat(codes(findings, true))
        .as(text(findings))
        .contains(
            ProblemCode.CLOUD_DENIED,
            ProblemCode.SPEC_INVALID,
            ProblemCode.CLOUD_NOT_OFFERED,
            ProblemCode.CLOUD_IMAGE_MISSING,
            ProblemCode.CLOUD_QUOTA,
            ProblemCode.DNS_ZONE_MISSING);
    assertThat(codes(findings, false))
        .as(text(findings))
        .contains(ProblemCode.CLOUD_NOT_OFFERED, ProblemCode.CLOUD_OVERLAP);
    assertThat(text(findings))
        .contains("ec2:CreateVpc", "ap-southeast-2z", "m99.large", "amd64-nvidia")
        .contains("does not boot arch arm64")
        .contains("4 allowed, 0 used, 18 needed");
    assertThat(room.door.mutations()).isEmpty();
  }

  @Test
  void aTypeThatNoZoneOffersIsLeftOutAndSaid() {
    ClusterSpec spec =
        AwsRoom.spec(file("ladder", GOOD.replace("m6i.2xlarge", "[m99.large, m6i.2xlarge]")));
    CloudAccount account = account(spec);
    List<Finding> findings = account.findings(spec, EXPECTED);
    assertThat(codes(findings, true)).as(text(findings)).isEmpty();
    assertThat(text(findings)).contains("m99.large is left out");
    int asked = room.door.calls().size();
    Choices choices = account.choices(spec, Choices.NONE);
    assertThat(room.door.calls()).as("one look is enough").hasSize(asked);
    assertThat(choices.types()).containsEntry("ladder-general-1", "m6i.2xlarge");
    assertThat(choices.images()).isEqualTo(Map.of("amd64", "ami-0aaaaaaaaaaaaaa64"));
    assertThat(choices.facts()).containsKey("zoneId").containsEntry("offered:m99.large", "");
    assertThat(choices.offered("m99.large", "ap-southeast-2a")).isFalse();
    // What was chosen stays, whatever is offered later.
    Choices later =
        account.choices(
            spec,
            new Choices(
                Map.of("amd64", "ami-1"),
                Map.of(),
                Map.of(),
                Map.of("offered:m99.large", "ap-southeast-2a,ap-southeast-2b")));
    assertThat(later.images()).containsEntry("amd64", "ami-1");
    assertThat(later.types()).doesNotContainKey("ladder-general-1");
  }

  @Test
  void whatMayNotBeAskedIsAWarning() {
    String denied =
        "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error>"
            + "</Errors><RequestID>1</RequestID></Response>";
    room.door.answer("DescribeImages", _ -> AwsDoor.Answer.xml(403, denied));
    room.door.answer(
        "SimulatePrincipalPolicy",
        _ ->
            AwsDoor.Answer.xml(
                403,
                "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error>"
                    + "</ErrorResponse>"));
    room.door.answer(
        "GetServiceQuota",
        _ -> AwsDoor.Answer.json(400, "{\"__type\":\"NoSuchResourceException\"}"));
    List<Finding> findings = findings(file("blind", GOOD));
    assertThat(codes(findings, true)).as(text(findings)).isEmpty();
    assertThat(codes(findings, false))
        .containsOnly(ProblemCode.CLOUD_UNASKED)
        .hasSizeGreaterThanOrEqualTo(3);
    assertThat(text(findings)).contains("iam:SimulatePrincipalPolicy", "UnauthorizedOperation 403");
  }

  @Test
  void aDenialThatLacksContextIsAWarning() {
    room.simulation("implicitDeny", "aws:RequestTag/sskuba.io/cluster");
    List<Finding> findings = findings(file("perhaps", GOOD));
    assertThat(codes(findings, true)).as(text(findings)).isEmpty();
    assertThat(codes(findings, false)).containsExactly(ProblemCode.CLOUD_DENIED);
  }

  @Test
  void credentialsThatEndedAreTheOnlyProblem() {
    room.door.answer(
        "*",
        _ ->
            AwsDoor.Answer.xml(
                400,
                "<Response><Errors><Error><Code>ExpiredToken</Code><Message>ended</Message>"
                    + "</Error></Errors></Response>"));
    room.door.answer(
        "GetCallerIdentity",
        _ ->
            AwsDoor.Answer.xml(
                403,
                "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>ended</Message></Error>"
                    + "</ErrorResponse>"));
    assertThatThrownBy(() -> findings(file("ended", GOOD)))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.CLOUD_CREDENTIALS));
  }

  @Test
  void throttlingIsWaitedOut() {
    var turned = new java.util.concurrent.atomic.AtomicInteger();
    room.door.answer(
        "DescribeVpcs",
        _ ->
            turned.getAndIncrement() > 1
                ? null
                : AwsDoor.Answer.xml(
                    503,
                    "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>slow"
                        + "</Message></Error></Errors></Response>"));
    List<Finding> findings = findings(file("throttled", GOOD));
    assertThat(findings).as(text(findings)).isEmpty();
    assertThat(turned.get()).isGreaterThan(2);
  }

  @Test
  void anExistingNetworkIsJudged() {
    try (Ec2Client ec2 = room.direct(Ec2Client.builder())) {
      String vpc = ec2.createVpc(r -> r.cidrBlock("10.244.0.0/20")).vpc().vpcId();
      String other = ec2.createVpc(r -> r.cidrBlock("10.9.0.0/16")).vpc().vpcId();
      String small =
          ec2.createSubnet(
                  r -> r.vpcId(vpc).cidrBlock("10.244.0.0/28").availabilityZone("ap-southeast-2a"))
              .subnet()
              .subnetId();
      String stray =
          ec2.createSubnet(
                  r -> r.vpcId(other).cidrBlock("10.9.1.0/24").availabilityZone("ap-southeast-2b"))
              .subnet()
              .subnetId();
      String network =
          """
          zones: [ap-southeast-2a, ap-southeast-2b]
          network:
            adminCidrs: [10.0.0.0/8]
            existing: {network: %s, subnets: [%s, %s, subnet-0123456789abcdef0]}
          endpoint: {scheme: internal}
          controlPlane: {count: 3, type: m6i.xlarge}
          workers: [{name: general, count: 9, type: m6i.xlarge}]
          """
              .formatted(vpc, small, stray);
      List<Finding> findings = findings(file("landing", network));
      assertThat(codes(findings, true))
          .as(text(findings))
          .contains(ProblemCode.SPEC_INVALID, ProblemCode.CLOUD_ADDRESSES);
      assertThat(text(findings))
          .contains("subnet-0123456789abcdef0 is not in")
          .contains(stray + " is in another network")
          .contains("10.244.0.0/16 overlaps the VPC's own 10.244.0.0/20")
          .contains("11 free, 16 needed")
          .contains("no existing subnet lies in ap-southeast-2b");
      assertThat(findings(file("landing", network.replace(vpc, "vpc-0123456789abcdef0"))))
          .anyMatch(f -> f.problem().summary().contains("vpc-0123456789abcdef0 is not in"));
    }
  }

  @Test
  void aNameOfAnotherIsNotTaken() {
    try (Route53Client names = room.direct(Route53Client.builder())) {
      String zone =
          names
              .listHostedZonesByName(r -> r.dnsName("data.example.org"))
              .hostedZones()
              .getFirst()
              .id()
              .replace("/hostedzone/", "");
      names.changeResourceRecordSets(
          r ->
              r.hostedZoneId(zone)
                  .changeBatch(
                      b ->
                          b.changes(
                              c ->
                                  c.action(ChangeAction.CREATE)
                                      .resourceRecordSet(
                                          s ->
                                              s.name("taken.data.example.org")
                                                  .type(RRType.A)
                                                  .ttl(60L)
                                                  .resourceRecords(v -> v.value("192.0.2.1"))))));
    }
    List<Finding> findings = findings(file("taken", GOOD));
    assertThat(codes(findings, true))
        .as(text(findings))
        .containsExactly(ProblemCode.DNS_NAME_TAKEN);
  }

  private static TagSpecification tags(ResourceType type, String name) {
    return TagSpecification.builder()
        .resourceType(type)
        .tags(
            Tag.builder().key("sskuba.io/cluster").value("held.data.example.org").build(),
            Tag.builder().key("sskuba.io/cluster-id").value("c1").build(),
            Tag.builder().key("sskuba.io/key").value("c1/" + name).build())
        .build();
  }

  @Test
  void whatBearsTheTagsIsFoundAndWhatIsGoneIsGone() {
    try (Ec2Client ec2 = room.direct(Ec2Client.builder());
        IamClient iam = room.direct(IamClient.builder());
        ElasticLoadBalancingV2Client balancing =
            room.direct(ElasticLoadBalancingV2Client.builder())) {
      String vpc =
          ec2.createVpc(
                  r -> r.cidrBlock("10.77.0.0/16").tagSpecifications(tags(ResourceType.VPC, "vpc")))
              .vpc()
              .vpcId();
      String subnet =
          ec2.createSubnet(
                  r ->
                      r.vpcId(vpc)
                          .cidrBlock("10.77.1.0/24")
                          .tagSpecifications(tags(ResourceType.SUBNET, "private-a")))
              .subnet()
              .subnetId();
      String address =
          ec2.allocateAddress(
                  r ->
                      r.domain(DomainType.VPC)
                          .tagSpecifications(tags(ResourceType.ELASTIC_IP, "nat-address")))
              .allocationId();
      String machine =
          ec2.runInstances(
                  r ->
                      r.imageId("ami-0aaaaaaaaaaaaaa64")
                          .instanceType("m6i.xlarge")
                          .minCount(1)
                          .maxCount(1)
                          .subnetId(subnet)
                          .tagSpecifications(tags(ResourceType.INSTANCE, "held-general-1")))
              .instances()
              .getFirst()
              .instanceId();
      role(iam);
      String balancer = balancer(balancing, subnet);
      ClusterSpec spec = AwsRoom.spec(file("held", GOOD));
      CloudAccount account = account(spec);
      List<Found> found = account.inventory("held.data.example.org", Optional.of("c1"));
      assertThat(found)
          .contains(
              new Found(AwsNames.VPC, "vpc", vpc),
              new Found(AwsNames.SUBNET, "private-a", subnet),
              new Found(AwsNames.ADDRESS, "nat-address", address),
              new Found(AwsNames.INSTANCE, "held-general-1", machine),
              new Found(AwsNames.ROLE, "control-plane-role", "held-control-plane-abc"),
              new Found(AwsNames.BALANCER, "load-balancer", balancer));
      assertThat(account.inventory("held.data.example.org", Optional.of("c2"))).isEmpty();
      assertThat(account.inventory("other.data.example.org", Optional.empty())).isEmpty();
      isNotAskedOfTheQuotaAgain(account, spec);
      for (Found one : found) {
        assertThat(account.gone(one.type(), one.id())).as(one.toString()).isFalse();
      }
      takeAway(List.of(balancer, machine, address, subnet, vpc));
      for (Found one : found) {
        if (!one.type().startsWith("aws:ebs/") && !one.type().contains("networkInterface")) {
          assertThat(account.gone(one.type(), one.id())).as(one.toString()).isTrue();
        }
      }
      assertThat(account.inventory("held.data.example.org", Optional.of("c1"))).isEmpty();
    }
  }

  private static void isNotAskedOfTheQuotaAgain(CloudAccount account, ClusterSpec spec) {
    room.quota(1);
    List<Finding> again = account.findings(spec, EXPECTED);
    assertThat(text(again)).contains("vCPUs").doesNotContain("elastic addresses");
    assertThat(text(again)).contains("1 allowed, 4 used, 20 needed");
  }

  private static void takeAway(List<String> ids) {
    try (Ec2Client ec2 = room.direct(Ec2Client.builder());
        IamClient iam = room.direct(IamClient.builder());
        ElasticLoadBalancingV2Client balancing =
            room.direct(ElasticLoadBalancingV2Client.builder())) {
      balancing.deleteLoadBalancer(r -> r.loadBalancerArn(ids.get(0)));
      ec2.terminateInstances(r -> r.instanceIds(ids.get(1)));
      ec2.releaseAddress(r -> r.allocationId(ids.get(2)));
      ec2.deleteSubnet(r -> r.subnetId(ids.get(3)));
      ec2.deleteVpc(r -> r.vpcId(ids.get(4)));
      iam.deleteRole(r -> r.roleName("held-control-plane-abc"));
    }
  }

  private static void role(IamClient iam) {
    iam.createRole(
        r ->
            r.roleName("held-control-plane-abc")
                .assumeRolePolicyDocument("{\"Version\":\"2012-10-17\",\"Statement\":[]}")
                .tags(
                    t -> t.key("sskuba.io/cluster").value("held.data.example.org"),
                    t -> t.key("sskuba.io/cluster-id").value("c1"),
                    t -> t.key("sskuba.io/key").value("c1/control-plane-role")));
  }

  private static String balancer(ElasticLoadBalancingV2Client balancing, String subnet) {
    return balancing
        .createLoadBalancer(
            r ->
                r.name("held-api-abc")
                    .type("network")
                    .subnets(subnet)
                    .tags(
                        t -> t.key("sskuba.io/cluster").value("held.data.example.org"),
                        t -> t.key("sskuba.io/cluster-id").value("c1"),
                        t -> t.key("sskuba.io/key").value("c1/load-balancer")))
        .loadBalancers()
        .getFirst()
        .loadBalancerArn();
  }
}
