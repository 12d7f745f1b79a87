package io.sskuba.infra.aws;

import io.sskuba.infra.InfraPlan.Concat;
import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.infra.Target;
import io.sskuba.net.Cidr;
import io.sskuba.spec.ClusterSpec;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Which peer may reach which port, and why: [#table] is the whole of it.
///
/// Three groups: control planes, workers, load balancer. Peers inside the cluster are groups, never
/// address ranges. A rule is a resource of its own, so that one is added or removed without
/// touching the others. What is not in the table is closed; DNS, time and metadata at AWS's
/// link-local addresses are not filtered by security groups.
/// - Source: ports of Talos and Kubernetes: https://docs.siderolabs.com/talos (network
///   connectivity), https://kubernetes.io/docs/reference/networking/ports-and-protocols/
final class AwsSecurity {
  static final String CONTROL_PLANE = "control-plane-group";
  static final String WORKER = "worker-group";
  static final String BALANCER = "balancer-group";

  static final int KUBERNETES = 6443;
  static final int TALOS = 50000;
  private static final int TRUSTD = 50001;
  private static final int ETCD_FIRST = 2379;
  private static final int ETCD_LAST = 2380;
  private static final int KUBELET = 10250;
  private static final int VXLAN = 4789;
  private static final int WIREGUARD = 51820;
  static final int HTTP = 80;
  static final int HTTPS = 443;

  /// NodePorts of the ingress, which the load balancer forwards 80 and 443 to.
  static final int HTTP_NODE = 30080;

  static final int HTTPS_NODE = 30443;

  private static final String ANYWHERE = "0.0.0.0/0";
  private static final List<String> PRIVATE =
      List.of("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16");

  /// AWS takes 255 characters, of these.
  private static final String DESCRIPTION_OTHERS = "[^A-Za-z0-9 ._:/()#,@\\[\\]+=&;{}!$*-]";

  private final AwsContext aws;
  private final AwsNetwork network;
  private final AwsBalancer balancer;

  AwsSecurity(AwsContext aws, AwsNetwork network, AwsBalancer balancer) {
    this.aws = aws;
    this.network = network;
    this.balancer = balancer;
  }

  enum Direction {
    IN,
    OUT
  }

  /// @param name part of the rule's resource name
  /// @param value a [Ref] to a group's id, or a network as text or [Concat]
  /// @param group whether it is a group
  record Peer(String name, Object value, boolean group) {
    static Peer group(String group) {
      return new Peer(group.replace("-group", ""), new Ref(group, "id"), true);
    }

    static Peer network(String cidr) {
      return new Peer(
          cidr.equals(ANYWHERE) ? "anywhere" : cidr.replaceAll("[/:]", "-"), cidr, false);
    }
  }

  /// One line of the table: `group` may be reached from `peers` (or may reach them) at ports `from`
  /// to `to`.
  ///
  /// @param protocol `tcp`, `udp` or `-1` for all, which has no ports
  record Rule(
      String group,
      Direction direction,
      String service,
      String protocol,
      int from,
      int to,
      List<Peer> peers,
      String why) {}

  private static Rule in(
      String group, String service, String protocol, int port, List<Peer> peers, String why) {
    return new Rule(group, Direction.IN, service, protocol, port, port, peers, why);
  }

  private static Rule out(
      String group, String service, String protocol, int port, List<Peer> peers, String why) {
    return new Rule(group, Direction.OUT, service, protocol, port, port, peers, why);
  }

  List<Rule> table() {
    List<Rule> table = new ArrayList<>();
    table.addAll(controlPlane());
    table.addAll(worker());
    table.addAll(balancerIn());
    table.addAll(balancerOut());
    for (String group : List.of(CONTROL_PLANE, WORKER)) {
      table.addAll(waysOut(group));
    }
    return table;
  }

  private List<Rule> controlPlane() {
    String to = CONTROL_PLANE;
    List<Peer> self = List.of(Peer.group(CONTROL_PLANE));
    List<Peer> nodes = List.of(Peer.group(CONTROL_PLANE), Peer.group(WORKER));
    List<Peer> balancers = List.of(Peer.group(BALANCER));
    List<Rule> table = new ArrayList<>();
    table.add(in(to, "talos", "tcp", TALOS, admins(), "administrators configure this machine"));
    table.add(in(to, "talos", "tcp", TALOS, balancers, "Talos API and its health check"));
    table.add(in(to, "talos", "tcp", TALOS, self, "control planes forward Talos calls"));
    table.add(in(to, "trustd", "tcp", TRUSTD, nodes, "nodes have their Talos certificates signed"));
    table.add(in(to, "kubernetes", "tcp", KUBERNETES, balancers, "API and its health check"));
    table.add(in(to, "kubernetes", "tcp", KUBERNETES, nodes, "nodes reach the API by KubePrism"));
    table.add(
        new Rule(
            to,
            Direction.IN,
            "etcd",
            "tcp",
            ETCD_FIRST,
            ETCD_LAST,
            self,
            "etcd clients and peers"));
    table.addAll(everyNode(to));
    if (aws.spec().target().controlPlaneTakesWorkloads()) {
      table.addAll(ingress(to, balancers));
    }
    return table;
  }

  private List<Rule> worker() {
    String to = WORKER;
    List<Rule> table = new ArrayList<>();
    List<Peer> controlPlanes = List.of(Peer.group(CONTROL_PLANE));
    List<Peer> balancers = List.of(Peer.group(BALANCER));
    table.add(in(to, "talos", "tcp", TALOS, controlPlanes, "control planes forward Talos calls"));
    if (aws.hasDoors()) {
      table.add(in(to, "talos", "tcp", TALOS, balancers, "the door of this worker"));
    } else if (!aws.isPublic()) {
      table.add(in(to, "talos", "tcp", TALOS, admins(), "administrators configure this machine"));
    }
    table.addAll(everyNode(to));
    if (!aws.spec().target().controlPlaneTakesWorkloads()) {
      table.addAll(ingress(to, balancers));
    }
    return table;
  }

  private List<Rule> everyNode(String to) {
    List<Peer> nodes = List.of(Peer.group(CONTROL_PLANE), Peer.group(WORKER));
    List<Rule> table = new ArrayList<>();
    table.add(in(to, "kubelet", "tcp", KUBELET, nodes, "API servers and metrics call kubelets"));
    table.add(in(to, "vxlan", "udp", VXLAN, nodes, "flannel carries the packets of pods"));
    if (aws.spec().target().kubespan()) {
      table.add(in(to, "kubespan", "udp", WIREGUARD, nodes, "WireGuard between the nodes"));
      if (!stretch().isEmpty()) {
        table.add(
            in(
                to,
                "kubespan",
                "udp",
                WIREGUARD,
                List.of(Peer.network(ANYWHERE)),
                "machines elsewhere join, behind addresses of their own; WireGuard answers its"
                    + " peers only"));
      }
    }
    return table;
  }

  private static List<Rule> ingress(String to, List<Peer> balancers) {
    return List.of(
        in(to, "http", "tcp", HTTP_NODE, balancers, "ingress and its health check"),
        in(to, "https", "tcp", HTTPS_NODE, balancers, "ingress and its health check"));
  }

  private List<Rule> balancerIn() {
    String to = BALANCER;
    List<Rule> table = new ArrayList<>();
    table.add(in(to, "kubernetes", "tcp", KUBERNETES, admins(), "administrators"));
    table.add(in(to, "kubernetes", "tcp", KUBERNETES, ownWaysIn(), "machines of this cluster"));
    table.add(in(to, "talos", "tcp", TALOS, admins(), "administrators"));
    if (aws.hasDoors() && balancer.doors().size() > 0) {
      table.add(
          new Rule(
              to,
              Direction.IN,
              "doors",
              "tcp",
              AwsBalancer.DOOR_BASE + 1,
              AwsBalancer.DOOR_BASE + balancer.doorMax(),
              admins(),
              "administrators configure workers"));
    }
    List<Peer> users = aws.isPublic() ? List.of(Peer.network(ANYWHERE)) : internalUsers();
    table.add(in(to, "http", "tcp", HTTP, users, "users of what runs here"));
    table.add(in(to, "https", "tcp", HTTPS, users, "users of what runs here"));
    return table;
  }

  private List<Rule> balancerOut() {
    String from = BALANCER;
    List<Peer> controlPlanes = List.of(Peer.group(CONTROL_PLANE));
    List<Peer> workers = List.of(Peer.group(WORKER));
    List<Peer> ingress = aws.spec().target().controlPlaneTakesWorkloads() ? controlPlanes : workers;
    List<Rule> table = new ArrayList<>();
    table.add(out(from, "kubernetes", "tcp", KUBERNETES, controlPlanes, "Kubernetes API"));
    table.add(out(from, "talos", "tcp", TALOS, controlPlanes, "Talos API"));
    table.add(out(from, "http", "tcp", HTTP_NODE, ingress, "ingress"));
    table.add(out(from, "https", "tcp", HTTPS_NODE, ingress, "ingress"));
    if (aws.hasDoors()) {
      table.add(out(from, "talos", "tcp", TALOS, workers, "doors of workers"));
    }
    return table;
  }

  /// Without a proxy nodes may call out freely: images, git, time, and whatever workloads use. With
  /// one they reach the organisation's own networks and the proxy, nothing else.
  private List<Rule> waysOut(String from) {
    ClusterSpec.Proxy proxy = aws.spec().proxy();
    if (proxy == null) {
      return List.of(
          out(
              from,
              "all",
              "-1",
              0,
              List.of(Peer.network(ANYWHERE)),
              "images, git, time, and what workloads call"));
    }
    Set<String> inside = new LinkedHashSet<>(PRIVATE);
    String cidr = aws.spec().target().network().cidr();
    if (cidr != null) {
      inside.add(cidr);
    }
    List<Rule> table = new ArrayList<>();
    table.add(
        out(
            from,
            "all",
            "-1",
            0,
            inside.stream().map(Peer::network).toList(),
            "this cluster, and networks of the organisation"));
    proxies(proxy)
        .forEach(
            (port, host) ->
                table.add(
                    out(from, "proxy", "tcp", port, List.of(Peer.network(host)), "the proxy")));
    if (aws.isPublic()) {
      table.add(
          out(
              from,
              "kubernetes",
              "tcp",
              KUBERNETES,
              List.of(Peer.network(ANYWHERE)),
              "the endpoint, at public addresses of the load balancer"));
    }
    return table;
  }

  /// Port to network: a proxy given by address is that address, one given by name may be anywhere.
  private static Map<Integer, String> proxies(ClusterSpec.Proxy proxy) {
    Map<Integer, String> out = new LinkedHashMap<>();
    for (String url : new String[] {proxy.http(), proxy.https()}) {
      if (url == null) {
        continue;
      }
      URI uri = URI.create(url);
      String host = String.valueOf(uri.getHost());
      int port = uri.getPort() > 0 ? uri.getPort() : "https".equals(uri.getScheme()) ? HTTPS : HTTP;
      String network = Cidr.isAddress(host) && host.indexOf(':') < 0 ? host + "/32" : ANYWHERE;
      out.merge(port, network, (a, b) -> a.equals(b) ? a : ANYWHERE);
    }
    return out;
  }

  private List<Peer> admins() {
    return aws.spec().target().network().adminCidrs().stream().map(Peer::network).toList();
  }

  /// Who may use an internal ingress: the network itself and the administrators' networks.
  private List<Peer> internalUsers() {
    Set<String> cidrs = new LinkedHashSet<>(aws.spec().target().network().adminCidrs());
    String cidr = aws.spec().target().network().cidr();
    if (cidr != null) {
      cidrs.add(cidr);
    }
    List<Peer> users = new ArrayList<>(cidrs.stream().map(Peer::network).toList());
    users.add(Peer.group(CONTROL_PLANE));
    users.add(Peer.group(WORKER));
    return users;
  }

  /// How the cluster's own machines come to the endpoint. An internet-facing load balancer sees
  /// public addresses even of machines in its own VPC: the NAT gateway's (fact `egressAddresses` in
  /// a given network), and those that control planes have themselves.
  private List<Peer> ownWaysIn() {
    List<Peer> peers = new ArrayList<>();
    if (!aws.isPublic()) {
      peers.add(Peer.group(CONTROL_PLANE));
      peers.add(Peer.group(WORKER));
    } else {
      if (network.hasNat()) {
        peers.add(
            new Peer(
                AwsNetwork.NAT,
                Concat.of(new Ref(AwsNetwork.NAT_ADDRESS, "publicIp"), "/32"),
                false));
      }
      for (String address :
          aws.choices().facts().getOrDefault("egressAddresses", "").split(",", -1)) {
        if (Cidr.isAddress(address)) {
          peers.add(Peer.network(address + "/32"));
        }
      }
      for (Target.Slot machine : aws.madeControlPlanes()) {
        peers.add(
            new Peer(machine.name(), Concat.of(new Ref(machine.name(), "publicIp"), "/32"), false));
      }
    }
    for (String address : stretch()) {
      peers.add(Peer.network(address + (address.indexOf(':') < 0 ? "/32" : "/128")));
    }
    return peers;
  }

  /// Addresses of machines that are somewhere else; names cannot stand in a rule.
  private List<String> stretch() {
    List<String> addresses = new ArrayList<>();
    for (Target.Slot machine : aws.machines()) {
      ClusterSpec.MachineAddress given = machine.given();
      if (given != null && Cidr.isAddress(given.address())) {
        addresses.add(given.address());
      }
    }
    return addresses;
  }

  /// The groups; their rules come with [#addRules], once all peers are there.
  void addGroups() {
    group(CONTROL_PLANE, "control-plane", "Talos control planes");
    group(WORKER, "worker", "Talos workers");
    group(BALANCER, "balancer", "Load balancers of the endpoint, the ingress and the doors");
  }

  private void group(String name, String part, String description) {
    // The cloud controller looks for one group of a node with this tag, and opens ports there.
    Map<String, Object> found =
        name.equals(BALANCER)
            ? Map.of()
            : Map.of(AwsIdentities.kubernetesTag(aws.clusterId()), "owned");
    aws.tagged(
        "aws:ec2/securityGroup:SecurityGroup",
        name,
        Map.of(
            "name", aws.brief(part, 255),
            "description", description(description + " of " + aws.spec().fqdn()),
            "vpcId", aws.vpcId()),
        found);
  }

  void addRules() {
    Set<String> names = new LinkedHashSet<>();
    for (Rule rule : table()) {
      for (Peer peer : rule.peers()) {
        boolean in = rule.direction() == Direction.IN;
        String name =
            rule.group().replace("-group", "")
                + (in ? "-" + rule.service() + "-from-" : "-to-" + rule.service() + "-at-")
                + peer.name();
        if (!names.add(name)) {
          continue; // the same peer by two ways, for example a proxy inside the network
        }
        Map<String, Object> inputs = new LinkedHashMap<>();
        inputs.put("securityGroupId", new Ref(rule.group(), "id"));
        inputs.put("description", description(rule.why()));
        inputs.put("ipProtocol", rule.protocol());
        if (!rule.protocol().equals("-1")) {
          inputs.put("fromPort", rule.from());
          inputs.put("toPort", rule.to());
        }
        boolean six = peer.value() instanceof String text && text.indexOf(':') >= 0;
        inputs.put(
            peer.group() ? "referencedSecurityGroupId" : six ? "cidrIpv6" : "cidrIpv4",
            peer.value());
        aws.tagged(
            in
                ? "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
                : "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
            name,
            inputs);
      }
    }
  }

  private static String description(String text) {
    String plain = text.replaceAll(DESCRIPTION_OTHERS, "_");
    return plain.length() <= 255 ? plain : plain.substring(0, 255);
  }
}
