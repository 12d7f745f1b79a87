package io.sskuba.rehearsal.cloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScenarioTest {
  @TempDir Path folder;

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("hard.yaml"), text);
  }

  @Test
  void readsEverything() throws IOException {
    Scenario scenario =
        Scenario.read(
            file(
                """
                apiVersion: sskuba.io/v1alpha1
                kind: Scenario
                seed: 7
                consistency: 2s
                throttle: 0.2
                quotas: {vcpus: 16}
                capacity:
                  - {type: g6.2xlarge, zone: ap-southeast-2a}
                  - {type: "m7i.*"}
                faults:
                  - {on: create, type: "aws:ec2/instance:Instance", name: "*-gpu-1", fault: denied, after: 6, times: 1}
                machines:
                  - {name: "*-general-1", fault: neverBoots}
                unhealthy: [6443]
                """));
    assertThat(scenario.consistency()).isEqualTo(Duration.ofSeconds(2));
    assertThat(scenario.quota("vcpus", 99)).isEqualTo(16);
    assertThat(scenario.quota("eips", 5)).isEqualTo(5);
    assertThat(scenario.unavailable("g6.2xlarge", "ap-southeast-2a")).isTrue();
    assertThat(scenario.unavailable("g6.2xlarge", "ap-southeast-2b")).isFalse();
    assertThat(scenario.unavailable("m7i.xlarge", "anywhere")).isTrue();
    assertThat(scenario.machine("lab-general-1")).contains(Scenario.Kind.NEVER_BOOTS);
    assertThat(scenario.machine("lab-general-11")).isEmpty();
    assertThat(scenario.unhealthy(6443)).isTrue();
    assertThat(
            scenario.faults().getFirst().concerns("create", "aws:ec2/instance:Instance", "x-gpu-1"))
        .isTrue();
    assertThat(
            scenario.faults().getFirst().concerns("delete", "aws:ec2/instance:Instance", "x-gpu-1"))
        .isFalse();
  }

  @Test
  void aMisspeltWordNamesTheNearest() {
    assertThatThrownBy(() -> Scenario.read(file("kind: Scenario\nthrotle: 0.2\n")))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(ProblemCode.USAGE);
              assertThat(e.problem().summary()).contains("throtle", "throttle");
            });
    assertThatThrownBy(
            () -> Scenario.read(file("kind: Scenario\nmachines: [{name: a, fault: neverBots}]\n")))
        .hasMessageContaining("neverBoots");
  }
}
