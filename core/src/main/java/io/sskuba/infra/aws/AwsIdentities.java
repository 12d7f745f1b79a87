package io.sskuba.infra.aws;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.io.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What the cluster itself may do in the account: the cloud controller and the controller of EBS
/// volumes, both on control planes. Workers have no role at all, so a pod there has nothing to
/// steal.
///
/// `Describe…` actions know no resources, so `*` stands there. Everything that changes something is
/// bound to the tag `kubernetes.io/cluster/CLUSTERID = owned`: on what exists, or on what is being
/// made. Tags are given at creation only, so nothing else can be tagged into reach.
/// - Source: https://kubernetes.github.io/cloud-provider-aws/prerequisites/ and the driver's
///   `docs/example-iam-policy.json`, narrowed; actions and their condition keys:
///   https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
final class AwsIdentities {
  static final String PROFILE = "control-plane-profile";
  private static final String ROLE = "control-plane-role";
  private static final int ROLE_NAME_MAX = 64;

  private final AwsContext aws;

  AwsIdentities(AwsContext aws) {
    this.aws = aws;
  }

  /// The tag by which the cloud controller knows what is the cluster's; its value is `owned`.
  static String kubernetesTag(String clusterId) {
    return "kubernetes.io/cluster/" + clusterId;
  }

  void add() {
    if (aws.madeControlPlanes().isEmpty()) {
      return;
    }
    String service =
        aws.partition().equals("aws-cn") ? "ec2.amazonaws.com.cn" : "ec2.amazonaws.com";
    ObjectNode trust = document();
    ObjectNode assume = trust.withArray("Statement").addObject();
    assume.put("Effect", "Allow").putObject("Principal").put("Service", service);
    assume.put("Action", "sts:AssumeRole");
    aws.tagged(
        "aws:iam/role:Role",
        ROLE,
        Map.of(
            "name", aws.brief("control-plane", ROLE_NAME_MAX),
            "description", "Control planes of a sskuba cluster",
            "assumeRolePolicy", Json.compact(trust)));
    policy("cloud-controller-policy", "cloud-controller", cloudController());
    policy("ebs-csi-policy", "ebs-csi", volumes());
    aws.tagged(
        "aws:iam/instanceProfile:InstanceProfile",
        PROFILE,
        Map.of(
            "name",
            aws.brief("control-plane-profile", ROLE_NAME_MAX),
            "role",
            new Ref(ROLE, "name")));
  }

  private void policy(String resource, String name, ObjectNode document) {
    aws.plain(
        "aws:iam/rolePolicy:RolePolicy",
        resource,
        Map.of("role", new Ref(ROLE, "name"), "name", name, "policy", Json.compact(document)));
  }

  private static ObjectNode document() {
    ObjectNode document = Json.object();
    document.put("Version", "2012-10-17");
    return document;
  }

  private String ec2(String kind) {
    return "arn:" + aws.partition() + ":ec2:" + aws.region() + ":*:" + kind + "/*";
  }

  private String balancing(String kind) {
    return "arn:" + aws.partition() + ":elasticloadbalancing:" + aws.region() + ":*:" + kind + "/*";
  }

  private Map<String, String> owned() {
    return Map.of("aws:ResourceTag/" + kubernetesTag(aws.clusterId()), "owned");
  }

  private Map<String, String> becomingOwned() {
    return Map.of("aws:RequestTag/" + kubernetesTag(aws.clusterId()), "owned");
  }

