package io.sskuba.rehearsal.cloud.aws;

import io.sskuba.net.Cidr;
import io.sskuba.rehearsal.account.Account;
import io.sskuba.rehearsal.account.CloudFault;
import io.sskuba.rehearsal.account.CloudFault.Kind;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.rehearsal.cloud.CloudRequest;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Type tokens, ids, ARNs, addresses and error texts of simulated AWS.
/// - Source: error codes:
///   https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html; their shape:
///   terraform-provider-aws 5, which the Pulumi provider 6 is made of
final class Aws {
  static final String VPC = "aws:ec2/vpc:Vpc";
  static final String GATEWAY = "aws:ec2/internetGateway:InternetGateway";
  static final String SUBNET = "aws:ec2/subnet:Subnet";
  static final String TABLE = "aws:ec2/routeTable:RouteTable";
  static final String ROUTE = "aws:ec2/route:Route";
  static final String ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation";
  static final String ADDRESS = "aws:ec2/eip:Eip";
  static final String NAT = "aws:ec2/natGateway:NatGateway";
  static final String GROUP = "aws:ec2/securityGroup:SecurityGroup";
  static final String INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
  static final String EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule";
  static final String BALANCER = "aws:lb/loadBalancer:LoadBalancer";
  static final String TARGETS = "aws:lb/targetGroup:TargetGroup";
  static final String LISTENER = "aws:lb/listener:Listener";
  static final String ATTACHMENT = "aws:lb/targetGroupAttachment:TargetGroupAttachment";
  static final String INSTANCE = "aws:ec2/instance:Instance";
  static final String ROLE = "aws:iam/role:Role";
  static final String ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy";
  static final String PROFILE = "aws:iam/instanceProfile:InstanceProfile";
  static final String RECORD = "aws:route53/record:Record";

  static final String ACCOUNT_ID = "123456789012";

  /// A network that a landing zone provides is not in the account: machines in it get addresses of
  /// the file's range, or of this.
  private static final String GIVEN_CIDR = "172.31.0.0/16";

  /// AWS keeps the first four addresses of a subnet, and the last.
  private static final int RESERVED = 4;

  private Aws() {}

  /// A refusal in the provider's words.
  static CloudFault fault(
      Kind kind, CloudRequest request, String operation, int status, String code, String message) {
    String service =
        switch (request.type().split(":", -1)[1].split("/", -1)[0]) {
          case "lb" -> "Elastic Load Balancing v2";
          case "iam" -> "IAM";
          case "route53" -> "Route 53";
          default -> "EC2";
        };
    return new CloudFault(
        kind,
        "operation error "
            + service
            + ": "
            + operation
            + ", https response error StatusCode: "
            + status
            + ", RequestID: 00000000-0000-4000-8000-000000000000, api error "
            + code
            + ": "
            + message);
  }

  static CloudFault invalid(CloudRequest request, String operation, String code, String message) {
    return fault(Kind.INVALID, request, operation, 400, code, message);
  }

  static CloudFault inUse(CloudRequest request, String operation, String message) {
    return fault(Kind.DEPENDENCY, request, operation, 400, "DependencyViolation", message);
  }

  /// `vpc-0123456789abcdef0`, never twice in an account.
  static String id(String prefix, Account.View account) {
    return prefix + "-0" + String.format("%016x", account.next("ids") * 0x9E3779B97F4A7C15L);
  }

  static String region(CloudRequest request) {
    return request.site().spec().target().settings() instanceof ProviderSettings.Aws aws
        ? aws.region()
        : "us-east-1";
  }

  static String partition(CloudRequest request) {
    String region = region(request);
    return region.startsWith("cn-")
        ? "aws-cn"
        : region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
  }

  /// `arn:aws:ec2:REGION:ACCOUNT:REST`; IAM's have no region.
  static String arn(CloudRequest request, String service, String rest) {
    String region = service.equals("iam") ? "" : region(request);
    return "arn:"
        + partition(request)
        + ":"
        + service
        + ":"
        + region
        + ":"
        + ACCOUNT_ID
        + ":"
        + rest;
  }

  /// Outputs that every type with tags and an ARN has.
  static Map<String, Object> outputs(CloudRequest request, String arn) {
    Map<String, Object> outputs = new LinkedHashMap<>();
    outputs.put("arn", arn);
    if (request.inputs().containsKey("tags")) {
      outputs.put("tagsAll", request.map("tags"));
    }
    return outputs;
  }

  /// A resource that the account holds. A VPC or subnet of a landing zone is another's, and taken
  /// to be there.
  static Optional<CloudResource> find(
      CloudRequest request, Account.View account, String type, String id, String operation)
      throws CloudFault {
    Optional<CloudResource> found = account.find(id).filter(r -> r.type().equals(type));
    if (found.isEmpty() && !isGiven(request, id)) {
      throw notFound(request, operation, type, id);
    }
    return found;
  }

