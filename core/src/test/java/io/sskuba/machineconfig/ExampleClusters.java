package io.sskuba.machineconfig;

import io.sskuba.infra.Topology;
import io.sskuba.net.AddressMap;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.Access;
import io.sskuba.spec.ClusterSpec.Delivery;
import io.sskuba.spec.ClusterSpec.Endpoint;
import io.sskuba.spec.ClusterSpec.Gpu;
import io.sskuba.spec.ClusterSpec.Lifetime;
import io.sskuba.spec.ClusterSpec.MachineAddress;
import io.sskuba.spec.ClusterSpec.Metadata;
import io.sskuba.spec.ClusterSpec.Network;
import io.sskuba.spec.ClusterSpec.Overlay;
import io.sskuba.spec.ClusterSpec.Patch;
import io.sskuba.spec.ClusterSpec.Pool;
import io.sskuba.spec.ClusterSpec.Provider;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import io.sskuba.spec.ClusterSpec.Proxy;
import io.sskuba.spec.ClusterSpec.Registry;
import io.sskuba.spec.ClusterSpec.Sealing;
import io.sskuba.spec.ClusterSpec.Taint;
import io.sskuba.spec.ClusterSpec.Target;
import io.sskuba.spec.ClusterSpec.Versions;
import io.sskuba.spec.Credential;
import io.sskuba.spec.SecretRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Clusters like those in `examples/`, and a few that use every key that machine configs depend on,
/// built by hand so that these tests stand on the records alone.
final class ExampleClusters {
  static final Taint GPU_TAINT = new Taint("nvidia.com/gpu", "present", "NoSchedule");

  private ExampleClusters() {}

  record Example(ClusterSpec spec, Topology topology) {}

  static Example local() {
    ClusterSpec spec =
        cluster(
            "demo",
            Duration.ofHours(8),
            target(
                Provider.LOCAL,
                pool("control-plane", 1),
                List.of(
                    pool("general", 2),
                    gpu(pool("gpu", 1), List.of(GPU_TAINT), Map.of("workload", "training"))),
                network(null),
                null,
                new ProviderSettings.None()));
    Map<String, String> twins = new LinkedHashMap<>();
    for (int i = 1; i <= 8; i++) {
      twins.put("10.64.0." + i, "127.64.0." + i);
    }
    return example(spec, "10.64.0.1", "10.64.0.", new AddressMap(twins));
  }

  static Example docker() {
    return example(
        cluster(
            "try-out",
            Duration.ofHours(8),
            target(
                Provider.DOCKER,
                pool("control-plane", 1),
                List.of(pool("general", 1)),
                network("10.5.0.0/24"),
                null,
                new ProviderSettings.Docker(List.of(80, 443)))),
        "10.5.0.2",
        "10.5.0.",
        AddressMap.IDENTITY);
  }

  static Example aws() {
    return example(
        cluster(
            "fraud-lab",
            Duration.ofHours(8),
            target(
                Provider.AWS,
                pool("control-plane", 3),
                List.of(
                    pool("general", 3),
                    gpu(pool("gpu", 1), List.of(GPU_TAINT), Map.of("workload", "training"))),
                network("10.20.0.0/16"),
                null,
                new ProviderSettings.Aws("ap-southeast-2", List.of("ap-southeast-2a")))),
        "fraud-lab-api.elb.example.org",
        "10.20.0.",
        AddressMap.IDENTITY);
  }

  static Example azure() {
    return example(
        cluster(
            "claims-lab",
            Duration.ofDays(2),
            target(
                Provider.AZURE,
                pool("control-plane", 3),
                List.of(pool("general", 3), gpu(pool("gpu", 1), List.of(), Map.of())),
                network("10.30.0.0/16"),
                null,
                new ProviderSettings.Azure("0", "australiaeast", List.of("1")))),
        "20.5.6.7",
        "10.30.0.",
        AddressMap.IDENTITY);
  }

