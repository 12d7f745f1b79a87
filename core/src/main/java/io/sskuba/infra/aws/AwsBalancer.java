package io.sskuba.infra.aws;

import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.infra.Target;
import io.sskuba.spec.ClusterSpec;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The network load balancer of the endpoint, and the doors of workers.
///
/// The main one carries the Kubernetes API (6443) and the Talos API (50000) of the control planes,
/// and 80/443 to the ingress's NodePorts. With delivery `api` and a public endpoint every worker
/// has a listener of its own, port 50100 + N, where its Talos API answers administrators: the first
/// 40 on the main load balancer, the others on `config-door-K` with 45 each, since a network load
/// balancer takes 50 listeners.
///
/// Targets do not see the clients' addresses: with them preserved, a machine that reaches itself
/// through the load balancer gets no answer (a control plane that resolves the endpoint, a pod that
/// calls its own ingress), and kube-proxy would hide them behind a NodePort anyway.
/// - Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/network/ (limits, hairpinning)
final class AwsBalancer {
  static final String MAIN = "load-balancer";
  static final int DOOR_BASE = 50100;
  private static final int MAIN_DOORS = 40;
  private static final int FURTHER_DOORS = 45;
  private static final String DOOR_FACT = "door:";
  private static final int CHECK_SECONDS = 10;
  private static final int CHECK_COUNT = 2;

  private final AwsContext aws;
  private final AwsNetwork network;
  private final Map<String, Integer> doors;

  AwsBalancer(AwsContext aws, AwsNetwork network) {
    this.aws = aws;
    this.network = network;
    this.doors = doors(aws.spec(), aws.madeWorkers(), aws.choices().facts());
  }

  static Map<String, Integer> doors(
      ClusterSpec spec, List<Target.Slot> workers, Map<String, String> facts) {
    return AwsContext.hasDoors(spec) ? numbers(workers, facts) : Map.of();
  }

  /// Door number of each machine, from 1. A machine keeps the number that it has (fact
  /// `door:MACHINE`); others get the lowest that nobody has, one that is leaving included: its
  /// listener goes after the new one comes.
  static Map<String, Integer> numbers(List<Target.Slot> workers, Map<String, String> facts) {
    BitSet taken = new BitSet();
    taken.set(0);
    for (Map.Entry<String, String> fact : facts.entrySet()) {
      if (fact.getKey().startsWith(DOOR_FACT)) {
        taken.set(Integer.parseInt(fact.getValue()));
      }
    }
    Map<String, Integer> numbers = new LinkedHashMap<>();
    for (Target.Slot worker : workers) {
      String known = facts.get(DOOR_FACT + worker.name());
      int number = known == null ? taken.nextClearBit(0) : Integer.parseInt(known);
      taken.set(number);
      numbers.put(worker.name(), number);
    }
    return numbers;
  }

  /// The facts that keep these numbers.
  static Map<String, String> facts(Map<String, Integer> numbers) {
    Map<String, String> facts = new LinkedHashMap<>();
    numbers.forEach((name, number) -> facts.put(DOOR_FACT + name, String.valueOf(number)));
    return facts;
  }

  /// Worker to door number; empty where workers have no doors.
  Map<String, Integer> doors() {
    return doors;
  }

  int doorMax() {
    return doors.values().stream().mapToInt(n -> n).max().orElse(0);
  }

  /// The load balancer that holds this door.
  static String balancerOf(int door) {
    return door <= MAIN_DOORS
        ? MAIN
        : "config-door-" + ((door - MAIN_DOORS - 1) / FURTHER_DOORS + 1);
  }

  /// The load balancers themselves, which wait for nothing but subnets: they are the slowest thing
  /// of the whole plan.
  void addBalancers() {
    loadBalancer(MAIN);
    doors.values().stream()
        .sorted()
        .map(AwsBalancer::balancerOf)
        .distinct()
        .filter(name -> !name.equals(MAIN))
        .forEach(this::loadBalancer);
  }