  private ObjectNode cloudController() {
    ObjectNode document = document();
    statement(
        document,
        "Look",
        List.of(
            "ec2:DescribeAvailabilityZones",
            "ec2:DescribeInstances",
            "ec2:DescribeInstanceTopology",
            "ec2:DescribeRegions",
            "ec2:DescribeRouteTables",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeLoadBalancerAttributes",
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeTags",
            "elasticloadbalancing:DescribeTargetGroupAttributes",
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetHealth"),
        List.of("*"),
        Map.of());
    ownGroups(document);
    ownBalancers(document);
    return document;
  }

  private void ownGroups(ObjectNode document) {
    statement(
        document,
        "MakeGroups",
        List.of("ec2:CreateSecurityGroup"),
        List.of(ec2("security-group")),
        becomingOwned());
    statement(
        document,
        "MakeGroupsInVpc",
        List.of("ec2:CreateSecurityGroup"),
        List.of(ec2("vpc")),
        aws.isExisting()
            ? Map.of()
            : Map.of("aws:ResourceTag/sskuba.io/cluster-id", aws.clusterId()));
    statement(
        document,
        "ChangeOwnGroups",
        List.of(
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:DeleteSecurityGroup",
            "ec2:RevokeSecurityGroupIngress"),
        List.of(ec2("security-group")),
        owned());
    tagging(
        document,
        List.of(ec2("security-group")),
        Map.of("ec2:CreateAction", "CreateSecurityGroup"));
  }

  private void ownBalancers(ObjectNode document) {
    statement(
        document,
        "MakeBalancers",
        List.of(
            "elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateTargetGroup"),
        List.of(balancing("loadbalancer"), balancing("targetgroup")),
        becomingOwned());
    statement(
        document,
        "ChangeOwnBalancers",
        List.of(
            "elasticloadbalancing:CreateListener",
            "elasticloadbalancing:DeleteListener",
            "elasticloadbalancing:DeleteLoadBalancer",
            "elasticloadbalancing:DeleteTargetGroup",
            "elasticloadbalancing:DeregisterTargets",
            "elasticloadbalancing:ModifyListener",
            "elasticloadbalancing:ModifyLoadBalancerAttributes",
            "elasticloadbalancing:ModifyTargetGroup",
            "elasticloadbalancing:ModifyTargetGroupAttributes",
            "elasticloadbalancing:RegisterTargets",
            "elasticloadbalancing:SetSecurityGroups"),
        List.of(balancing("loadbalancer"), balancing("targetgroup"), balancing("listener")),
        owned());
    ObjectNode tag =
        statement(
            document,
            "TagBalancersAtCreation",
            List.of("elasticloadbalancing:AddTags"),
            List.of(balancing("loadbalancer"), balancing("targetgroup"), balancing("listener")),
            Map.of());
    ArrayNode creations =
        tag.putObject("Condition")
            .putObject("StringEquals")
            .putArray("elasticloadbalancing:CreateAction");
    List.of("CreateLoadBalancer", "CreateTargetGroup", "CreateListener").forEach(creations::add);
  }

  private ObjectNode volumes() {
    ObjectNode document = document();
    statement(
        document,
        "Look",
        List.of(
            "ec2:DescribeAvailabilityZones",
            "ec2:DescribeInstances",
            "ec2:DescribeSnapshots",
            "ec2:DescribeTags",
            "ec2:DescribeVolumes",
            "ec2:DescribeVolumesModifications"),
        List.of("*"),
        Map.of());
    statement(
        document,
        "MakeVolumes",
        List.of("ec2:CreateVolume"),
        List.of(ec2("volume")),
        becomingOwned());
    statement(
        document,
        "MakeSnapshots",
        List.of("ec2:CreateSnapshot"),
        List.of(ec2("snapshot")),
        becomingOwned());
    statement(
        document,
        "UseOwnVolumes",
        List.of(
            "ec2:AttachVolume",
            "ec2:CreateSnapshot",
            "ec2:DeleteVolume",
            "ec2:DetachVolume",
            "ec2:ModifyVolume"),
        List.of(ec2("volume")),
        owned());
    statement(
        document,
        "UseOwnMachines",
        List.of("ec2:AttachVolume", "ec2:DetachVolume"),
        List.of(ec2("instance")),
        owned());
    statement(
        document,
        "UseOwnSnapshots",
        List.of("ec2:CreateVolume", "ec2:DeleteSnapshot"),
        List.of(
            "arn:" + aws.partition() + ":ec2:" + aws.region() + "::snapshot/*", ec2("snapshot")),
        owned());
    tagging(
        document,
        List.of(ec2("volume"), ec2("snapshot")),
        Map.of("ec2:CreateAction", "CreateVolume"));
    tagging(document, List.of(ec2("snapshot")), Map.of("ec2:CreateAction", "CreateSnapshot"));
    return document;
  }

  /// Tags may be given to what is being made, nowhere else.
  private static void tagging(
      ObjectNode document, List<String> resources, Map<String, String> condition) {
    String action = condition.values().iterator().next();
    statement(document, "TagAt" + action, List.of("ec2:CreateTags"), resources, condition);
  }

  private static ObjectNode statement(
      ObjectNode document,
      String id,
      List<String> actions,
      List<String> resources,
      Map<String, String> condition) {
    ObjectNode statement = document.withArray("Statement").addObject();
    statement.put("Sid", id).put("Effect", "Allow");
    actions.forEach(statement.putArray("Action")::add);
    resources.forEach(statement.putArray("Resource")::add);
    if (!condition.isEmpty()) {
      ObjectNode equals = statement.putObject("Condition").putObject("StringEquals");
      new LinkedHashMap<>(condition).forEach(equals::put);
    }
    return statement;
  }
}
