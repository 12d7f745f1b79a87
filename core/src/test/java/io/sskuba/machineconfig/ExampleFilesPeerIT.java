package io.sskuba.machineconfig;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.net.AddressMap;
import io.sskuba.pki.SecretsBundle;
import io.sskuba.pki.SecretsBundleFactory;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every machine of every cluster file in `examples/` gets a config that the real `talosctl`
/// accepts in its target's mode.
class ExampleFilesPeerIT {
  private static final Path EXAMPLES = Path.of("../examples");
  static SecretsBundle secrets;

  @TempDir Path folder;

  @BeforeAll
  static void makeSecrets() throws Exception {
    secrets = SecretsBundleFactory.generate(TimeSource.system(), RandomSource.system());
  }

  static List<Path> files() throws Exception {
    try (Stream<Path> files = Files.list(EXAMPLES)) {
      List<Path> found = files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList();
      assertThat(found).hasSizeGreaterThanOrEqualTo(6);
      return found;
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyMachinesConfigIsValid(Path file) throws Exception {
    Talosctl talosctl = new Talosctl(folder);
    ClusterSpec spec = SpecReader.read(Files.readAllBytes(file), file.toString(), EXAMPLES, false);
    String virtualAddress = spec.target().endpoint().virtualAddress();
    ExampleClusters.Example example =
        ExampleClusters.example(
            spec,
            virtualAddress != null ? virtualAddress : "10.9.0.1",
            "10.9.0.",
            AddressMap.IDENTITY);
    MachineConfigs configs =
        MachineConfigRenderer.render(
            new RenderInput(
                spec,
                secrets,
                example.topology(),
                Instant.now(),
                RandomSource.system(),
                RenderInput.Values.NONE));
    String mode = MachineConfigRenderer.validationMode(spec.target().provider());
    assertThat(configs.machines()).hasSizeGreaterThan(1);
    for (Map.Entry<String, String> config : configs.machines().entrySet()) {
      Files.writeString(folder.resolve("config.yaml"), config.getValue());
      Talosctl.Result result =
          talosctl.run("validate", "--strict", "--mode", mode, "--config", "config.yaml");
      assertThat(result.output()).as(config.getKey()).contains("is valid for " + mode + " mode");
      assertThat(MachineConfigValidator.refusal(config.getValue(), mode)).isNull();
    }
  }
}
