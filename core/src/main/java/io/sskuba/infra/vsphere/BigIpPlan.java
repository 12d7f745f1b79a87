package io.sskuba.infra.vsphere;

import io.sskuba.infra.InfraPlan.Concat;
import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.infra.InfraPlan.Resource;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Target.Slot;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings.BigIp;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What a cluster has on a Big-IP, all in the file's partition: a node a machine, and for each
/// service a monitor, a pool with its members, and virtual servers.
///
/// Tags stand in descriptions, where a type has one. A virtual server takes one source network, so
/// a service that only some may reach has one for each of them.
public final class BigIpPlan {
  public static final String NODE = "f5bigip:ltm/node:Node";
  public static final String MONITOR = "f5bigip:ltm/monitor:Monitor";
  public static final String POOL = "f5bigip:ltm/pool:Pool";
  public static final String ATTACHMENT = "f5bigip:ltm/poolAttachment:PoolAttachment";
  public static final String VIRTUAL_SERVER = "f5bigip:ltm/virtualServer:VirtualServer";

  private static final int DESCRIPTION_MAX = 255;
  private static final String ANY = "0.0.0.0/0";

  /// Who may reach which port, and why.
  ///
  /// @param api only `adminCidrs` and the cluster's own network, where the file names them
  /// @param toControlPlanes whether the control planes answer, or the machines that take workloads
  private record Service(String name, int port, boolean api, boolean toControlPlanes, String why) {}

  private static final List<Service> SERVICES =
      List.of(
          new Service(
              "api", 6443, true, true, "Kubernetes API: administrators, and every node's kubelet"),
          new Service("talos", 50000, true, true, "Talos API: administrators"),
          new Service("http", 80, false, false, "ingress of workloads"),
          new Service("https", 443, false, false, "ingress of workloads"));

  /// What a Big-IP says of a machine.
  ///
  /// @param address plain, or a reference to what the platform tells
  record Member(Slot slot, Object address) {}

  private final Platform.Cluster cluster;
  private final BigIp bigip;
  private final List<Member> members;
  private final List<Resource> resources = new ArrayList<>();

  private BigIpPlan(Platform.Cluster cluster, BigIp bigip, List<Member> members) {
    this.cluster = cluster;
    this.bigip = bigip;
    this.members = members;
  }

  static List<Resource> of(Platform.Cluster cluster, BigIp bigip, List<Member> members) {
    BigIpPlan plan = new BigIpPlan(cluster, bigip, members);
    members.forEach(plan::node);
    SERVICES.forEach(plan::service);
    return List.copyOf(plan.resources);
  }

  private void node(Member member) {
    String name = "node-" + member.slot().name();
    Map<String, Object> inputs = new LinkedHashMap<>();
    inputs.put("name", machine(member.slot().name()));
    inputs.put("address", member.address());
    inputs.put("description", description(name));
    // The pools' monitors say whether a service answers; a node needs none of its own.
    inputs.put("monitor", "none");
    resources.add(new Resource(NODE, name, inputs, List.of()));
  }

  private void service(Service service) {
    String monitor = "monitor-" + service.name();
    String pool = "pool-" + service.name();
    Map<String, Object> probe = new LinkedHashMap<>();
    probe.put("name", service(service.name()));
    probe.put("parent", "/Common/tcp");
    probe.put("interval", 5);
    probe.put("timeout", 16);
    resources.add(new Resource(MONITOR, monitor, probe, List.of()));

    Map<String, Object> group = new LinkedHashMap<>();
    group.put("name", service(service.name()));
    group.put("description", description(pool));
    group.put("loadBalancingMode", "least-connections-member");
    group.put("monitors", List.of(new Ref(monitor, "name")));
    resources.add(new Resource(POOL, pool, group, List.of()));

    boolean workers = cluster.spec().target().controlPlaneTakesWorkloads();
    for (Member member : members) {
      boolean controlPlane = member.slot().pool().isControlPlane();
      if (controlPlane == (service.toControlPlanes() || workers)) {
        attachment(service, pool, member);
      }
    }
    int n = 0;
    for (String source : sources(service)) {
      n++;
      virtualServer(service, pool, source, n == 1 ? service.name() : service.name() + "-" + n);
    }
  }

  private void attachment(Service service, String pool, Member member) {
    Map<String, Object> inputs = new LinkedHashMap<>();
    inputs.put("pool", new Ref(pool, "name"));
    inputs.put(
        "node", Concat.of(new Ref("node-" + member.slot().name(), "name"), ":" + service.port()));
    resources.add(
        new Resource(
            ATTACHMENT,
            "member-" + service.name() + "-" + member.slot().name(),
            inputs,
            List.of()));
  }

  private void virtualServer(Service service, String pool, String source, String name) {
    String key = "virtual-" + name;
    Map<String, Object> inputs = new LinkedHashMap<>();
    inputs.put("name", service(name));
    inputs.put("description", description(key));
    inputs.put("destination", bigip.virtualAddress());
    inputs.put("port", service.port());
    inputs.put("ipProtocol", "tcp");
    inputs.put("source", source);
    inputs.put("pool", new Ref(pool, "name"));
    inputs.put("profiles", List.of("/Common/fastL4"));
    // Answers come back through the Big-IP wherever the machines' gateway is.
    inputs.put("sourceAddressTranslation", "automap");
    resources.add(new Resource(VIRTUAL_SERVER, key, inputs, List.of()));
  }

  /// The networks that may reach a service. The cluster's own nodes reach the Kubernetes API
  /// through the virtual address too.
  private Set<String> sources(Service service) {
    ClusterSpec.Network network = cluster.spec().target().network();
    if (!service.api() || network.adminCidrs().isEmpty()) {
      return Set.of(ANY);
    }
    Set<String> sources = new LinkedHashSet<>(network.adminCidrs());
    if (network.cidr() != null) {
      sources.add(network.cidr());
    }
    return sources;
  }

  /// Names are unique in a partition that clusters share.
  private String service(String name) {
    return "/" + bigip.partition() + "/" + cluster.key() + "-" + name;
  }

  private String machine(String name) {
    return "/" + bigip.partition() + "/" + (cluster.tags().rehearsal() ? "rehearsal." : "") + name;
  }

  private String description(String name) {
    StringBuilder text = new StringBuilder();
    cluster
        .tags()
        .of(cluster.tags().key(name))
        .forEach(
            (key, value) -> {
              String tag = key + "=" + value;
              if (text.length() + tag.length() + 1 <= DESCRIPTION_MAX
                  && key.startsWith("sskuba.io/")) {
                text.append(text.isEmpty() ? "" : " ").append(tag);
              }
            });
    return text.toString();
  }
}
