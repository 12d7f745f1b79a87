package io.sskuba.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.Json;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A team proves its production file before it pays: plan, apply, look, plan again, delete, on
/// every target, with no account anywhere.
class J04RehearsalIT {
  private Ctl ctl;

  @BeforeEach
  void open() throws Exception {
    ctl = Ctl.open();
  }

  @AfterEach
  void close() throws Exception {
    if (ctl != null) {
      ctl.close();
    }
  }

  /// The largest and the smallest; the others are in [RehearsalLongIT].
  @ParameterizedTest
  @ValueSource(strings = {"aws", "docker"})
  void rehearsesTheExample(String target) throws Exception {
    String yaml = Files.readString(Ctl.root().resolve("examples/" + target + ".yaml"));
    String file = ctl.file(target + ".yaml", yaml).toString();
    ClusterSpec spec = SpecReader.read(yaml.getBytes(), file, ctl.folder, true);
    String name = "rehearsal/" + spec.metadata().name();
    int machines = spec.target().controlPlane().size();
    machines += spec.target().workers().stream().mapToInt(ClusterSpec.Pool::size).sum();

    JsonNode plan = ctl.run("plan", "--rehearse", "-f", file, "-o", "json").exits(0).json();
    assertThat(plan.path("name").asText()).isEqualTo(name);
    assertThat(plan.path("changes").path("create").asInt()).isGreaterThan(machines);
    assertThat(plan.path("machines")).hasSize(machines);

    Ctl.Said applied = ctl.run("apply", "--rehearse", "-f", file, "-o", "json").exits(0);
    JsonNode status = applied.json();
    Clusters.assertReady(status, machines);
    assertThat(status.path("rehearsal").asBoolean()).isTrue();
    assertThat(status.path("name").asText()).isEqualTo(name);
    assertThat(status.path("target").asText()).isEqualTo(target);
    assertThat(Clusters.component(status, "talos").path("real").asBoolean()).isFalse();
    assertThat(Clusters.component(status, "kube-apiserver").path("real").asBoolean()).isTrue();

    JsonNode again =
        ctl.run("plan", "--rehearse", "-f", file, "-o", "json", "--detailed-exitcode")
            .exits(0)
            .json();
    assertThat(again.path("changes").path("create").asInt()).isZero();
    assertThat(again.path("changes").path("update").asInt()).isZero();
    assertThat(again.path("changes").path("replace").asInt()).isZero();
    assertThat(ctl.kubectl(name, "get", "nodes", "-o", "name").exits(0).out().lines())
        .hasSize(machines);

    Ctl.Said gone = ctl.run("delete", "--rehearse", "-f", file, "--yes", "-o", "json").exits(0);
    assertThat(gone.json().path("leftovers")).isEmpty();
    assertThat(gone.json().path("resources").size())
        .isGreaterThanOrEqualTo(plan.path("changes").path("create").asInt());
    assertThat(held(ctl)).isEmpty();
  }

  /// What the simulated accounts still hold, read from their files: independent of what we say.
  static Map<String, String> held(Ctl ctl) throws Exception {
    Map<String, String> held = new HashMap<>();
    Path accounts = ctl.folder.resolve("state/sskuba/accounts");
    if (!Files.isDirectory(accounts)) {
      return held;
    }
    try (var files = Files.walk(accounts)) {
      for (Path log : files.filter(f -> f.endsWith("account.jsonl")).toList()) {
        for (String line : Files.readAllLines(log)) {
          JsonNode change = Json.parse(line);
          if (change.has("put")) {
            held.put(
                change.path("put").path("id").asText(), change.path("put").path("type").asText());
          } else if (change.has("remove")) {
            held.remove(change.path("remove").asText());
          }
        }
      }
    }
    return held;
  }
}
