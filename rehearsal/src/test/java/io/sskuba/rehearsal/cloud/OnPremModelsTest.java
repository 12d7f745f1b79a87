package io.sskuba.rehearsal.cloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.infra.Platform;
import io.sskuba.infra.docker.DockerTarget;
import io.sskuba.infra.metal.MetalTarget;
import io.sskuba.infra.types.TypeCatalog;
import io.sskuba.infra.vsphere.VsphereTarget;
import io.sskuba.rehearsal.account.Account;
import io.sskuba.rehearsal.account.CloudFault;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.rehearsal.cloud.bigip.BigIpModel;
import io.sskuba.rehearsal.cloud.docker.DockerModel;
import io.sskuba.rehearsal.cloud.metal.MetalModel;
import io.sskuba.rehearsal.cloud.vsphere.VsphereModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What the simulated vCenter, Big-IP, Docker daemon and site refuse, and what they start.
class OnPremModelsTest {
  @TempDir Path folder;
  private Account account;
  private Site site;
  private Scenario scenario = Scenario.NONE;

  @BeforeEach
  void open() {
    account = Account.at(folder.resolve("account"));
  }

  private void example(String name, String clusterId) throws IOException {
    Platform.Cluster cluster = OnPremSites.cluster(name, OnPremSites.example(name), clusterId);
    site = OnPremSites.site(cluster, scenario);
  }

  private CloudRequest request(String type, String name, Map<String, Object> inputs) {
    return new CloudRequest(
        type, name, inputs, site, scenario, Instant.parse("2026-11-24T18:00:00Z"));
  }

  private CloudResource make(CloudModel model, String type, String name, Map<String, Object> inputs)
      throws Exception {
    return account.change(
        view -> {
          CloudModel.Made made = model.create(request(type, name, inputs), view);
          CloudResource resource =
              new CloudResource(
                  made.id(),
                  type,
                  site.clusterId(),
                  name,
                  inputs,
                  made.outputs(),
                  made.tags(),
                  Instant.EPOCH,
                  made.fabric());
          view.put(resource);
          return resource;
        });
  }

  private void remove(CloudModel model, CloudResource resource) throws Exception {
    account.change(
        view -> {
          model.delete(request(resource.type(), resource.name(), Map.of()), resource, view);
          view.remove(resource.id());
          return true;
        });
  }

  private static void assertFault(CloudFault.Kind kind, String text, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(CloudFault.class, e -> assertThat(e.kind()).isEqualTo(kind))
        .hasMessageContaining(text);
  }

  @Test
  void bigIpServersNeedTheirPoolAndPassOnToItsMembers() throws Exception {
    example("vsphere", "c1");
    BigIpModel model = new BigIpModel();
    Map<String, Object> server = new HashMap<>();
    server.put("name", "/sskuba/a-api");
    server.put("destination", "10.40.0.10");
    server.put("port", 6443);
    server.put("source", "0.0.0.0/0");
    server.put("pool", "/sskuba/a-api");
    String virtual = "f5bigip:ltm/virtualServer:VirtualServer";
    assertFault(
        CloudFault.Kind.NOT_FOUND,
        "01020036:3: The requested Pool (/sskuba/a-api) was not found.",
        () -> make(model, virtual, "virtual-api", server));
    CloudResource node =
        make(
            model,
            "f5bigip:ltm/node:Node",
            "node-a",
            Map.of("name", "/sskuba/a", "address", "10.40.0.21"));
    CloudResource pool =
        make(model, "f5bigip:ltm/pool:Pool", "pool-api", Map.of("name", "/sskuba/a-api"));
    CloudResource made = make(model, virtual, "virtual-api", server);
    CloudResource member =
        make(
            model,
            "f5bigip:ltm/poolAttachment:PoolAttachment",
            "member-api-a",
            Map.of("pool", "/sskuba/a-api", "node", "/sskuba/a:6443"));
    assertThat(backends(made.id())).isEqualTo("[\"10.40.0.21\"]");

    Map<String, Object> second = new HashMap<>(server);
    second.put("name", "/sskuba/b-api");
    assertFault(
        CloudFault.Kind.CONFLICT,
        "01070333:3: Virtual Server /sskuba/b-api illegally shares",
        () -> make(model, virtual, "virtual-b", second));
    assertFault(
        CloudFault.Kind.CONFLICT,
        "01020066:3: The requested Node (/sskuba/a) already exists in partition sskuba.",
        () ->
            make(
                model,
                "f5bigip:ltm/node:Node",
                "node-a2",
                Map.of("name", "/sskuba/a", "address", "10.40.0.22")));
    assertFault(CloudFault.Kind.DEPENDENCY, "01070110:3", () -> remove(model, node));
    assertFault(CloudFault.Kind.DEPENDENCY, "01070265:3", () -> remove(model, pool));
    remove(model, member);
    assertThat(backends(made.id())).isEqualTo("[]");
    remove(model, made);
    remove(model, pool);
    remove(model, node);
    assertThat(account.all()).isEmpty();
  }

