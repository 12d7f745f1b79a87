package io.sskuba.infra.azure;

import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.net.Cidr;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Who may reach which port of a machine, and why: the only way in.
///
/// Peers inside the cluster are application security groups, which every machine's card is a member
/// of, so that the rules hold in a VNet of ours and in one that a landing zone provides. What no
/// rule names is refused, other machines of the VNet included: Azure's own `AllowVnetInBound` is
/// overridden. What goes out is not narrowed: images, the discovery service, git and time have no
/// fixed addresses; a landing zone's firewall or proxy is the place for that.
/// - Limits: IPv4 networks of `adminCidrs`; the VNet has no IPv6.
public final class AzureSecurity {
  private static final int FIRST_PRIORITY = 100;
  private static final int STEP = 10;
  private static final int LAST_PRIORITY = 4096;

  /// A fact of [io.sskuba.infra.Choices]: addresses that a landing zone's nodes leave through, with
  /// commas between.
  static final String EGRESS_FACT = "egressAddresses";

  static final int KUBERNETES = 6443;
  static final int TALOS = 50000;
  static final int HTTP = 80;
  static final int HTTPS = 443;

  private AzureSecurity() {}

  /// Where a connection comes from.
  public enum Peer {
    /// `target.network.adminCidrs`.
    ADMINS,
    CONTROL_PLANES,
    WORKERS,
    /// Control planes and workers.
    NODES,
    /// The public address that nodes leave through.
    EGRESS,
    /// Health checks of the load balancer.
    PROBES,
    INTERNET,
    /// The VNet and whatever is connected with it.
    CONNECTED_NETWORKS
  }

  /// One line of the table.
  ///
  /// @param ports a number or a range
  public record Rule(String name, Peer from, String protocol, List<String> ports, String why) {
    public Rule {
      ports = List.copyOf(ports);
    }
  }

  static String group(String role) {
    return role + "-rules";
  }

  static String members(String role) {
    return role + "-members";
  }

  /// The table of control planes.
  static List<Rule> controlPlane(AzurePlan plan) {
    List<Rule> rules = new ArrayList<>();
    rules.add(tcp("kubernetes-api-admins", Peer.ADMINS, KUBERNETES, "kubectl and sskuba"));
    rules.add(
        tcp("kubernetes-api-nodes", Peer.NODES, KUBERNETES, "kubelets and what runs on nodes"));
    if (plan.isPublic()) {
      rules.add(
          tcp(
              "kubernetes-api-egress",
              Peer.EGRESS,
              KUBERNETES,
              "nodes that use the public name come back by the address they leave through"));
    }
    rules.add(tcp("talos-api-admins", Peer.ADMINS, TALOS, "talosctl and sskuba"));
    rules.add(
        tcp("talos-api-peers", Peer.CONTROL_PLANES, TALOS, "requests passed on for other nodes"));
    rules.add(tcp("trustd", Peer.WORKERS, 50001, "workers ask for their Talos certificates"));
    rules.add(
        new Rule(
            "etcd", Peer.CONTROL_PLANES, "Tcp", List.of("2379-2380"), "etcd among its members"));
    common(plan, rules);
    rules.add(
        new Rule(
            "probes",
            Peer.PROBES,
            "Tcp",
            List.of(String.valueOf(KUBERNETES), String.valueOf(TALOS)),
            "health checks of the load balancer"));
    if (!plan.hasWorkers()) {
      ingress(plan, rules);
    }
    return rules;
  }

  /// The table of workers.
  static List<Rule> workers(AzurePlan plan) {
    List<Rule> rules = new ArrayList<>();
    rules.add(
        tcp(
            "talos-api-peers",
            Peer.CONTROL_PLANES,
            TALOS,
            "requests that a control plane passes on"));
    if (plan.delivers()) {
      rules.add(
          tcp("talos-api-admins", Peer.ADMINS, TALOS, "the configuration is handed over here"));
    }
    common(plan, rules);
    ingress(plan, rules);
    return rules;
  }

  private static void common(AzurePlan plan, List<Rule> rules) {
    rules.add(
        tcp("kubelet", Peer.NODES, 10250, "the API server: logs and exec; the metrics server"));
    rules.add(
        new Rule("pod-network", Peer.NODES, "Udp", List.of("4789"), "VXLAN between pods of nodes"));
    if (plan.spec().target().kubespan()) {
      rules.add(
          new Rule(
              "kubespan",
              plan.stretched() ? Peer.INTERNET : Peer.NODES,
              "Udp",
              List.of("51820"),
              plan.stretched()
                  ? "WireGuard with machines elsewhere, whose addresses are not known"
                  : "WireGuard between nodes"));
    }
  }

