package io.sskuba.rehearsal.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.infra.InfraPlan.Resource;
import io.sskuba.infra.Infrastructure.Changes;
import io.sskuba.infra.Infrastructure.Step;
import io.sskuba.infra.pulumi.ProviderService;
import io.sskuba.infra.pulumi.PulumiInfrastructure;
import io.sskuba.infra.pulumi.PulumiSettings;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.rehearsal.host.HostClient;
import io.sskuba.testkit.Peers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The real engine drives the provider, which relays to an account over a real Unix socket.
class LocalProviderPeerIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  @TempDir Path folder;
  private FakeHost host;
  private PulumiInfrastructure infra;

  @BeforeEach
  void open() throws Exception {
    Path pulumi = Peers.require("pulumi");
    Files.writeString(folder.resolve("passphrase"), "test passphrase");
    Path socket = folder.resolve("host.sock");
    host = new FakeHost(socket);
    PulumiSettings settings =
        PulumiSettings.simulated(
            pulumi,
            folder.resolve("state").toUri(),
            "organization",
            "sskuba",
            "demo",
            folder.resolve("passphrase"),
            folder.resolve("work"),
            folder.resolve("home"));
    infra =
        new PulumiInfrastructure(
            settings,
            List.of(
                new ProviderService(
                    LocalProvider.PACKAGE, new LocalProvider(host, new HostClient(socket)))),
            TimeSource.system(),
            RandomSource.system());
    infra.open(LIMIT);
  }

  @AfterEach
  void close() throws Exception {
    if (infra != null) {
      infra.close();
    }
    if (host != null) {
      host.close();
    }
  }

  private static InfraPlan plan(int workers, String owner, String role) {
    List<Resource> resources = new ArrayList<>();
    resources.add(resource("sskuba:local:Host", "host", owner, Map.of("clusterId", "c1")));
    resources.add(
        resource(
            "sskuba:local:Network",
            "network",
            owner,
            Map.of(
                "host", new Ref("host", "id"),
                "cidr", "10.64.0.0/20",
                "twinCidr", "127.64.0.0/20")));
    for (int i = 1; i <= workers; i++) {
      resources.add(
          resource(
              "sskuba:local:Machine",
              "demo-general-" + i,
              owner,
              Map.of(
                  "network",
                  new Ref("network", "id"),
                  "name",
                  "demo-general-" + i,
                  "role",
                  role,
                  "pool",
                  "general",
                  "address",
                  "10.64.0." + (i + 1),
                  "twin",
                  "127.64.0." + (i + 1),
                  "arch",
                  "amd64",
                  "talosVersion",
                  "v1.13.9")));
    }
    return new InfraPlan(
        resources,
        Map.of("state", new Ref("demo-general-1", "state"), "host", new Ref("host", "instance")));
  }

  private static Resource resource(
      String type, String name, String owner, Map<String, Object> inputs) {
    Map<String, Object> all = new LinkedHashMap<>(inputs);
    all.put("key", "c1/" + name);
    all.put("tags", Map.of("sskuba.io/owner", owner));
    return new Resource(type, name, all, List.of());
  }

  private Changes preview(InfraPlan plan) throws InterruptedException {
    return infra.preview(plan, e -> {}, LIMIT);
  }

  private Map<String, Object> up(InfraPlan plan) throws InterruptedException {
    return infra.up(plan, e -> {}, LIMIT);
  }

  @Test
  void makesUpdatesReplacesAndFindsADeadHost() throws Exception {
    assertThat(preview(plan(2, "ada", "worker")).create()).isEqualTo(4);
    assertThat(host.starts).as("a preview touches nothing").hasValue(0);

    assertThat(up(plan(2, "ada", "worker")))
        .containsEntry("state", "running")
        .containsEntry("host", "instance-1");
    assertThat(host.account.keySet())
        .containsExactly("c1/demo-general-1", "c1/demo-general-2", "c1/host", "c1/network");
    assertThat(preview(plan(2, "ada", "worker")).isEmpty()).isTrue();

    // The owner is a tag: everything is updated in place, nothing is replaced.
    Changes owner = preview(plan(2, "bob", "worker"));
    assertThat(owner.update()).isEqualTo(4);
    assertThat(owner.replace()).isZero();
    // A role is what a machine is.
    Changes role = preview(plan(2, "ada", "controlplane"));
    assertThat(role.replace()).isEqualTo(2);
    assertThat(role.steps())
        .filteredOn(s -> s.op().equals("replace"))
        .extracting(Step::diff)
        .containsOnly(List.of("role"));

    up(plan(3, "ada", "worker"));
    assertThat(host.account).containsKey("c1/demo-general-3");
    up(plan(1, "ada", "worker"));
    assertThat(host.account).doesNotContainKeys("c1/demo-general-2", "c1/demo-general-3");

    host.die();
    assertThat(preview(plan(1, "ada", "worker")).create()).isEqualTo(3);
    assertThat(up(plan(1, "ada", "worker"))).containsEntry("host", "instance-2");
    assertThat(host.account).hasSize(3);

    infra.destroy(e -> {}, LIMIT);
    assertThat(host.account).isEmpty();
    assertThat(host.running()).isEmpty();
  }

  @Test
  void destroysAfterTheHostDied() throws Exception {
    up(plan(2, "ada", "worker"));
    host.die();
    infra.destroy(e -> {}, LIMIT);
    assertThat(infra.resources()).isEmpty();
    assertThat(host.starts).as("delete starts no host").hasValue(1);
  }

  @Test
  void passesARefusalOnWithItsCode() {
    host.refusing.add("demo-general-2");
    assertThatThrownBy(() -> up(plan(2, "ada", "worker")))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(ProblemCode.ADDRESS_IN_USE);
              assertThat(e.problem().summary()).contains("demo-general-2");
              assertThat(e.problem().facts().toString()).contains("pid 4711");
            });
  }

  @Test
  void namesTheNearestProperty() {
    Resource wrong = resource("sskuba:local:Host", "host", "ada", Map.of("clusterld", "c1"));
    assertThatThrownBy(() -> preview(new InfraPlan(List.of(wrong), Map.of())))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e ->
                assertThat(e.problem().facts().toString())
                    .contains("unknown property clusterld; did you mean clusterId?"));
    Resource type = resource("sskuba:local:Machin", "m", "ada", Map.of());
    assertThatThrownBy(() -> preview(new InfraPlan(List.of(type), Map.of())))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e ->
                assertThat(e.problem().facts().toString())
                    .contains("did you mean sskuba:local:Machine?"));
  }
}
