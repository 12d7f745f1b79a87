package io.sskuba.rehearsal.cloud.aws;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.rehearsal.account.Account;
import io.sskuba.rehearsal.account.CloudFault;
import io.sskuba.rehearsal.account.CloudFault.Kind;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.rehearsal.account.Fabric;
import io.sskuba.rehearsal.cloud.CloudModel.Made;
import io.sskuba.rehearsal.cloud.CloudRequest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Network load balancers of simulated AWS. A listener is a port of the cluster's endpoint on this
/// machine that passes connections on to the targets of its group.
///
/// Ports below 1024 are not opened: nothing that is simulated serves there, and not everybody may.
/// - Source: quotas:
///   https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-limits.html
final class AwsBalancers {
  static final long BALANCERS = 50;
  private static final long LISTENERS = 50;
  private static final long TARGET_GROUPS = 3000;
  private static final int PRIVILEGED = 1024;

  private AwsBalancers() {}

  static Made balancer(CloudRequest request, @Nullable CloudResource before, Account.View account)
      throws CloudFault {
    String operation = before == null ? "CreateLoadBalancer" : "SetSubnets";
    String name = request.text("name");
    String vpc = "";
    List<Object> mappings = new ArrayList<>();
    Set<String> zones = new HashSet<>();
    for (Object item : request.list("subnets")) {
      String id = String.valueOf(item);
      CloudResource subnet = Aws.find(request, account, Aws.SUBNET, id, operation).orElse(null);
      if (subnet != null) {
        vpc = subnet.text("vpcId");
        if (!zones.add(subnet.text("availabilityZone"))) {
          throw Aws.invalid(
              request,
              operation,
              "InvalidConfigurationRequest",
              "A load balancer cannot be attached to multiple subnets in the same Availability"
                  + " Zone");
        }
      }
      mappings.add(
          Map.of("subnetId", id, "privateIpv4Address", address(request, before, id, account)));
    }
    for (Object group : request.list("securityGroups")) {
      Aws.need(request, account, Aws.GROUP, String.valueOf(group), operation);
    }
    if (before != null) {
      Map<String, Object> outputs = new LinkedHashMap<>(before.outputs());
      outputs.put("subnetMappings", mappings);
      outputs.put("tagsAll", request.map("tags"));
      return new Made(before.id(), outputs, request.map("tags"), null);
    }
    checkNew(request, account, name, vpc);
    String hex = Aws.id("x", account).substring(3);
    String suffix = "net/" + name + "/" + hex;
    String arn = Aws.arn(request, "elasticloadbalancing", "loadbalancer/" + suffix);
    Map<String, Object> outputs = Aws.outputs(request, arn);
    outputs.put("arnSuffix", suffix);
    outputs.put(
        "dnsName",
        name.toLowerCase(Locale.ROOT)
            + "-"
            + hex
            + ".elb."
            + Aws.region(request)
            + ".amazonaws.com");
    outputs.put(
        "zoneId",
        "Z" + Integer.toHexString(Aws.region(request).hashCode()).toUpperCase(Locale.ROOT) + "NLB");
    outputs.put("vpcId", vpc);
    outputs.put("subnetMappings", mappings);
    return new Made(arn, outputs, request.map("tags"), null);
  }

  private static void checkNew(CloudRequest request, Account.View account, String name, String vpc)
      throws CloudFault {
    String operation = "CreateLoadBalancer";
    if (!name.matches("(?!internal-)[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?")) {
      throw Aws.invalid(
          request,
          operation,
          "ValidationError",
          "The load balancer name '"
              + name
              + "' cannot be longer than '32' characters, begin with"
              + " 'internal-', or hold other than letters, digits and hyphens");
    }
    boolean internal = request.flag("internal");
    if (!internal && !vpc.isEmpty() && AwsNetworks.gatewayOf(account, vpc) == null) {
      throw Aws.invalid(
          request, operation, "InvalidSubnet", "VPC " + vpc + " has no internet gateway");
    }
    long limit = request.scenario().quota("networkLoadBalancers", BALANCERS);
    if (account.ofType(Aws.BALANCER).size() >= limit) {
      throw Aws.fault(
          Kind.QUOTA,
          request,
          operation,
          400,
          "TooManyLoadBalancers",
          "The maximum number of load balancers has been reached");
    }
    for (CloudResource other : account.ofType(Aws.BALANCER)) {
      if (other.text("name").equals(name)) {
        throw Aws.fault(
            Kind.CONFLICT,
            request,
            operation,
            400,
            "DuplicateLoadBalancerName",
            "A load balancer with the same name '"
                + name
                + "' exists, but with different"
                + " settings");
      }
    }
  }

  private static String address(
      CloudRequest request, @Nullable CloudResource before, String subnet, Account.View account)
      throws CloudFault {
    if (before != null && before.outputs().get("subnetMappings") instanceof List<?> known) {
      for (Object mapping : known) {
        if (Aws.text(mapping, "subnetId").equals(subnet)) {
          return Aws.text(mapping, "privateIpv4Address");
        }
      }
    }
    return Aws.free(request, subnet, account, "CreateLoadBalancer");
  }

