package io.sskuba.rehearsal.cloud.aws;

import io.sskuba.net.Cidr;
import io.sskuba.rehearsal.account.Account;
import io.sskuba.rehearsal.account.CloudFault;
import io.sskuba.rehearsal.account.CloudFault.Kind;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.rehearsal.cloud.CloudModel.Made;
import io.sskuba.rehearsal.cloud.CloudRequest;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/// VPCs, subnets, routes, gateways, addresses and security groups of simulated AWS.
/// - Source: default quotas:
///   https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
final class AwsNetworks {
  static final long VPCS = 5;
  static final long ADDRESSES = 5;
  private static final long GROUP_RULES = 60;
  private static final int VPC_LARGEST = 16;
  private static final int SMALLEST = 28;

  private AwsNetworks() {}

  static Made vpc(CloudRequest request, Account.View account) throws CloudFault {
    sized(request, "CreateVpc", request.text("cidrBlock"), "InvalidVpc.Range");
    limit(request, account, "vpcs", VPCS, Aws.VPC, "CreateVpc", "VpcLimitExceeded", "VPCs");
    String id = Aws.id("vpc", account);
    Map<String, Object> outputs = Aws.outputs(request, Aws.arn(request, "ec2", "vpc/" + id));
    outputs.put("mainRouteTableId", Aws.id("rtb", account));
    outputs.put("defaultSecurityGroupId", Aws.id("sg", account));
    outputs.put("defaultNetworkAclId", Aws.id("acl", account));
    outputs.put("ownerId", Aws.ACCOUNT_ID);
    return new Made(id, outputs, request.map("tags"), null);
  }

  private static void limit(
      CloudRequest request,
      Account.View account,
      String quota,
      long own,
      String type,
      String operation,
      String code,
      String what)
      throws CloudFault {
    long limit = request.scenario().quota(quota, own);
    if (account.ofType(type).size() >= limit) {
      throw Aws.fault(
          Kind.QUOTA,
          request,
          operation,
          400,
          code,
          "The maximum number of " + what + " has been reached.");
    }
  }

  private static Cidr sized(CloudRequest request, String operation, String text, String code)
      throws CloudFault {
    Cidr cidr = Aws.cidr(request, operation, text);
    if (!cidr.isIpv4() || cidr.prefix() < VPC_LARGEST || cidr.prefix() > SMALLEST) {
      throw Aws.invalid(request, operation, code, "The CIDR '" + text + "' is invalid.");
    }
    return cidr;
  }

  static Made subnet(CloudRequest request, Account.View account) throws CloudFault {
    Cidr cidr = sized(request, "CreateSubnet", request.text("cidrBlock"), "InvalidSubnet.Range");
    CloudResource vpc = Aws.need(request, account, Aws.VPC, request.text("vpcId"), "CreateSubnet");
    if (!Aws.cidr(request, "CreateSubnet", vpc.text("cidrBlock")).contains(cidr)) {
      throw Aws.invalid(
          request, "CreateSubnet", "InvalidSubnet.Range", "The CIDR '" + cidr + "' is invalid.");
    }
    for (CloudResource other : account.ofType(Aws.SUBNET)) {
      if (other.text("vpcId").equals(vpc.id())
          && Aws.cidr(request, "CreateSubnet", other.text("cidrBlock")).overlaps(cidr)) {
        throw Aws.invalid(
            request,
            "CreateSubnet",
            "InvalidSubnet.Conflict",
            "The CIDR '" + cidr + "' conflicts with another subnet");
      }
    }
    String zone = request.text("availabilityZone");
    if (!zone.startsWith(Aws.region(request))) {
      throw Aws.invalid(
          request,
          "CreateSubnet",
          "InvalidParameterValue",
          "Value (" + zone + ") for parameter availabilityZone is invalid.");
    }
    String id = Aws.id("subnet", account);
    Map<String, Object> outputs = Aws.outputs(request, Aws.arn(request, "ec2", "subnet/" + id));
    outputs.put("ownerId", Aws.ACCOUNT_ID);
    return new Made(id, outputs, request.map("tags"), null);
  }

  static Made gateway(CloudRequest request, Account.View account) throws CloudFault {
    String vpc = request.text("vpcId");
    Aws.need(request, account, Aws.VPC, vpc, "AttachInternetGateway");
    for (CloudResource other : account.ofType(Aws.GATEWAY)) {
      if (other.text("vpcId").equals(vpc)) {
        throw Aws.fault(
            Kind.CONFLICT,
            request,
            "AttachInternetGateway",
            400,
            "Resource.AlreadyAssociated",
            "Network " + vpc + " already has an internet gateway attached");
      }
    }
    String id = Aws.id("igw", account);
    Map<String, Object> outputs =
        Aws.outputs(request, Aws.arn(request, "ec2", "internet-gateway/" + id));
    outputs.put("ownerId", Aws.ACCOUNT_ID);
    return new Made(id, outputs, request.map("tags"), null);
  }

