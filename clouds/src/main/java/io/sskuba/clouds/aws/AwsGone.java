package io.sskuba.clouds.aws;

import io.sskuba.infra.aws.AwsNames;
import java.util.List;
import java.util.function.Supplier;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ec2.model.InstanceStateName;
import software.amazon.awssdk.services.ec2.model.NatGatewayState;

/// Whether AWS itself says that a resource of our plans is gone. By its id alone, with the ids that
/// the Pulumi provider gives; a type that is not known here is never gone, since nobody looked.
/// - Source: ids: https://www.pulumi.com/registry/packages/aws/ ("Import" of each type)
final class AwsGone {
  private final AwsClients clients;

  AwsGone(AwsClients clients) {
    this.clients = clients;
  }

  boolean gone(String type, String id) {
    try {
      return switch (type) {
        case AwsNames.ROLE -> clients.iam().getRole(r -> r.roleName(id)).role() == null;
        case AwsNames.ROLE_POLICY -> policy(id);
        case AwsNames.PROFILE ->
            clients.iam().getInstanceProfile(r -> r.instanceProfileName(id)).instanceProfile()
                == null;
        case AwsNames.RECORD -> record(id);
        case AwsNames.BALANCER ->
            clients
                .balancing()
                .describeLoadBalancers(r -> r.loadBalancerArns(id))
                .loadBalancers()
                .isEmpty();
        case AwsNames.TARGETS ->
            clients
                .balancing()
                .describeTargetGroups(r -> r.targetGroupArns(id))
                .targetGroups()
                .isEmpty();
        case AwsNames.LISTENER ->
            clients.balancing().describeListeners(r -> r.listenerArns(id)).listeners().isEmpty();
        case AwsNames.ATTACHMENT -> attachment(id);
        default -> network(type, id);
      };
    } catch (AwsServiceException e) {
      if (AwsProblems.notFound(e)) {
        return true;
      }
      throw e;
    }
  }

  private boolean network(String type, String id) {
    Ec2Client ec2 = clients.ec2();
    return switch (type) {
      case AwsNames.INSTANCE ->
          ec2.describeInstances(r -> r.instanceIds(id)).reservations().stream()
              .flatMap(r -> r.instances().stream())
              .allMatch(i -> i.state().name() == InstanceStateName.TERMINATED);
      case AwsNames.VPC -> none(() -> ec2.describeVpcs(r -> r.vpcIds(id)).vpcs());
      case AwsNames.SUBNET -> none(() -> ec2.describeSubnets(r -> r.subnetIds(id)).subnets());
      case AwsNames.GATEWAY ->
          none(
              () -> ec2.describeInternetGateways(r -> r.internetGatewayIds(id)).internetGateways());
      case AwsNames.TABLE ->
          none(() -> ec2.describeRouteTables(r -> r.routeTableIds(id)).routeTables());
      case AwsNames.GROUP ->
          none(() -> ec2.describeSecurityGroups(r -> r.groupIds(id)).securityGroups());
      case AwsNames.INGRESS, AwsNames.EGRESS ->
          none(
              () ->
                  ec2.describeSecurityGroupRules(r -> r.securityGroupRuleIds(id))
                      .securityGroupRules());
      case AwsNames.ADDRESS ->
          none(() -> ec2.describeAddresses(r -> r.allocationIds(id)).addresses());
      case AwsNames.NAT ->
          ec2.describeNatGateways(r -> r.natGatewayIds(id)).natGateways().stream()
              .allMatch(n -> n.state() == NatGatewayState.DELETED);
      case AwsNames.ASSOCIATION ->
          none(
              () ->
                  ec2.describeRouteTables(
                          r ->
                              r.filters(
                                  AwsInventory.filter(
                                      "association.route-table-association-id", List.of(id))))
                      .routeTables());
      case AwsNames.ROUTE -> route(ec2, id);
      case "aws:ebs/volume:Volume" ->
          none(() -> ec2.describeVolumes(r -> r.volumeIds(id)).volumes());
      default -> false;
    };
  }

  private static boolean none(Supplier<List<?>> list) {
    return list.get().isEmpty();
  }

  /// `r-TABLE-ID` and a hash of where it leads; ours lead everywhere.
  private static boolean route(Ec2Client ec2, String id) {
    int end = id.indexOf("rtb-") + "rtb-0123456789abcdef0".length();
    if (!id.startsWith("r-rtb-") || id.length() < end) {
      return false;
    }
    String table = id.substring(2, end);
    return ec2.describeRouteTables(r -> r.routeTableIds(table)).routeTables().stream()
        .flatMap(t -> t.routes().stream())
        .noneMatch(r -> "0.0.0.0/0".equals(r.destinationCidrBlock()));
  }

  /// `ROLE:POLICY`.
  private boolean policy(String id) {
    int colon = id.indexOf(':');
    if (colon < 0) {
      return false;
    }
    return clients
            .iam()
            .getRolePolicy(
                r -> r.roleName(id.substring(0, colon)).policyName(id.substring(colon + 1)))
            .policyName()
        == null;
  }

  /// `ZONE_NAME_TYPE`.
  private boolean record(String id) {
    int first = id.indexOf('_');
    int last = id.lastIndexOf('_');
    if (first < 0 || last <= first) {
      return false;
    }
    String name = id.substring(first + 1, last);
    String type = id.substring(last + 1);
    return clients
        .names()
        .listResourceRecordSets(
            r ->
                r.hostedZoneId(id.substring(0, first))
                    .startRecordName(name)
                    .startRecordType(type)
                    .maxItems("1"))
        .resourceRecordSets()
        .stream()
        .noneMatch(
            s ->
                s.typeAsString().equals(type) && s.name().replace("\\052", "*").equals(name + "."));
  }

  /// `ARN-OF-GROUP-` and a number that says nothing: it is there while its group has targets.
  private boolean attachment(String id) {
    String group = id.substring(0, Math.max(0, id.lastIndexOf('-')));
    return !group.startsWith("arn:")
        ? false
        : clients
            .balancing()
            .describeTargetHealth(r -> r.targetGroupArn(group))
            .targetHealthDescriptions()
            .isEmpty();
  }
}
