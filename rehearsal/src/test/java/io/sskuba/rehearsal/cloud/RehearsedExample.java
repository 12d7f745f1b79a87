package io.sskuba.rehearsal.cloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.Infrastructure;
import io.sskuba.infra.Platform;
import io.sskuba.infra.ResourceTags;
import io.sskuba.infra.Target;
import io.sskuba.infra.Topology;
import io.sskuba.io.Json;
import io.sskuba.io.Places;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.rehearsal.account.Account;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.testkit.Peers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// An example's whole plan on the real engine against its simulated cloud, whose machines boot in a
/// host process of their own.
public abstract class RehearsedExample {
  private static final Duration LIMIT = Duration.ofSeconds(180);
  private static final String ID = "c0ffee01234567aa";

  private final Target target;
  private final CloudModel model;
  private final String name;
  private final String cluster;
  private final int slot;

  @TempDir Path folder;
  private Places places =
      new Places(
          Path.of("/").toUri(), Path.of("/"), Path.of("/"), Path.of("/"), Path.of("/"), true);
  private final Map<String, Path> tools = new LinkedHashMap<>();

  /// @param name of the example and of the account
  /// @param cluster the example's
  /// @param slot ports of another range than other tests and clusters of this machine
  protected RehearsedExample(
      Target target, CloudModel model, String name, String cluster, int slot) {
    this.target = target;
    this.model = model;
    this.name = name;
    this.cluster = cluster;
    this.slot = slot;
  }

  /// The type token of its machines.
  protected abstract String machine();

  /// Scenarios of one fault each, and the problem that they end in.
  protected abstract List<Map.Entry<Scenario, ProblemCode>> faults();

  /// A plan after the GPU machine was deleted behind our back; one resource is made anew.
  protected abstract void drifted(Infrastructure.Changes changes);

  private String key() {
    return "rehearsal." + cluster;
  }

  @BeforeEach
  void open() throws IOException {
    for (String tool :
        List.of("pulumi", "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")) {
      tools.put(tool, Peers.require(tool));
    }
    Path runtime = Files.createTempDirectory(Path.of("/dev/shm"), "sk-" + name.substring(0, 2));
    Files.writeString(folder.resolve("passphrase"), "test passphrase");
    Path state = Files.createDirectory(folder.resolve("state"));
    places =
        new Places(
            state.toUri(), state, folder.resolve("cache"), folder.resolve("config"), runtime, true);
  }