  static Made table(CloudRequest request, Account.View account) throws CloudFault {
    Aws.need(request, account, Aws.VPC, request.text("vpcId"), "CreateRouteTable");
    String id = Aws.id("rtb", account);
    Map<String, Object> outputs =
        Aws.outputs(request, Aws.arn(request, "ec2", "route-table/" + id));
    outputs.put("ownerId", Aws.ACCOUNT_ID);
    return new Made(id, outputs, request.map("tags"), null);
  }

  static Made route(CloudRequest request, Account.View account) throws CloudFault {
    String table = request.text("routeTableId");
    String to = request.text("destinationCidrBlock");
    CloudResource owner = Aws.need(request, account, Aws.TABLE, table, "CreateRoute");
    for (CloudResource other : account.ofType(Aws.ROUTE)) {
      if (other.text("routeTableId").equals(table)
          && other.text("destinationCidrBlock").equals(to)) {
        throw Aws.fault(
            Kind.CONFLICT,
            request,
            "CreateRoute",
            400,
            "RouteAlreadyExists",
            "The route identified by " + to + " already exists.");
      }
    }
    if (!request.text("gatewayId").isEmpty()) {
      CloudResource gateway =
          Aws.need(request, account, Aws.GATEWAY, request.text("gatewayId"), "CreateRoute");
      if (!gateway.text("vpcId").equals(owner.text("vpcId"))) {
        throw Aws.invalid(
            request,
            "CreateRoute",
            "InvalidParameterValue",
            "route table "
                + table
                + " and network gateway "
                + gateway.id()
                + " belong to different networks");
      }
    } else {
      Aws.need(request, account, Aws.NAT, request.text("natGatewayId"), "CreateRoute");
    }
    Map<String, Object> outputs = new LinkedHashMap<>();
    outputs.put("origin", "CreateRoute");
    outputs.put("state", "active");
    return new Made("r-" + table + Integer.toUnsignedString(to.hashCode()), outputs);
  }

  static Made association(CloudRequest request, Account.View account) throws CloudFault {
    String subnet = request.text("subnetId");
    Aws.need(request, account, Aws.TABLE, request.text("routeTableId"), "AssociateRouteTable");
    Aws.need(request, account, Aws.SUBNET, subnet, "AssociateRouteTable");
    for (CloudResource other : account.ofType(Aws.ASSOCIATION)) {
      if (other.text("subnetId").equals(subnet)) {
        throw Aws.fault(
            Kind.CONFLICT,
            request,
            "AssociateRouteTable",
            400,
            "Resource.AlreadyAssociated",
            "the specified association for route table "
                + request.text("routeTableId")
                + " conflicts with an existing association");
      }
    }
    return new Made(Aws.id("rtbassoc", account), Map.of());
  }

  static Made address(CloudRequest request, Account.View account) throws CloudFault {
    limit(
        request,
        account,
        "elasticIps",
        ADDRESSES,
        Aws.ADDRESS,
        "AllocateAddress",
        "AddressLimitExceeded",
        "addresses");
    String id = Aws.id("eipalloc", account);
    String address = Aws.publicAddress(account);
    Map<String, Object> outputs = Aws.outputs(request, Aws.arn(request, "ec2", "elastic-ip/" + id));
    outputs.put("allocationId", id);
    outputs.put("publicIp", address);
    outputs.put(
        "publicDns",
        "ec2-" + address.replace('.', '-') + "." + Aws.region(request) + ".compute.amazonaws.com");
    return new Made(id, outputs, request.map("tags"), null);
  }

  static Made nat(CloudRequest request, Account.View account) throws CloudFault {
    String allocation = request.text("allocationId");
    CloudResource address = Aws.need(request, account, Aws.ADDRESS, allocation, "CreateNatGateway");
    CloudResource subnet =
        Aws.need(request, account, Aws.SUBNET, request.text("subnetId"), "CreateNatGateway");
    for (CloudResource other : account.ofType(Aws.NAT)) {
      if (other.text("allocationId").equals(allocation)) {
        throw Aws.fault(
            Kind.CONFLICT,
            request,
            "CreateNatGateway",
            400,
            "Resource.AlreadyAssociated",
            "Elastic IP address [" + allocation + "] is already associated");
      }
    }
    if (gatewayOf(account, subnet.text("vpcId")) == null) {
      throw Aws.invalid(
          request,
          "CreateNatGateway",
          "Gateway.NotAttached",
          "Network " + subnet.text("vpcId") + " has no Internet gateway attached");
    }
    String id = Aws.id("nat", account);
    Map<String, Object> outputs = new LinkedHashMap<>();
    outputs.put("publicIp", address.out("publicIp"));
    outputs.put("privateIp", Aws.free(request, subnet.id(), account, "CreateNatGateway"));
    outputs.put("networkInterfaceId", Aws.id("eni", account));
    outputs.put("associationId", Aws.id("eipassoc", account));
    outputs.put("tagsAll", request.map("tags"));
    return new Made(id, outputs, request.map("tags"), null);
  }

