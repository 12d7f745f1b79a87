package io.sskuba.spec;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.testkit.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every rule has a file that breaks it, and the message that its user reads is a golden file.
class InvalidFilesTest {
  static final Path FOLDER = Path.of("src/test/resources/spec/invalid");

  static List<String> cases() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files.map(f -> f.getFileName().toString().replace(".yaml", "")).sorted().toList();
    }
  }

  static SpecResult check(String name) throws IOException {
    String file = name + ".yaml";
    return SpecReader.check(Files.readAllBytes(FOLDER.resolve(file)), file, FOLDER, false);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void isRefusedWithItsMessage(String name) throws IOException {
    SpecResult result = check(name);
    assertThat(result.spec()).isNull();
    String text =
        result.issues().stream().map(SpecIssue::render).collect(Collectors.joining("\n", "", "\n"));
    assertThat(text).doesNotContain("hush").doesNotContain("HUSH").doesNotContain("\u001b");
    Golden.assertMatches("spec/invalid/" + name + ".txt", text);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theSchemaAgrees(String name) throws IOException {
    String text = Files.readString(FOLDER.resolve(name + ".yaml"));
    if (text.startsWith("# JSON Schema: cannot say")) {
      return;
    }
    List<String> wrong = SchemaChecker.check(text);
    if (text.startsWith("# JSON Schema: rejects")) {
      assertThat(wrong).isNotEmpty();
    } else {
      assertThat(text).startsWith("# JSON Schema: accepts");
      assertThat(wrong).isEmpty();
    }
  }

  @Test
  void everyGoldenHasItsCase() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("src/test/resources/golden/spec/invalid"))) {
      List<String> goldens =
          files.map(f -> f.getFileName().toString().replace(".txt", "")).sorted().toList();
      assertThat(goldens).isEqualTo(cases());
    }
  }
}