  private static void ingress(AzurePlan plan, List<Rule> rules) {
    List<String> ports = List.of(String.valueOf(HTTP), String.valueOf(HTTPS));
    rules.add(
        new Rule(
            "ingress",
            plan.isPublic() ? Peer.INTERNET : Peer.CONNECTED_NETWORKS,
            "Tcp",
            ports,
            "what the cluster serves"));
    rules.add(
        new Rule(
            "ingress-probes", Peer.PROBES, "Tcp", ports, "health checks of the load balancer"));
  }

  private static Rule tcp(String name, Peer from, int port, String why) {
    return new Rule(name, from, "Tcp", List.of(String.valueOf(port)), why);
  }

  /// Membership groups and rules of both roles.
  static void groups(AzurePlan plan) {
    for (String role : List.of(AzurePlan.CONTROL_PLANE, AzurePlan.WORKERS)) {
      plan.addTagged(
          "azure-native:network:ApplicationSecurityGroup",
          members(role),
          Map.of("applicationSecurityGroupName", members(role)));
    }
    group(plan, AzurePlan.CONTROL_PLANE, controlPlane(plan));
    group(plan, AzurePlan.WORKERS, workers(plan));
  }

  private static void group(AzurePlan plan, String role, List<Rule> rules) {
    List<Object> list = new ArrayList<>();
    int priority = FIRST_PRIORITY;
    for (Rule rule : rules) {
      Map<String, Object> source = source(plan, rule.from());
      if (!source.isEmpty()) {
        list.add(rule(rule, source, priority));
        priority += STEP;
      }
    }
    list.add(refuseTheRest());
    Map<String, Object> inputs = new LinkedHashMap<>();
    inputs.put("networkSecurityGroupName", group(role));
    inputs.put("securityRules", list);
    plan.addTagged("azure-native:network:NetworkSecurityGroup", group(role), inputs);
  }

  private static Map<String, Object> rule(Rule rule, Map<String, Object> source, int priority) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("name", rule.name());
    out.put("description", rule.why());
    out.put("priority", priority);
    out.put("direction", "Inbound");
    out.put("access", "Allow");
    out.put("protocol", rule.protocol());
    out.putAll(source);
    out.put("sourcePortRange", "*");
    out.put("destinationAddressPrefix", "*");
    if (rule.ports().size() == 1) {
      out.put("destinationPortRange", rule.ports().getFirst());
    } else {
      out.put("destinationPortRanges", rule.ports());
    }
    return out;
  }

  private static Map<String, Object> refuseTheRest() {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("name", "refuse-the-rest");
    out.put("description", "also what the VNet's own rule would let in");
    out.put("priority", LAST_PRIORITY);
    out.put("direction", "Inbound");
    out.put("access", "Deny");
    out.put("protocol", "*");
    out.put("sourceAddressPrefix", "*");
    out.put("sourcePortRange", "*");
    out.put("destinationAddressPrefix", "*");
    out.put("destinationPortRange", "*");
    return out;
  }

  /// Empty when there is nobody: then no rule is made.
  private static Map<String, Object> source(AzurePlan plan, Peer peer) {
    return switch (peer) {
      case ADMINS -> {
        List<String> admins =
            plan.spec().target().network().adminCidrs().stream()
                .filter(c -> Cidr.parse(c).filter(Cidr::isIpv4).isPresent())
                .toList();
        yield admins.isEmpty() ? Map.of() : Map.of("sourceAddressPrefixes", admins);
      }
      case CONTROL_PLANES -> memberOf(AzurePlan.CONTROL_PLANE);
      case WORKERS -> memberOf(AzurePlan.WORKERS);
      case NODES -> memberOf(AzurePlan.CONTROL_PLANE, AzurePlan.WORKERS);
      case EGRESS -> egress(plan);
      case PROBES -> Map.of("sourceAddressPrefix", "AzureLoadBalancer");
      case INTERNET -> Map.of("sourceAddressPrefix", "Internet");
      case CONNECTED_NETWORKS -> Map.of("sourceAddressPrefix", "VirtualNetwork");
    };
  }

  /// Ours is the NAT gateway's; a landing zone's addresses were looked up, or are in `adminCidrs`.
  private static Map<String, Object> egress(AzurePlan plan) {
    if (plan.existing() == null) {
      return Map.of("sourceAddressPrefix", new Ref(AzurePlan.EGRESS_IP, "ipAddress"));
    }
    String known = plan.choices().facts().getOrDefault(EGRESS_FACT, "");
    return known.isEmpty()
        ? Map.of()
        : Map.of("sourceAddressPrefixes", List.of(known.split(",", -1)));
  }

  private static Map<String, Object> memberOf(String... roles) {
    List<Object> groups = new ArrayList<>();
    for (String role : roles) {
      groups.add(AzurePlan.idOf(members(role)));
    }
    return Map.of("sourceApplicationSecurityGroups", groups);
  }
}