  static @org.jspecify.annotations.Nullable CloudResource gatewayOf(
      Account.View account, String vpc) {
    return account.ofType(Aws.GATEWAY).stream()
        .filter(g -> g.text("vpcId").equals(vpc))
        .findFirst()
        .orElse(null);
  }

  static Made group(CloudRequest request, Account.View account) throws CloudFault {
    String vpc = request.text("vpcId");
    String name = request.text("name");
    Aws.find(request, account, Aws.VPC, vpc, "CreateSecurityGroup");
    for (CloudResource other : account.ofType(Aws.GROUP)) {
      if (other.text("vpcId").equals(vpc) && other.text("name").equals(name)) {
        throw Aws.fault(
            Kind.CONFLICT,
            request,
            "CreateSecurityGroup",
            400,
            "InvalidGroup.Duplicate",
            "The security group '" + name + "' already exists for VPC '" + vpc + "'");
      }
    }
    String id = Aws.id("sg", account);
    Map<String, Object> outputs =
        Aws.outputs(request, Aws.arn(request, "ec2", "security-group/" + id));
    outputs.put("ownerId", Aws.ACCOUNT_ID);
    return new Made(id, outputs, request.map("tags"), null);
  }

  static Made rule(CloudRequest request, Account.View account) throws CloudFault {
    boolean in = request.type().equals(Aws.INGRESS);
    String operation = in ? "AuthorizeSecurityGroupIngress" : "AuthorizeSecurityGroupEgress";
    String group = request.text("securityGroupId");
    Aws.need(request, account, Aws.GROUP, group, operation);
    ruleFits(request, account, operation, in);
    int count = 0;
    for (CloudResource other : account.ofType(request.type())) {
      if (other.text("securityGroupId").equals(group)) {
        count++;
        if (same(other.inputs(), request.inputs())) {
          throw Aws.fault(
              Kind.CONFLICT,
              request,
              operation,
              400,
              "InvalidPermission.Duplicate",
              "the specified rule \"peer: "
                  + peer(request.inputs())
                  + ", "
                  + request.text("ipProtocol").toUpperCase(java.util.Locale.ROOT)
                  + ", from port: "
                  + request.text("fromPort")
                  + ", to port: "
                  + request.text("toPort")
                  + ", ALLOW\" already exists");
        }
      }
    }
    long limit = request.scenario().quota("rulesPerGroup", GROUP_RULES);
    if (count >= limit) {
      throw Aws.fault(
          Kind.QUOTA,
          request,
          operation,
          400,
          "RulesPerSecurityGroupLimitExceeded",
          "The maximum number of rules per security group has been reached.");
    }
    String id = Aws.id("sgr", account);
    Map<String, Object> outputs =
        Aws.outputs(request, Aws.arn(request, "ec2", "security-group-rule/" + id));
    outputs.put("securityGroupRuleId", id);
    return new Made(id, outputs, request.map("tags"), null);
  }

  /// A rule has one peer, which exists, and ports unless it is for every protocol.
  static void ruleFits(CloudRequest request, Account.View account, String operation, boolean in)
      throws CloudFault {
    int peers = 0;
    for (String kind :
        new String[] {"cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"}) {
      peers += request.text(kind).isEmpty() ? 0 : 1;
    }
    if (peers != 1) {
      throw Aws.invalid(
          request,
          operation,
          "InvalidParameterCombination",
          "Exactly one " + (in ? "source" : "destination") + " has to be given");
    }
    String other = request.text("referencedSecurityGroupId");
    if (!other.isEmpty()) {
      Aws.need(request, account, Aws.GROUP, other, operation);
    }
    String network = request.text("cidrIpv4") + request.text("cidrIpv6");
    if (!network.isEmpty()) {
      Aws.cidr(request, operation, network);
    }
    boolean all = request.text("ipProtocol").equals("-1");
    long from = request.number("fromPort", -2);
    long to = request.number("toPort", -2);
    if (all ? from != -2 || to != -2 : from < 0 || to < from || to > 65_535) {
      throw Aws.invalid(
          request,
          operation,
          "InvalidParameterValue",
          "Invalid value '" + from + "-" + to + "' for portRange.");
    }
  }

  private static String peer(Map<String, Object> inputs) {
    for (String kind :
        new String[] {"cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"}) {
      if (inputs.get(kind) != null) {
        return String.valueOf(inputs.get(kind));
      }
    }
    return "";
  }

  private static boolean same(Map<String, Object> a, Map<String, Object> b) {
    Map<String, Object> one = new HashMap<>(a);
    Map<String, Object> other = new HashMap<>(b);
    for (String name : new String[] {"tags", "description"}) {
      one.remove(name);
      other.remove(name);
    }
    return Objects.equals(text(one), text(other));
  }

  private static Map<String, String> text(Map<String, Object> values) {
    Map<String, String> out = new HashMap<>();
    values.forEach((k, v) -> out.put(k, String.valueOf(v)));
    return out;
  }
}
