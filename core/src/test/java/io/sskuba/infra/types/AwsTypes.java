package io.sskuba.infra.types;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.aws.AwsTarget;
import io.sskuba.infra.types.JavaSdkTypes.Rules;
import io.sskuba.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Writes `types/aws.json` anew: run it in the module's folder after a new version of the SDK, or
/// with a new type.
///
/// What makes a new resource is the provider's own schema (`ForceNew` of terraform-provider-aws,
/// "Forces new resource" in the registry's documentation). A replacement of something whose name is
/// given goes first: two cannot have the name at once.
/// - Source: https://www.pulumi.com/registry/packages/aws/api-docs/
final class AwsTypes {
  private AwsTypes() {}

  private static Rules named(String... replace) {
    return new Rules(List.of(replace), true);
  }

  private static Rules rules(String... replace) {
    return new Rules(List.of(replace), false);
  }

  static Map<String, Rules> types() {
    Map<String, Rules> types = new LinkedHashMap<>();
    network(types);
    balancers(types);
    machines(types);
    return types;
  }

  private static void network(Map<String, Rules> types) {
    types.put("aws:ec2/vpc:Vpc", rules("cidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength"));
    types.put("aws:ec2/internetGateway:InternetGateway", rules());
    types.put(
        "aws:ec2/subnet:Subnet",
        rules(
            "availabilityZone",
            "availabilityZoneId",
            "cidrBlock",
            "ipv6Native",
            "outpostArn",
            "vpcId"));
    types.put("aws:ec2/routeTable:RouteTable", rules("vpcId"));
    types.put(
        "aws:ec2/route:Route",
        rules(
            "destinationCidrBlock",
            "destinationIpv6CidrBlock",
            "destinationPrefixListId",
            "routeTableId"));
    types.put(
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        new Rules(List.of("gatewayId", "subnetId"), true));
    types.put(
        "aws:ec2/eip:Eip",
        rules(
            "address", "customerOwnedIpv4Pool", "domain", "networkBorderGroup", "publicIpv4Pool"));
    types.put(
        "aws:ec2/natGateway:NatGateway",
        rules("allocationId", "connectivityType", "privateIp", "subnetId"));
    types.put(
        "aws:ec2/securityGroup:SecurityGroup", named("description", "name", "namePrefix", "vpcId"));
    types.put(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", rules("securityGroupId"));
    types.put("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", rules("securityGroupId"));
  }

  private static void balancers(Map<String, Rules> types) {
    types.put(
        "aws:lb/loadBalancer:LoadBalancer",
        named("customerOwnedIpv4Pool", "internal", "loadBalancerType", "name", "namePrefix"));
    types.put(
        "aws:lb/targetGroup:TargetGroup",
        named(
            "ipAddressType",
            "name",
            "namePrefix",
            "port",
            "protocol",
            "protocolVersion",
            "targetType",
            "vpcId"));
    types.put("aws:lb/listener:Listener", rules("loadBalancerArn"));
    types.put(
        "aws:lb/targetGroupAttachment:TargetGroupAttachment",
        rules("availabilityZone", "port", "targetGroupArn", "targetId"));
  }

  private static void machines(Map<String, Rules> types) {
    types.put(
        "aws:ec2/instance:Instance",
        rules(
            "ami",
            "associatePublicIpAddress",
            "availabilityZone",
            "cpuCoreCount",
            "cpuThreadsPerCore",
            "enclaveOptions",
            "ephemeralBlockDevices",
            "hibernation",
            "hostResourceGroupArn",
            "instanceMarketOptions",
            "ipv6Addresses",
            "keyName",
            "networkInterfaces",
            "placementGroup",
            "placementPartitionNumber",
            "privateIp",
            "securityGroups",
            "subnetId"));
    types.put("aws:iam/role:Role", named("name", "namePrefix", "path"));
    types.put("aws:iam/rolePolicy:RolePolicy", named("name", "namePrefix", "role"));
    types.put("aws:iam/instanceProfile:InstanceProfile", named("name", "namePrefix", "path"));
    types.put("aws:route53/record:Record", named("name", "setIdentifier", "zoneId"));
  }

  static ObjectNode read() {
    return new JavaSdkTypes("aws", "com.pulumi.aws")
        .read(
            AwsTarget.VERSION,
            types(),
            List.of("aws:ec2/getAmi:getAmi", "aws:route53/getZone:getZone"));
  }

  public static void main(String[] args) throws IOException {
    Files.writeString(Path.of("src/main/resources/types/aws.json"), Json.pretty(read()));
  }
}
