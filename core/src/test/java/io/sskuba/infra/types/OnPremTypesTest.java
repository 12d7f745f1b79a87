package io.sskuba.infra.types;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.io.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The published types in the product are those of the SDKs on PyPI.
///
/// `-Dgolden.record=true` writes them anew, and fails.
class OnPremTypesTest {
  @ParameterizedTest
  @ValueSource(strings = {"vsphere", "f5bigip", "docker"})
  void catalogueIsTheSdk(String pkg) throws Exception {
    String sdk =
        Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(OnPremTypes.of(pkg));
    Path file = Path.of("src/main/resources/types").resolve(pkg + ".json");
    if (Boolean.getBoolean("golden.record")) {
      Files.writeString(file, sdk + "\n");
      throw new AssertionError("recorded " + file + "; run again without golden.record");
    }
    assertThat(Files.readString(file)).isEqualTo(sdk + "\n");
  }
}
