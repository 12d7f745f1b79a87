package io.sskuba.machineconfig;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.pki.SecretsBundle;
import io.sskuba.pki.SecretsBundleFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The real `talosctl validate` accepts what we render, in each target's mode.
class RenderPeerIT {
  static SecretsBundle secrets;

  @TempDir Path folder;

  @BeforeAll
  static void makeSecrets() throws Exception {
    secrets = SecretsBundleFactory.generate(TimeSource.system(), RandomSource.system());
  }

  static Stream<String> examples() {
    return ExampleClusters.all().keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("examples")
  void everyConfigIsValidInItsTargetsMode(String name) throws Exception {
    Talosctl talosctl = new Talosctl(folder);
    ExampleClusters.Example example = ExampleClusters.all().get(name);
    MachineConfigs configs =
        MachineConfigRenderer.render(
            new RenderInput(
                example.spec(),
                secrets,
                example.topology(),
                Instant.now(),
                RandomSource.system(),
                RenderInput.Values.NONE));
    String mode = MachineConfigRenderer.validationMode(example.spec().target().provider());
    assertThat(configs.machines()).hasSameSizeAs(example.topology().machines());
    for (Map.Entry<String, String> entry : configs.machines().entrySet()) {
      Path file = Files.writeString(folder.resolve(entry.getKey() + ".yaml"), entry.getValue());
      Talosctl.Result result =
          talosctl.run("validate", "--strict", "--mode", mode, "--config", file.toString());
      assertThat(result.output()).contains("is valid for " + mode + " mode");
      assertThat(result.exit()).isZero();
    }
    Files.writeString(folder.resolve("talosconfig"), configs.talosconfig());
    assertThat(talosctl.ok("--talosconfig", "talosconfig", "config", "info"))
        .contains("Current context:     " + example.spec().metadata().name(), "os:admin");
  }
}
