package io.sskuba.spec;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The examples are what newcomers copy: each validates as it stands.
class ExamplesTest {
  static final Path EXAMPLES = Path.of("../examples");

  static List<Path> examples() throws IOException {
    try (Stream<Path> files = Files.list(EXAMPLES)) {
      return files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("examples")
  void validates(Path file) throws IOException {
    SpecResult result =
        SpecReader.check(Files.readAllBytes(file), file.toString(), EXAMPLES, false);
    assertThat(result.issues()).isEmpty();
    assertThat(result.spec()).isNotNull();
  }
}