  private String backends(String id) throws IOException {
    return account.all().stream()
        .filter(r -> r.id().equals(id) && r.fabric() != null)
        .map(r -> r.fabric().inputs().path("backends").toString())
        .findFirst()
        .orElse("none");
  }

  @Test
  void dockerRefusesWhatIsTaken() throws Exception {
    example("docker", "c1");
    DockerModel model = new DockerModel();
    Map<String, Object> network =
        Map.of("name", "one", "ipamConfigs", List.of(Map.of("subnet", "10.5.0.0/24")));
    CloudResource made = make(model, DockerTarget.NETWORK, "network", network);
    assertFault(
        CloudFault.Kind.CONFLICT,
        "Pool overlaps with other one on this address space",
        () ->
            make(
                model,
                DockerTarget.NETWORK,
                "network",
                Map.of("name", "two", "ipamConfigs", List.of(Map.of("subnet", "10.5.0.0/16")))));
    CloudResource image =
        make(model, DockerTarget.IMAGE, "image", Map.of("name", "ghcr.io/siderolabs/talos:v1"));
    Map<String, Object> one = container(image, "a", "10.5.0.2", 50000);
    CloudResource first = make(model, DockerTarget.CONTAINER, "try-out-control-plane-1", one);
    assertThat(first.fabric()).isNotNull();
    assertFault(
        CloudFault.Kind.CONFLICT,
        "The container name \"/a\" is already in use by container \"" + first.id(),
        () -> make(model, DockerTarget.CONTAINER, "x", container(image, "a", "10.5.0.3", 1)));
    assertFault(
        CloudFault.Kind.CONFLICT,
        "Address already in use",
        () -> make(model, DockerTarget.CONTAINER, "x", container(image, "b", "10.5.0.2", 1)));
    assertFault(
        CloudFault.Kind.CONFLICT,
        "Bind for 127.0.0.1:50000 failed: port is already allocated",
        () -> make(model, DockerTarget.CONTAINER, "x", container(image, "b", "10.5.0.3", 50000)));
    assertFault(
        CloudFault.Kind.INVALID,
        "does not belong to any of this network's subnets",
        () -> make(model, DockerTarget.CONTAINER, "x", container(image, "b", "10.6.0.3", 1)));
    assertFault(CloudFault.Kind.DEPENDENCY, "has active endpoints", () -> remove(model, made));
    remove(model, first);
    remove(model, made);
  }

  private static Map<String, Object> container(
      CloudResource image, String name, String address, int port) {
    return Map.of(
        "name", name,
        "image", image.out("imageId"),
        "networksAdvanced", List.of(Map.of("name", "one", "ipv4Address", address)),
        "ports", List.of(Map.of("ip", "127.0.0.1", "external", port, "internal", 50000)));
  }