  @AfterEach
  void close() throws Exception {
    platform(Scenario.NONE).sweep(key(), ID);
    try (var files = Files.walk(places.runtime())) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  private RehearsedPlatform platform(Scenario scenario) {
    return new RehearsedPlatform(
        target,
        List.of(model),
        CatalogRules::of,
        new RehearsedPlatform.Options(scenario, 0),
        places,
        TimeSource.system(),
        RandomSource.system());
  }

  private Platform.Cluster cluster(RehearsedPlatform platform) throws IOException {
    var spec = SmallEngine.example(name);
    ObjectNode before = Json.object().put("slot", slot);
    ObjectNode allotment = platform.allot(spec, key(), ID, before, List.of());
    ResourceTags tags =
        new ResourceTags(
            spec.fqdn(), ID, spec.metadata().owner(), "run", null, true, spec.metadata().labels());
    return new Platform.Cluster(spec, key(), ID, allotment, tags);
  }

  private List<CloudResource> held() throws IOException {
    return Account.at(places.localState().resolve("accounts").resolve(name)).all();
  }

  @Test
  void theExampleComesUpAnswersAndGoesWithoutALeak() throws Exception {
    RehearsedPlatform platform = platform(Scenario.NONE);
    Platform.Cluster cluster = cluster(platform);
    InfraPlan plan = platform.plan(cluster);
    try (Infrastructure infra =
        platform.infrastructure(cluster, folder.resolve("passphrase"), tools)) {
      infra.open(LIMIT);
      assertThat(infra.preview(plan, e -> {}, LIMIT).create()).isEqualTo(plan.resources().size());
      assertThat(held()).isEmpty();
      Map<String, Object> outputs = infra.up(plan, e -> {}, LIMIT);
      Topology topology = platform.topology(cluster, outputs);
      assertThat(topology.machines()).hasSize(7);
      for (Topology.Machine machine : topology.machines()) {
        var dial = topology.addresses().talos(machine.address(), 50000);
        assertThat(dial.host()).startsWith("127.");
        connects(dial.host(), dial.port());
      }
      assertThat(topology.endpointHost()).isEqualTo(cluster.spec().fqdn());
      connects(topology.addresses().twin(topology.endpointHost()), 50000);
      assertThat(infra.up(plan, e -> {}, LIMIT)).isEqualTo(outputs);
      assertThat(infra.preview(plan, e -> {}, LIMIT).isEmpty()).isTrue();
      // Everything the cloud holds is in the state, or a part of what is.
      assertThat(platform.inventory(cluster)).hasSize(plan.resources().size() - 1);
      drift(infra, plan);
      infra.destroy(e -> {}, LIMIT);
      assertThat(held()).isEmpty();
    }
  }

  /// A machine that somebody deleted behind our back is made again.
  private void drift(Infrastructure infra, InfraPlan plan) throws Exception {
    Account account = Account.at(places.localState().resolve("accounts").resolve(name));
    CloudResource gone =
        held().stream()
            .filter(r -> r.name().equals(this.cluster + "-gpu-1"))
            .findFirst()
            .orElseThrow();
    account.change(
        view -> {
          view.remove(gone.id());
          return true;
        });
    infra.refresh(e -> {}, LIMIT);
    Infrastructure.Changes changes = infra.preview(plan, e -> {}, LIMIT);
    assertThat(changes.create()).isEqualTo(1);
    drifted(changes);
    infra.up(plan, e -> {}, LIMIT);
    assertThat(held())
        .anyMatch(r -> r.name().equals(gone.name()))
        .hasSize(plan.resources().size() - 1);
  }

  private static void connects(String host, int port) throws Exception {
    long until = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (true) {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(host, port), 2000);
        return;
      } catch (IOException e) {
        if (System.nanoTime() > until) {
          throw new AssertionError("nothing answers on " + host + ":" + port, e);
        }
        Thread.sleep(50);
      }
    }
  }

  @Test
  void faultsAreOneProblemEachAndTheNextUpGoesOn() throws Exception {
    for (var fault : faults()) {
      fails(fault.getKey(), fault.getValue());
    }
    RehearsedPlatform platform = platform(Scenario.NONE);
    Platform.Cluster cluster = cluster(platform);
    try (Infrastructure infra =
        platform.infrastructure(cluster, folder.resolve("passphrase"), tools)) {
      infra.open(LIMIT);
      infra.adopt(platform.inventory(cluster), LIMIT);
      infra.up(platform.plan(cluster), e -> {}, LIMIT);
      assertThat(platform.inventory(cluster))
          .hasSize(platform.plan(cluster).resources().size() - 1);
      infra.destroy(e -> {}, LIMIT);
      assertThat(held()).isEmpty();
    }
  }

  protected static Scenario with(Map<String, Long> quotas, Scenario.Fault... faults) {
    return new Scenario(
        1, Duration.ZERO, 0, quotas, List.of(), List.of(faults), List.of(), List.of());
  }

  /// Takes away what the run before made, and fails anew.
  private void fails(Scenario scenario, ProblemCode code) throws Exception {
    RehearsedPlatform platform = platform(scenario);
    Platform.Cluster cluster = cluster(platform);
    try (Infrastructure infra =
        platform.infrastructure(cluster, folder.resolve("passphrase"), tools)) {
      infra.open(LIMIT);
      infra.destroy(e -> {}, LIMIT);
      assertThat(held()).isEmpty();
      infra.open(LIMIT);
      assertThatThrownBy(() -> infra.up(platform.plan(cluster), e -> {}, LIMIT))
          .isInstanceOfSatisfying(
              SskubaException.class, e -> assertThat(e.problem().code()).isEqualTo(code));
    }
  }

  @Test
  void throttlingAndALostAnswerMakeNothingTwice() throws Exception {
    Scenario scenario =
        new Scenario(
            7,
            Duration.ZERO,
            0.2,
            Map.of(),
            List.of(),
            List.of(new Scenario.Fault("create", machine(), "*-general-1", "lostAnswer", 0, 1)),
            List.of(),
            List.of());
    RehearsedPlatform platform = platform(scenario);
    Platform.Cluster cluster = cluster(platform);
    InfraPlan plan = platform.plan(cluster);
    try (Infrastructure infra =
        platform.infrastructure(cluster, folder.resolve("passphrase"), tools)) {
      infra.open(LIMIT);
      assertThatThrownBy(() -> infra.up(plan, e -> {}, LIMIT)).isInstanceOf(SskubaException.class);
      infra.adopt(platform.inventory(cluster), LIMIT);
      infra.up(plan, e -> {}, LIMIT);
      assertThat(held()).filteredOn(r -> r.type().equals(machine())).hasSize(7);
      long throttled =
          Account.at(places.localState().resolve("accounts").resolve(name))
              .<Long, IOException>change(view -> view.count("throttled"));
      assertThat(throttled).as("calls that were turned away").isGreaterThan(5);
      sevenMachines(platform, cluster);
      infra.destroy(e -> {}, LIMIT);
      assertThat(held()).isEmpty();
    }
  }

  private static void sevenMachines(RehearsedPlatform platform, Platform.Cluster cluster) {
    JsonNode host = platform.inspect(cluster).orElseThrow();
    assertThat(host.path("machines")).hasSize(7);
  }
}
