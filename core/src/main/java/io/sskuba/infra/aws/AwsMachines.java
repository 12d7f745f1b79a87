package io.sskuba.infra.aws;

import io.sskuba.infra.Choices;
import io.sskuba.infra.InfraPlan.Concat;
import io.sskuba.infra.InfraPlan.Lookup;
import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.infra.Target;
import io.sskuba.infra.UserData;
import io.sskuba.spec.ClusterSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// The instances.
///
/// Control planes of a public endpoint have a public address, where they are configured; workers
/// never have one. Metadata is served by IMDSv2 only; its answers reach pods (two hops) on control
/// planes alone, where the cloud controller and the volume controller run, and never on workers.
///
/// With delivery `api` there is no user data. With `userData` it is the machine's whole
/// configuration, the cluster's keys in it: a secret in the engine's state, and readable to whoever
/// may call `ec2:DescribeInstanceAttribute` in the account, which `plan` says. A plan has a
/// placeholder for it, see [UserData].
final class AwsMachines {
  /// Account that publishes the official Talos images.
  /// - Source: https://docs.siderolabs.com/talos (AWS, official AMI images)
  static final String TALOS_OWNER = "540036508848";

  static final int ROOT_GIB = 50;

  private final AwsContext aws;
  private final AwsNetwork network;
  private final AwsBalancer balancer;

  AwsMachines(AwsContext aws, AwsNetwork network, AwsBalancer balancer) {
    this.aws = aws;
    this.network = network;
    this.balancer = balancer;
  }

  void add() {
    for (Target.Slot machine : aws.machines()) {
      if (machine.made()) {
        add(machine);
      }
    }
  }

  private void add(Target.Slot machine) {
    boolean controlPlane = machine.pool().isControlPlane();
    boolean open = controlPlane && aws.isPublic();
    Map<String, Object> inputs = new LinkedHashMap<>();
    inputs.put("ami", image(machine));
    inputs.put("instanceType", Objects.requireNonNull(aws.choices().type(machine)));
    inputs.put("subnetId", network.subnet(machine));
    inputs.put(
        "vpcSecurityGroupIds",
        List.of(new Ref(controlPlane ? AwsSecurity.CONTROL_PLANE : AwsSecurity.WORKER, "id")));
    inputs.put("associatePublicIpAddress", open);
    if (controlPlane) {
      inputs.put("iamInstanceProfile", new Ref(AwsIdentities.PROFILE, "name"));
    }
    inputs.put(
        "metadataOptions",
        Map.of(
            "httpEndpoint", "enabled",
            "httpTokens", "required",
            "httpPutResponseHopLimit", controlPlane ? 2 : 1,
            "instanceMetadataTags", "disabled"));
    Integer size = machine.pool().diskSizeGiB();
    inputs.put(
        "rootBlockDevice",
        Map.of(
            "volumeType",
            "gp3",
            "volumeSize",
            size == null ? ROOT_GIB : size,
            "encrypted",
            true,
            "deleteOnTermination",
            true,
            "tags",
            aws.tags(machine.name(), kubernetes())));
    if (!aws.isPushed()) {
      inputs.put("userDataBase64", UserData.of(machine.name()));
    }
    aws.tagged(
        "aws:ec2/instance:Instance",
        machine.name(),
        inputs,
        kubernetes(),
        open ? network.beforePublic() : new String[0]);
  }

  private Map<String, Object> kubernetes() {
    return Map.of(AwsIdentities.kubernetesTag(aws.clusterId()), "owned");
  }

  /// The image that was found before, else what finds it: the official one, or, with NVIDIA's
  /// drivers, the newest of this version that `image ensure` put into the account.
  private Object image(Target.Slot machine) {
    boolean gpu = machine.pool().gpu() != null;
    String arch = machine.arch();
    String known = aws.choices().images().get(Choices.imageKey(arch, gpu));
    if (known != null) {
      return known;
    }
    String version = aws.spec().versions().talos();
    String name =
        gpu
            ? "sskuba-talos-" + version + "-" + Choices.imageKey(arch, true) + "-*"
            : "talos-" + version + "-" + aws.region() + "-" + arch;
    return new Lookup(
        "aws:ec2/getAmi:getAmi",
        Map.of(
            "owners", List.of(gpu ? "self" : TALOS_OWNER),
            "mostRecent", true,
            "filters",
                List.of(
                    filter("name", name),
                    filter("architecture", arch.equals("arm64") ? "arm64" : "x86_64"),
                    filter("state", "available"))),
        "id");
  }

  private static Map<String, Object> filter(String name, String value) {
    return Map.of("name", name, "values", List.of(value));
  }

  /// The plan's output `machines`.
  Map<String, Object> outputs() {
    Map<String, Object> out = new LinkedHashMap<>();
    for (Target.Slot machine : aws.machines()) {
      ClusterSpec.MachineAddress given = machine.given();
      if (given != null) {
        continue;
      }
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("id", new Ref(machine.name(), "id"));
      one.put("address", new Ref(machine.name(), "privateIp"));
      Integer door = balancer.doors().get(machine.name());
      if (machine.pool().isControlPlane() && aws.isPublic()) {
        one.put("publicAddress", new Ref(machine.name(), "publicIp"));
        one.put("door", Concat.of(new Ref(machine.name(), "publicIp"), ":" + AwsSecurity.TALOS));
      } else if (door != null) {
        one.put(
            "door",
            Concat.of(
                new Ref(AwsBalancer.balancerOf(door), "dnsName"),
                ":" + (AwsBalancer.DOOR_BASE + door)));
      }
      out.put(machine.name(), one);
    }
    return out;
  }
}