  static CloudResource need(
      CloudRequest request, Account.View account, String type, String id, String operation)
      throws CloudFault {
    return account
        .find(id)
        .filter(r -> r.type().equals(type))
        .orElseThrow(() -> notFound(request, operation, type, id));
  }

  private static boolean isGiven(CloudRequest request, String id) {
    var existing = request.site().spec().target().network().existing();
    return existing != null && (existing.network().equals(id) || existing.subnets().contains(id));
  }

  private static CloudFault notFound(
      CloudRequest request, String operation, String type, String id) {
    String code =
        switch (type) {
          case VPC -> "InvalidVpcID.NotFound";
          case SUBNET -> "InvalidSubnetID.NotFound";
          case GATEWAY -> "InvalidInternetGatewayID.NotFound";
          case TABLE -> "InvalidRouteTableID.NotFound";
          case GROUP -> "InvalidGroup.NotFound";
          case ADDRESS -> "InvalidAllocationID.NotFound";
          case NAT -> "NatGatewayNotFound";
          case INSTANCE -> "InvalidInstanceID.NotFound";
          case BALANCER -> "LoadBalancerNotFound";
          case TARGETS -> "TargetGroupNotFound";
          default -> "NoSuchEntity";
        };
    String kind = type.substring(type.lastIndexOf(':') + 1);
    return fault(
        Kind.NOT_FOUND,
        request,
        operation,
        400,
        code,
        "The " + kind + " ID '" + id + "' does not exist");
  }

  /// Everything in the account whose inputs mention this id or ARN, as text anywhere inside.
  static List<CloudResource> users(Account.View account, CloudResource resource) {
    Set<String> names = new LinkedHashSet<>();
    names.add(resource.id());
    if (!resource.out("arn").isEmpty()) {
      names.add(resource.out("arn"));
    }
    List<CloudResource> users = new ArrayList<>();
    for (CloudResource other : account.all()) {
      if (!other.id().equals(resource.id()) && mentions(other.inputs(), names)) {
        users.add(other);
      }
    }
    return users;
  }

  private static boolean mentions(@Nullable Object value, Set<String> names) {
    return switch (value) {
      case String text -> names.contains(text);
      case Map<?, ?> map -> map.values().stream().anyMatch(v -> mentions(v, names));
      case List<?> list -> list.stream().anyMatch(v -> mentions(v, names));
      case null, default -> false;
    };
  }

  static Cidr cidr(CloudRequest request, String operation, String text) throws CloudFault {
    Cidr cidr = Cidr.parse(text).orElse(null);
    if (cidr == null) {
      throw invalid(
          request,
          operation,
          "InvalidParameterValue",
          "Value ("
              + text
              + ") for parameter cidrBlock is invalid. This is not a valid CIDR block.");
    }
    return cidr;
  }

  /// The first free address of a subnet.
  static String free(CloudRequest request, String subnet, Account.View account, String operation)
      throws CloudFault {
    String given = request.site().spec().target().network().cidr();
    String range =
        account
            .find(subnet)
            .map(s -> s.text("cidrBlock"))
            .orElse(given == null ? GIVEN_CIDR : given);
    Cidr cidr = cidr(request, operation, range);
    Set<String> taken = new HashSet<>();
    for (CloudResource other : account.all()) {
      taken.add(other.out("privateIp"));
      if (other.outputs().get("subnetMappings") instanceof List<?> mappings) {
        mappings.forEach(m -> taken.add(text(m, "privateIpv4Address")));
      }
    }
    long size = 1L << (cidr.bits() - cidr.prefix());
    for (long host = RESERVED; host < size - 1; host++) {
      String address = text(cidr.base().add(BigInteger.valueOf(host)));
      if (!taken.contains(address)) {
        return address;
      }
    }
    throw invalid(
        request,
        operation,
        "InsufficientFreeAddressesInSubnet",
        "There are not enough free addresses in subnet '"
            + subnet
            + "' to satisfy the requested number of instances.");
  }

  private static String text(BigInteger address) {
    int value = address.intValue();
    return (value >>> 24)
        + "."
        + (value >>> 16 & 255)
        + "."
        + (value >>> 8 & 255)
        + "."
        + (value & 255);
  }

  /// A public address, of the range for benchmarks, which nobody routes.
  static String publicAddress(Account.View account) {
    long n = account.next("public") % (1 << 17);
    return "198." + (18 + (n >> 16)) + "." + (n >> 8 & 255) + "." + (n & 255);
  }

  static String text(@Nullable Object value, String key) {
    @Nullable Object at =
        value instanceof List<?> list && !list.isEmpty() ? list.getFirst() : value;
    @Nullable Object found = at instanceof Map<?, ?> map ? map.get(key) : null;
    return found == null ? "" : String.valueOf(found);
  }
}