  static Made targets(CloudRequest request, Account.View account) throws CloudFault {
    String name = request.text("name");
    Aws.find(request, account, Aws.VPC, request.text("vpcId"), "CreateTargetGroup");
    if (!name.matches("[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?")) {
      throw Aws.invalid(
          request,
          "CreateTargetGroup",
          "ValidationError",
          "Target group name '" + name + "' cannot be longer than '32' characters");
    }
    for (CloudResource other : account.ofType(Aws.TARGETS)) {
      if (other.text("name").equals(name)) {
        throw Aws.fault(
            Kind.CONFLICT,
            request,
            "CreateTargetGroup",
            400,
            "DuplicateTargetGroupName",
            "A target group with the same name '" + name + "' exists, but with different settings");
      }
    }
    long limit = request.scenario().quota("targetGroups", TARGET_GROUPS);
    if (account.ofType(Aws.TARGETS).size() >= limit) {
      throw Aws.fault(
          Kind.QUOTA,
          request,
          "CreateTargetGroup",
          400,
          "TooManyTargetGroups",
          "The maximum number of target groups has been reached");
    }
    String suffix = "targetgroup/" + name + "/" + Aws.id("x", account).substring(3);
    String arn = Aws.arn(request, "elasticloadbalancing", suffix);
    Map<String, Object> outputs = Aws.outputs(request, arn);
    outputs.put("arnSuffix", suffix);
    return new Made(arn, outputs, request.map("tags"), null);
  }

  static Made listener(CloudRequest request, @Nullable CloudResource before, Account.View account)
      throws CloudFault {
    String operation = before == null ? "CreateListener" : "ModifyListener";
    String balancerArn = request.text("loadBalancerArn");
    CloudResource balancer = Aws.need(request, account, Aws.BALANCER, balancerArn, operation);
    String group = Aws.text(request.inputs().get("defaultActions"), "targetGroupArn");
    Aws.need(request, account, Aws.TARGETS, group, operation);
    long port = request.number("port", 0);
    int count = 0;
    for (CloudResource other : account.ofType(Aws.LISTENER)) {
      if (!other.text("loadBalancerArn").equals(balancerArn)
          || before != null && other.id().equals(before.id())) {
        continue;
      }
      count++;
      if (other.text("port").equals(String.valueOf(port))) {
        throw Aws.fault(
            Kind.CONFLICT,
            request,
            operation,
            400,
            "DuplicateListener",
            "A listener already exists on this port for this load balancer '" + balancerArn + "'");
      }
    }
    long limit = request.scenario().quota("listenersPerNetworkLoadBalancer", LISTENERS);
    if (before == null && count >= limit) {
      throw Aws.fault(
          Kind.QUOTA,
          request,
          operation,
          400,
          "TooManyListeners",
          "The maximum number of listeners has been reached on load balancer '"
              + balancerArn
              + "'");
    }
    String arn =
        before == null
            ? balancerArn.replace(":loadbalancer/", ":listener/")
                + "/"
                + Aws.id("x", account).substring(3)
            : before.id();
    Map<String, Object> outputs = Aws.outputs(request, arn);
    Fabric fabric = null;
    if (port >= PRIVILEGED) {
      fabric =
          backends(
              request.site().listener(arn, List.of(balancer.out("dnsName")), (int) port, List.of()),
              group,
              account,
              null,
              null);
    }
    return new Made(arn, outputs, request.map("tags"), fabric);
  }

  static Made attachment(CloudRequest request, Account.View account) throws CloudFault {
    String group = request.text("targetGroupArn");
    String target = request.text("targetId");
    Aws.need(request, account, Aws.TARGETS, group, "RegisterTargets");
    CloudResource instance = account.find(target).orElse(null);
    if (instance == null || !instance.type().equals(Aws.INSTANCE)) {
      throw Aws.invalid(
          request,
          "RegisterTargets",
          "InvalidTarget",
          "The following targets are not in a running state and cannot be registered: '"
              + target
              + "'");
    }
    refresh(account, group, new Target(target, request.number("port", 0)), null);
    return new Made(group + "-" + account.next("attachments"), Map.of());
  }

  /// A target goes: the ports that lead to it know it.
  static void detach(CloudResource attachment, Account.View account) {
    refresh(account, attachment.text("targetGroupArn"), null, attachment.id());
  }

  /// An instance goes: its targets lead nowhere.
  static void withoutInstance(CloudResource instance, Account.View account) {
    for (CloudResource attachment : account.ofType(Aws.ATTACHMENT)) {
      if (attachment.text("targetId").equals(instance.id())) {
        detach(attachment, account);
      }
    }
  }

  private record Target(String instance, long port) {}

  private static void refresh(
      Account.View account, String group, @Nullable Target added, @Nullable String removed) {
    for (CloudResource listener : account.ofType(Aws.LISTENER)) {
      Fabric fabric = listener.fabric();
      if (fabric == null
          || !Aws.text(listener.inputs().get("defaultActions"), "targetGroupArn").equals(group)) {
        continue;
      }
      Fabric now = backends(fabric, group, account, added, removed);
      if (!now.equals(fabric)) {
        account.put(listener.withFabric(now));
      }
    }
  }

  private static Fabric backends(
      Fabric fabric,
      String group,
      Account.View account,
      @Nullable Target added,
      @Nullable String removed) {
    Set<String> addresses = new TreeSet<>();
    long port =
        account
            .find(group)
            .map(g -> g.inputs().get("port") instanceof Number n ? n.longValue() : 0L)
            .orElse(0L);
    for (CloudResource attachment : account.ofType(Aws.ATTACHMENT)) {
      if (attachment.text("targetGroupArn").equals(group)
          && !Objects.equals(attachment.id(), removed)) {
        add(account, attachment.text("targetId"), addresses);
      }
    }
    if (added != null) {
      add(account, added.instance(), addresses);
      port = added.port();
    }
    ObjectNode inputs = fabric.inputs().deepCopy();
    ArrayNode list = inputs.putArray("backends");
    addresses.forEach(list::add);
    inputs.put("targetPort", port);
    return new Fabric(fabric.type(), inputs);
  }

  private static void add(Account.View account, String instance, Set<String> into) {
    account.find(instance).ifPresent(i -> into.add(i.out("privateIp")));
  }
}
