package io.sskuba.infra.aws;

import io.sskuba.spec.ClusterSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What the credentials must be allowed to do so that the plan can be made and taken away again.
/// - Source: https://docs.aws.amazon.com/service-authorization/latest/reference/ (actions and their
///   resource types)
public final class AwsActions {
  private AwsActions() {}

  /// Action to the pattern of the ARNs that it acts on, with `%s` for partition, region, account.
  private static final Map<String, List<String>> BY_RESOURCE = new LinkedHashMap<>();

  static {
    ec2("vpc", "CreateVpc", "ModifyVpcAttribute", "DeleteVpc");
    ec2("subnet", "CreateSubnet", "DeleteSubnet");
    ec2("internet-gateway", "CreateInternetGateway", "AttachInternetGateway");
    ec2("internet-gateway", "DetachInternetGateway", "DeleteInternetGateway");
    ec2("route-table", "CreateRouteTable", "CreateRoute", "AssociateRouteTable");
    ec2("route-table", "DisassociateRouteTable", "DeleteRoute", "DeleteRouteTable");
    ec2("elastic-ip", "AllocateAddress", "ReleaseAddress");
    ec2("natgateway", "CreateNatGateway", "DeleteNatGateway");
    ec2("security-group", "CreateSecurityGroup", "AuthorizeSecurityGroupIngress");
    ec2("security-group", "AuthorizeSecurityGroupEgress", "RevokeSecurityGroupIngress");
    ec2("security-group", "RevokeSecurityGroupEgress", "DeleteSecurityGroup");
    ec2("instance", "RunInstances", "TerminateInstances", "CreateTags");
    balancing("loadbalancer/net", "CreateLoadBalancer", "DeleteLoadBalancer", "AddTags");
    balancing("loadbalancer/net", "ModifyLoadBalancerAttributes", "CreateListener");
    balancing("listener/net", "DeleteListener");
    balancing("targetgroup", "CreateTargetGroup", "DeleteTargetGroup", "RegisterTargets");
    balancing("targetgroup", "DeregisterTargets");
    iam("role", "CreateRole", "DeleteRole", "PutRolePolicy", "DeleteRolePolicy", "PassRole");
    iam("role", "TagRole");
    iam("instance-profile", "CreateInstanceProfile", "AddRoleToInstanceProfile");
    iam("instance-profile", "RemoveRoleFromInstanceProfile", "DeleteInstanceProfile");
    put("arn:%1$s:route53:::hostedzone/*", "route53:ChangeResourceRecordSets");
  }

  private static void ec2(String kind, String... actions) {
    for (String action : actions) {
      put("arn:%1$s:ec2:%2$s:%3$s:" + kind + "/*", "ec2:" + action);
    }
  }

  private static void balancing(String kind, String... actions) {
    for (String action : actions) {
      put(
          "arn:%1$s:elasticloadbalancing:%2$s:%3$s:" + kind + "/*",
          "elasticloadbalancing:" + action);
    }
  }

  private static void iam(String kind, String... actions) {
    for (String action : actions) {
      put("arn:%1$s:iam::%3$s:" + kind + "/*", "iam:" + action);
    }
  }

  private static void put(String resource, String action) {
    BY_RESOURCE.computeIfAbsent(resource, _ -> new ArrayList<>()).add(action);
  }

  /// Actions of a cluster file, by the ARN that stands for what they act on.
  public static Map<String, List<String>> of(
      ClusterSpec spec, String partition, String region, String account) {
    boolean existing = spec.target().network().existing() != null;
    boolean names = spec.dns() != null && spec.dns().provider().equals("route53");
    Map<String, List<String>> actions = new TreeMap<>();
    BY_RESOURCE.forEach(
        (resource, all) -> {
          boolean network =
              List.of(
                      "vpc",
                      "subnet",
                      "internet-gateway",
                      "route-table",
                      "elastic-ip",
                      "natgateway")
                  .stream()
                  .anyMatch(kind -> resource.endsWith(":" + kind + "/*"));
          if ((network && existing) || (resource.contains(":route53:") && !names)) {
            return;
          }
          actions.put(resource.formatted(partition, region, account), List.copyOf(all));
        });
    return actions;
  }
}