  static Example vsphere() {
    SecretRef ref = new SecretRef.Env("X");
    Pool controlPlane = pool("control-plane", 3);
    controlPlane =
        with(controlPlane, List.of(), List.of("10.40.0.2", "10.40.0.3", "10.40.0.4"), null);
    Network network =
        new Network(
            "10.40.0.0/24",
            "10.244.0.0/16",
            "10.96.0.0/12",
            List.of(),
            "k8s-segment",
            "10.40.0.1",
            List.of("10.40.0.1"),
            null);
    return example(
        cluster(
            "sensor-lab",
            null,
            target(
                Provider.VSPHERE,
                controlPlane,
                List.of(pool("general", 3)),
                network,
                null,
                new ProviderSettings.Vsphere(
                    "vcenter.example.org",
                    new Credential.JsonValue(ref),
                    "dc1",
                    "compute1",
                    "vsan1",
                    "sskuba",
                    "talos",
                    "talos-v1.13.9",
                    null))),
        "10.40.0.10",
        "10.40.0.",
        AddressMap.IDENTITY);
  }

  static Example metal() {
    Pool controlPlane =
        with(
            pool("control-plane", 0),
            List.of(
                new MachineAddress(
                    "192.168.50.2",
                    "/dev/nvme0n1",
                    "6f1kS0a1cV2mH8y0b1mJvXcN1g4mGq2j0mA3m0o2xS8=",
                    null,
                    null)),
            List.of(),
            null);
    Pool pi =
        with(
            pool("pi", 0),
            List.of(
                new MachineAddress("192.168.50.3", "/dev/mmcblk0", null, null, null),
                new MachineAddress(
                    "192.168.50.4",
                    null,
                    null,
                    "arm64",
                    new Overlay("rpi_generic", "factory.example.org/installer/pi:v1.13.9"))),
            List.of(),
            "/dev/sdb");
    Target target =
        new Target(
            Provider.METAL,
            controlPlane,
            List.of(pi),
            true,
            Delivery.API,
            network(null),
            new Endpoint("internal", "192.168.50.10", null),
            new ProviderSettings.None());
    return example(
        cluster("field-kit", null, target), "192.168.50.10", "192.168.50.", AddressMap.IDENTITY);
  }

  /// Every optional key at once.
  static Example everything() {
    Pool worker = gpu(pool("w", 2), List.of(GPU_TAINT), Map.of("a", "b", "c", ""));
    worker =
        new Pool(
            worker.name(),
            worker.count(),
            worker.machines(),
            worker.labels(),
            worker.taints(),
            worker.gpu(),
            List.of(
                new Patch(
                    "machine:\n  sysctls:\n    vm.max_map_count: \"262144\"\n",
                    "workers[0].patches[0]")),
            List.of(),
            null,
            null,
            List.of(),
            null,
            "/dev/vda",
            "amd64");
    Target target =
        new Target(
            Provider.METAL,
            pool("control-plane", 3),
            List.of(worker),
            true,
            Delivery.USER_DATA,
            new Network(
                "10.50.0.0/24",
                "10.128.0.0/14",
                "172.20.0.0/16",
                List.of(),
                null,
                null,
                List.of(),
                null),
            new Endpoint("internal", "10.50.0.99", null),
            new ProviderSettings.None());
    ClusterSpec plain = cluster("all", Duration.ofMinutes(90), target);
    ClusterSpec spec =
        new ClusterSpec(
            plain.metadata(),
            plain.lifetime(),
            plain.versions(),
            plain.target(),
            null,
            plain.sealing(),
            List.of(
                new Patch(
                    "machine:\n  time:\n    servers: [ntp.example.org]\n---\napiVersion: v1alpha1\n"
                        + "kind: KmsgLogConfig\nname: remote\nurl: tcp://10.50.0.9:5000\n",
                    "machineConfig.patches[0]")),
            plain.access(),
            null,
            null,
            null,
            null,
            new Registry(
                "registry.example.org",
                new Credential.JsonValue(new SecretRef.Env("X")),
                Map.of("docker.io", "https://mirror.example.org/docker")),
            "/etc/ssl/organisation.pem",
            new Proxy("http://proxy:3128", "http://proxy:3128", List.of(".example.org")));
    return example(spec, "10.50.0.99", "10.50.0.", AddressMap.IDENTITY);
  }

