package io.sskuba.infra.azure;

import io.sskuba.infra.Choices;
import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.infra.InfraPlan.Resource;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Target;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One plan while it is written: what the file decides, and the resources so far.
final class AzurePlan {
  static final String GROUP = "resource-group";
  static final String NETWORK = "network";
  static final String EGRESS_IP = "egress-ip";
  static final String EGRESS = "egress";
  static final String ENDPOINT_IP = "endpoint-ip";
  static final String BALANCER = "load-balancer";
  static final String CONTROL_PLANE = "control-plane";
  static final String WORKERS = "workers";
  static final String ENDPOINT = "endpoint";

  private final Platform.Cluster cluster;
  private final ProviderSettings.Azure settings;
  private final AzureNames names;
  private final Choices choices;
  private final List<Resource> resources = new ArrayList<>();

  AzurePlan(Platform.Cluster cluster) {
    this.cluster = cluster;
    if (!(cluster.spec().target().settings() instanceof ProviderSettings.Azure azure)) {
      throw new IllegalArgumentException("not a cluster file of the azure target");
    }
    this.settings = azure;
    this.names =
        AzureNames.of(
            azure.subscription(),
            azure.region(),
            cluster.spec().metadata().name(),
            cluster.clusterId());
    this.choices = Choices.of(cluster.allotment());
  }

  Platform.Cluster cluster() {
    return cluster;
  }

  ClusterSpec spec() {
    return cluster.spec();
  }

  AzureNames names() {
    return names;
  }

  Choices choices() {
    return choices;
  }

  List<String> zones() {
    return settings.zones();
  }

  /// Zones of an address that survives the loss of one: Azure takes one zone, or all three; where
  /// the file names zones, the region has three.
  List<String> everyZone() {
    return zones().isEmpty() ? List.of() : List.of("1", "2", "3");
  }

  boolean isPublic() {
    return spec().target().endpoint().scheme().equals("public");
  }

  ClusterSpec.@Nullable Existing existing() {
    return spec().target().network().existing();
  }

  /// Whether configs are handed to machines over their Talos API, from here.
  boolean delivers() {
    return spec().target().delivery() == ClusterSpec.Delivery.API;
  }

  /// Machines that are made here, control planes first.
  List<Target.Slot> made() {
    return Target.machines(spec()).stream().filter(Target.Slot::made).toList();
  }

  /// Whether any machine of the cluster is elsewhere.
  boolean stretched() {
    return Target.machines(spec()).stream().anyMatch(m -> !m.made());
  }

  boolean hasWorkers() {
    return made().stream().anyMatch(m -> !m.pool().isControlPlane());
  }

  /// A resource without tags, in our group.
  void add(String type, String name, Map<String, Object> inputs, String... dependsOn) {
    resources.add(new Resource(type, name, inputs, List.of(dependsOn)));
  }

  /// A resource with a location and tags, in our group.
  void addTagged(String type, String name, Map<String, Object> inputs, String... dependsOn) {
    Map<String, Object> all = inGroup();
    all.put("location", names.region());
    all.putAll(inputs);
    all.put("tags", AzureTags.of(cluster.tags(), name));
    add(type, name, all, dependsOn);
  }

  /// Inputs that start with the resource group.
  Map<String, Object> inGroup() {
    Map<String, Object> inputs = new LinkedHashMap<>();
    inputs.put("resourceGroupName", new Ref(GROUP, "name"));
    return inputs;
  }

  /// `{id: …}`, as Azure refers to other resources.
  static Map<String, Object> idOf(String resource) {
    return Map.of("id", new Ref(resource, "id"));
  }

  InfraPlan finish(Map<String, Object> outputs) {
    return new InfraPlan(resources, outputs);
  }
}