  @Test
  void metalMachinesBelongToOneClusterAndShareTheVirtualAddress() throws Exception {
    example("metal", "c1");
    MetalModel model = new MetalModel();
    Map<String, Object> machine = new HashMap<>();
    machine.put("address", "192.168.50.11");
    machine.put("role", "controlplane");
    CloudResource made = make(model, MetalTarget.MACHINE, "field-kit-control-plane-1", machine);
    assertThat(backends("virtual-address/c1")).isEqualTo("[\"192.168.50.11\"]");
    example("metal", "c2");
    assertFault(
        CloudFault.Kind.CONFLICT,
        "192.168.50.11 is not in maintenance mode",
        () -> make(model, MetalTarget.MACHINE, "field-kit-control-plane-1", machine));
    scenario =
        new Scenario(
            1,
            Duration.ZERO,
            0,
            Map.of(),
            List.of(new Scenario.Shortage("machine", "192.168.50.21")),
            List.of(),
            List.of(),
            List.of());
    assertFault(
        CloudFault.Kind.UNAVAILABLE,
        "192.168.50.21:50000 does not answer",
        () ->
            make(
                model,
                MetalTarget.MACHINE,
                "field-kit-pi-1",
                Map.of("address", "192.168.50.21", "role", "worker")));
    remove(model, made);
    assertThat(account.all()).isEmpty();
  }

  @Test
  void vCenterRefusesWhatIsNotThereAndWhatIsNotEmpty() throws Exception {
    example("vsphere", "c1");
    VsphereModel model = new VsphereModel();
    assertFault(
        CloudFault.Kind.NOT_FOUND,
        "has already been deleted or has not been completely created",
        () ->
            make(
                model,
                VsphereTarget.FOLDER,
                "folder",
                Map.of("path", "a", "type", "vm", "datacenterId", "datacenter-99")));
    CloudResource folder =
        make(
            model,
            VsphereTarget.FOLDER,
            "folder",
            Map.of("path", "a", "type", "vm", "datacenterId", "datacenter-2"));
    assertFault(
        CloudFault.Kind.CONFLICT,
        "The name 'a' already exists.",
        () -> make(model, VsphereTarget.FOLDER, "folder", folder.inputs()));
    Map<String, Object> machine = new HashMap<>();
    machine.put("name", "m");
    machine.put("folder", "a");
    machine.put("resourcePoolId", "resgroup-9");
    machine.put("datastoreId", "datastore-12");
    machine.put("memory", 8192);
    machine.put("clone", Map.of("templateUuid", "5f0c41a5-8b0e-4c32-9a5e-6f1d0f7c2a11"));
    CloudResource made = make(model, VsphereTarget.MACHINE, "sensor-lab-control-plane-1", machine);
    assertThat(made.out("defaultIpAddress")).isEqualTo("10.40.0.100");
    assertFault(
        CloudFault.Kind.CONFLICT,
        "The name 'm' already exists.",
        () -> make(model, VsphereTarget.MACHINE, "sensor-lab-control-plane-1", machine));
    Map<String, Object> gpu = new HashMap<>(machine);
    gpu.put("name", "g");
    gpu.put("pciDeviceIds", List.of("0000:10:00.0"));
    assertFault(
        CloudFault.Kind.INVALID,
        "host_system_id must be set when using pci_device_id",
        () -> make(model, VsphereTarget.MACHINE, "g", gpu));
    scenario =
        new Scenario(
            1,
            Duration.ZERO,
            0,
            Map.of("memoryGiB", 10L),
            List.of(),
            List.of(),
            List.of(),
            List.of());
    Map<String, Object> big = new HashMap<>(machine);
    big.put("name", "big");
    assertFault(
        CloudFault.Kind.CAPACITY,
        "The available Memory resources in the parent resource pool are insufficient",
        () -> make(model, VsphereTarget.MACHINE, "big", big));
    assertFault(CloudFault.Kind.DEPENDENCY, "folder is not empty", () -> remove(model, folder));
    remove(model, made);
    remove(model, folder);
    assertThat(account.all()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"vsphere", "f5bigip", "docker", "sskuba"})
  void latenciesAreOfTypesThatThereAre(String pkg) throws IOException {
    try (var in = LatencyModel.class.getResourceAsStream("/latency/" + pkg + ".tsv")) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      for (String line : text.lines().filter(l -> !l.startsWith("#")).toList()) {
        String[] parts = line.split("\t", -1);
        assertThat(parts).as(line).hasSize(4);
        assertThat(TypeCatalog.of(pkg).types()).containsKey(parts[0]);
        assertThat(parts[3]).isNotBlank();
      }
    }
  }
}