  static Example singleNode() {
    return example(
        cluster(
            "one",
            null,
            target(
                Provider.LOCAL,
                pool("control-plane", 1),
                List.of(),
                network(null),
                null,
                new ProviderSettings.None())),
        "10.64.0.2",
        "10.64.0.",
        AddressMap.IDENTITY);
  }

  static Map<String, Example> all() {
    Map<String, Example> all = new LinkedHashMap<>();
    all.put("local", local());
    all.put("docker", docker());
    all.put("metal", metal());
    all.put("aws", aws());
    all.put("azure", azure());
    all.put("vsphere", vsphere());
    all.put("everything", everything());
    all.put("single-node", singleNode());
    return all;
  }

  static Example example(ClusterSpec spec, String endpoint, String prefix, AddressMap addresses) {
    List<Topology.Machine> machines = new ArrayList<>();
    int host = 2;
    List<Pool> pools = new ArrayList<>(List.of(spec.target().controlPlane()));
    pools.addAll(spec.target().workers());
    for (Pool pool : pools) {
      for (int i = 1; i <= pool.size(); i++) {
        machines.add(
            new Topology.Machine(
                spec.metadata().name() + "-" + pool.name() + "-" + i,
                pool.isControlPlane(),
                pool.name(),
                prefix + host++,
                pool.arch(),
                null));
      }
    }
    return new Example(
        spec, new Topology(endpoint, 6443, List.of(spec.fqdn()), machines, addresses));
  }

  static ClusterSpec cluster(String name, @Nullable Duration ttl, Target target) {
    return new ClusterSpec(
        new Metadata(name, "example.org", "organization", "sskuba", null, Map.of()),
        new Lifetime(ttl),
        new Versions("v1.13.9", "v1.36.3"),
        target,
        null,
        new Sealing(List.of()),
        List.of(),
        new Access(null, null),
        null,
        null,
        null,
        null,
        null,
        null,
        null);
  }

  static Target target(
      Provider provider,
      Pool controlPlane,
      List<Pool> workers,
      Network network,
      @Nullable String virtualAddress,
      ProviderSettings settings) {
    return new Target(
        provider,
        controlPlane,
        workers,
        false,
        Delivery.API,
        network,
        new Endpoint("internal", virtualAddress, null),
        settings);
  }

  static Network network(@Nullable String cidr) {
    return new Network(
        cidr, "10.244.0.0/16", "10.96.0.0/12", List.of(), null, null, List.of(), null);
  }

  static Pool pool(String name, int count) {
    return new Pool(
        name, count, List.of(), Map.of(), List.of(), null, List.of(), List.of(), null, null,
        List.of(), null, null, "amd64");
  }

  static Pool gpu(Pool p, List<Taint> taints, Map<String, String> labels) {
    return new Pool(
        p.name(),
        p.count(),
        p.machines(),
        labels,
        taints,
        new Gpu("nvidia", 1),
        p.patches(),
        p.types(),
        p.cpus(),
        p.memoryGiB(),
        p.addresses(),
        p.diskSizeGiB(),
        p.diskDevice(),
        p.arch());
  }

  private static Pool with(
      Pool p, List<MachineAddress> machines, List<String> addresses, @Nullable String device) {
    return new Pool(
        p.name(),
        p.count(),
        machines,
        p.labels(),
        p.taints(),
        p.gpu(),
        p.patches(),
        p.types(),
        p.cpus(),
        p.memoryGiB(),
        addresses,
        p.diskSizeGiB(),
        device,
        p.arch());
  }
}
