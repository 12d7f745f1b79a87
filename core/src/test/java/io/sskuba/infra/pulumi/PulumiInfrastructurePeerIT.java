package io.sskuba.infra.pulumi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.infra.Drift;
import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.infra.InfraPlan.Resource;
import io.sskuba.infra.Infrastructure.Changes;
import io.sskuba.infra.Infrastructure.ResourceEvent;
import io.sskuba.infra.Infrastructure.StateResource;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.testkit.Peers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// The real engine, with a provider whose cloud is a map.
@ExtendWith(PrintProblems.class)
class PulumiInfrastructurePeerIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  @TempDir Path folder;
  private final FakeCloud cloud = new FakeCloud();
  private final List<ResourceEvent> events = Collections.synchronizedList(new ArrayList<>());
  private Path binary = Path.of("pulumi");
  private PulumiInfrastructure infra;
  private PulumiSettings settings;

  @BeforeEach
  void open() throws Exception {
    binary = Peers.require("pulumi");
    Files.writeString(folder.resolve("passphrase"), "test passphrase");
    settings =
        PulumiSettings.simulated(
            binary,
            folder.resolve("state").toUri(),
            "acme",
            "sskuba",
            "rehearsal.demo",
            folder.resolve("passphrase"),
            folder.resolve("work"),
            folder.resolve("home"));
    infra = infrastructure();
  }

  private PulumiInfrastructure infrastructure() {
    return new PulumiInfrastructure(
        settings,
        List.of(new ProviderService("fake", cloud)),
        TimeSource.system(),
        RandomSource.system());
  }

  @AfterEach
  void close() {
    if (infra != null) {
      infra.close();
    }
  }

  private static InfraPlan plan(Object size) {
    List<Resource> resources = new ArrayList<>();
    resources.add(
        new Resource("fake:net:Network", "net", Map.of("cidr", "10.0.0.0/16"), List.of()));
    resources.add(
        new Resource(
            "fake:net:Balancer",
            "balancer",
            Map.of(
                "network", new Ref("net", "id"), "password", new InfraPlan.Secret("s3cr3t-value")),
            List.of()));
    for (int i = 1; i <= 4; i++) {
      Map<String, Object> inputs = new LinkedHashMap<>();
      inputs.put("network", new Ref("net", "id"));
      inputs.put("ip", List.of(new Ref("balancer", "status.list[0].ip")));
      inputs.put("size", size);
      resources.add(new Resource("fake:vm:Machine", "machine-" + i, inputs, List.of("balancer")));
    }
    return new InfraPlan(
        resources,
        Map.of(
            "endpoint", new Ref("balancer", "address"),
            "ip", new Ref("balancer", "status.list[0].ip"),
            "machines", List.of(new Ref("machine-1", "id"), new Ref("machine-2", "id"))));
  }

  private static InfraPlan looked(String size) {
    InfraPlan.Lookup owner = new InfraPlan.Lookup("fake:img:owner", Map.of("name", "x"), "id");
    InfraPlan.Lookup image = new InfraPlan.Lookup("fake:img:image", Map.of("owner", owner), "id");
    List<Resource> resources = new ArrayList<>();
    for (int i = 1; i <= 2; i++) {
      resources.add(
          new Resource(
              "fake:vm:Machine",
              "machine-" + i,
              Map.of("size", size, "forced", "no", "boot", Map.of("image", image, "size", size)),
              List.of()));
    }
    return new InfraPlan(resources, Map.of("image", new Ref("machine-1", "boot.image")));
  }

  /// What the provider says counts when a resource is made: a newer image changes nothing that
  /// runs, and does not hide other changes beside it.
  @Test
  void whatAPlanLeavesOpenIsLookedUpOnceAndStays() throws Exception {
    infra.open(LIMIT);
    assertThat(infra.up(looked("small"), events::add, LIMIT)).containsEntry("image", "image-2");
    assertThat(cloud.asked).as("one question for both machines, and one in it").hasValue(2);
    assertThat(infra.preview(looked("small"), events::add, LIMIT).isEmpty()).isTrue();
    assertThat(cloud.asked).as("asked again, with another answer").hasValue(4);
    assertThat(infra.up(looked("large"), events::add, LIMIT)).containsEntry("image", "image-2");
    assertThat(cloud.things).hasSize(2);
    assertThat(infra.resources().getFirst().outputs())
        .containsEntry("boot", Map.of("image", "image-2", "size", "large"));
    infra.destroy(events::add, LIMIT);
  }

  @Test
  void aQuestionWithoutAnAnswerIsSaid() throws Exception {
    infra.open(LIMIT);
    InfraPlan plan =
        new InfraPlan(
            List.of(
                new Resource(
                    "fake:vm:Machine",
                    "machine",
                    Map.of("image", new InfraPlan.Lookup("fake:img:none", Map.of(), "id")),
                    List.of())),
            Map.of());
    assertThatThrownBy(() -> infra.up(plan, events::add, LIMIT))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> assertThat(e.problem().toString()).contains("fake:img:none", "no such image"));
    assertThat(cloud.made).hasValue(0);
  }

  /// A plugin that the engine neither has nor can get, since the way out leads nowhere.
  @Test
  void aPluginThatCannotBeHadIsOneProblem() throws Exception {
    PulumiSettings real =
        settings.real(
            folder.resolve("plugins"),
            Map.of("nobody", "1.2.3"),
            Map.of(),
            Map.of("HTTPS_PROXY", "http://127.0.0.1:9", "HTTP_PROXY", "http://127.0.0.1:9"),
            text -> text);
    var missing =
        new PulumiInfrastructure(real, List.of(), TimeSource.system(), RandomSource.system());
    missing.open(LIMIT);
    InfraPlan plan =
        new InfraPlan(
            List.of(new Resource("nobody:a/b:B", "thing", Map.of(), List.of())), Map.of());
    assertThatThrownBy(() -> missing.up(plan, events::add, LIMIT))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> {
              assertThat(e.problem().code())
                  .as(e.problem().toString())
                  .isEqualTo(ProblemCode.PROVIDER_MISSING);
              assertThat(e.problem().toString()).contains("nobody");
            });
  }

  @Test
  void makesChangesAndTakesAway() throws Exception {
    infra.open(LIMIT);
    Changes first = infra.preview(plan(1), events::add, LIMIT);
    assertThat(first.create()).isEqualTo(6);
    assertThat(cloud.made).hasValue(0);

    Map<String, Object> outputs = infra.up(plan(1), events::add, LIMIT);
    assertThat(outputs)
        .containsEntry("endpoint", "10.0.0.8")
        .containsEntry("ip", "192.0.2.7")
        .containsEntry("machines", List.of("id-machine-1", "id-machine-2"));
    assertThat(cloud.things).hasSize(6);
    assertThat(cloud.things.get("id-machine-1")).containsEntry("ip", List.of("192.0.2.7"));
    assertThat(events)
        .contains(
            new ResourceEvent("create", "fake:vm:Machine", "machine-3", false, null),
            new ResourceEvent("create", "fake:vm:Machine", "machine-3", true, null));

    Changes none = infra.preview(plan(1), events::add, LIMIT);
    assertThat(none.isEmpty()).isTrue();
    assertThat(none.same()).isEqualTo(6);
    Changes update = infra.preview(plan(2), events::add, LIMIT);
    assertThat(update.update()).isEqualTo(4);
    assertThat(update.steps())
        .filteredOn(s -> s.op().equals("update"))
        .allSatisfy(s -> assertThat(s.diff()).containsExactly("size"));

    assertThat(infra.resources()).extracting(StateResource::name).contains("net", "machine-4");

    String list = cli("stack", "ls", "--json", "--all");
    assertThat(list).contains("organization/sskuba/rehearsal.demo");
    String export = cli("stack", "export", "--stack", "organization/sskuba/rehearsal.demo");
    assertThat(export).contains("fake:vm:Machine").doesNotContain("s3cr3t-value");
    assertThat(everyFile(folder.resolve("state"))).doesNotContain("s3cr3t-value");

    infra.destroy(events::add, LIMIT);
    assertThat(cloud.things).isEmpty();
    assertThat(infra.resources()).isEmpty();
    assertThat(cli("stack", "ls", "--json", "--all")).doesNotContain("rehearsal.demo");
    infra.destroy(events::add, LIMIT);
  }

  @Test
  void namesWhatWasChangedBehindItsBack() throws Exception {
    infra.open(LIMIT);
    infra.up(plan(1), events::add, LIMIT);
    Changes none = infra.preview(plan(1), events::add, LIMIT);
    assertThat(none.drift()).isEmpty();
    assertThat(none.seen()).hasSize(6);

    cloud.changed.put("id-net", Map.of("cidr", "10.99.0.0/16"));
    cloud.things.remove("id-machine-2");
    Changes drifted = infra.preview(plan(1), events::add, LIMIT);
    assertThat(drifted.drift())
        .containsExactlyInAnyOrder(
            new Drift(
                Drift.Kind.CHANGED,
                "fake:net:Network",
                "net",
                "cidr",
                "10.0.0.0/16",
                "10.99.0.0/16"),
            Drift.gone("fake:vm:Machine", "machine-2"));
    assertThat(drifted.seen()).hasSize(5);
    assertThat(drifted.create()).isEqualTo(1);
    assertThat(String.valueOf(drifted.seen())).doesNotContain("s3cr3t-value");
    // Nothing of it is written down: the next look tells the same.
    assertThat(infra.preview(plan(1), events::add, LIMIT).drift()).hasSize(2);
    infra.destroy(events::add, LIMIT);
  }

  private String cli(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(binary.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.directory(folder.toFile());
    builder.environment().clear();
    builder
        .environment()
        .putAll(
            Map.of(
                "HOME", folder.resolve("home").toString(),
                "PULUMI_HOME", folder.resolve("home").toString(),
                "PULUMI_SKIP_UPDATE_CHECK", "true",
                "PULUMI_BACKEND_URL", settings.stateUrl().toString(),
                "PULUMI_CONFIG_PASSPHRASE_FILE", folder.resolve("passphrase").toString()));
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(out).isZero();
    return out;
  }

  private static String everyFile(Path root) throws IOException {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        all.append(Files.readString(file, StandardCharsets.ISO_8859_1));
      }
    }
    return all.toString();
  }

  @Test
  void namesTheResourceThatFails() throws Exception {
    cloud.failing.add("machine-2");
    infra.open(LIMIT);
    assertThatThrownBy(() -> infra.up(plan(1), events::add, LIMIT))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(ProblemCode.INFRA_FAILED);
              assertThat(e.problem().summary()).contains("fake:vm:Machine machine-2");
              assertThat(e.problem().facts().toString())
                  .contains("quota exceeded")
                  .doesNotContain("hunter2");
              assertThat(e.problem().exists()).contains("fake:net:Network net");
            });
    cloud.failing.clear();
    infra.up(plan(1), events::add, LIMIT);
    assertThat(cloud.made).hasValue(6);
    infra.destroy(events::add, LIMIT);
  }
}