  private void loadBalancer(String name) {
    aws.tagged(
        "aws:lb/loadBalancer:LoadBalancer",
        name,
        Map.of(
            "name",
            aws.brief(name.equals(MAIN) ? "api" : name),
            "loadBalancerType",
            "network",
            "internal",
            !aws.isPublic(),
            "ipAddressType",
            "ipv4",
            "subnets",
            network.balancerSubnets(),
            "securityGroups",
            List.of(new Ref(AwsSecurity.BALANCER, "id")),
            "enableCrossZoneLoadBalancing",
            true,
            "enableDeletionProtection",
            false),
        aws.isPublic() ? network.beforePublic() : new String[0]);
  }

  /// Target groups and listeners; targets come with [#attach].
  void addListeners() {
    listener("kubernetes", MAIN, AwsSecurity.KUBERNETES, AwsSecurity.KUBERNETES);
    listener("talos", MAIN, AwsSecurity.TALOS, AwsSecurity.TALOS);
    listener("http", MAIN, AwsSecurity.HTTP, AwsSecurity.HTTP_NODE);
    listener("https", MAIN, AwsSecurity.HTTPS, AwsSecurity.HTTPS_NODE);
    doors.forEach(
        (machine, door) ->
            listener("door-" + machine, balancerOf(door), DOOR_BASE + door, AwsSecurity.TALOS));
  }

  private void listener(String service, String balancer, int port, int targetPort) {
    Map<String, Object> group = new LinkedHashMap<>();
    group.put("name", aws.brief(service.replace("door-" + aws.spec().metadata().name(), "door")));
    group.put("port", targetPort);
    group.put("protocol", "TCP");
    group.put("targetType", "instance");
    group.put("vpcId", aws.vpcId());
    group.put("preserveClientIp", "false");
    group.put("deregistrationDelay", 0);
    group.put(
        "healthCheck",
        Map.of(
            "enabled",
            true,
            "protocol",
            "TCP",
            "port",
            "traffic-port",
            "interval",
            CHECK_SECONDS,
            "healthyThreshold",
            CHECK_COUNT,
            "unhealthyThreshold",
            CHECK_COUNT));
    aws.tagged("aws:lb/targetGroup:TargetGroup", service + "-targets", group);
    aws.tagged(
        "aws:lb/listener:Listener",
        service + "-listener",
        Map.of(
            "loadBalancerArn",
            new Ref(balancer, "arn"),
            "port",
            port,
            "protocol",
            "TCP",
            "defaultActions",
            List.of(
                Map.of(
                    "type", "forward", "targetGroupArn", new Ref(service + "-targets", "arn")))));
  }

  void attach() {
    for (Target.Slot machine : aws.madeControlPlanes()) {
      target("kubernetes", machine.name(), AwsSecurity.KUBERNETES);
      target("talos", machine.name(), AwsSecurity.TALOS);
    }
    List<Target.Slot> ingress =
        aws.spec().target().controlPlaneTakesWorkloads()
            ? aws.madeControlPlanes()
            : aws.madeWorkers();
    for (Target.Slot machine : ingress) {
      target("http", machine.name(), AwsSecurity.HTTP_NODE);
      target("https", machine.name(), AwsSecurity.HTTPS_NODE);
    }
    doors
        .keySet()
        .forEach(m -> attachment("door-" + m + "-target", "door-" + m, m, AwsSecurity.TALOS));
  }

  private void target(String service, String machine, int port) {
    attachment(service + "-target-" + machine, service, machine, port);
  }

  private void attachment(String name, String service, String machine, int port) {
    aws.plain(
        "aws:lb/targetGroupAttachment:TargetGroupAttachment",
        name,
        Map.of(
            "targetGroupArn", new Ref(service + "-targets", "arn"),
            "targetId", new Ref(machine, "id"),
            "port", port));
  }
}
