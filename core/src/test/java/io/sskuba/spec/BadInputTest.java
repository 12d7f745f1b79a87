package io.sskuba.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.testkit.Golden;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Bytes that are no cluster file at all: refused with a position, quickly, and never by a crash.
class BadInputTest {
  private static final Path HERE = Path.of("src/test/resources/spec");

  /// Generous for a busy machine; what it must catch takes minutes.
  private static final Duration QUICK = Duration.ofSeconds(10);

  private static final Map<String, Supplier<byte[]>> INPUTS = new LinkedHashMap<>();

  static {
    text("empty", "");
    text("blank", "\n  \n# only a comment\n");
    text("malformed", "metadata: {name: demo\ntarget: x\n");
    text("bad-indent", "metadata:\n  name: a\n domain: b\n");
    text("tab-indent", "metadata:\n\tname: a\n");
    text("unclosed-quote", "metadata: {name: \"demo}\n");
    text("bad-escape", "metadata: {name: \"\\UFFFFFFFF\"}\n");
    text("two-documents", "kind: Cluster\n---\nkind: Cluster\n");
    text("tag", "kind: !!str Cluster\n");
    text("tag-java", "kind: !!java.net.URL [x]\n");
    text("control-character", "kind: Clu\u0007ster\n");
    text("undefined-alias", "kind: *nobody\n");
    text("recursive-alias", "metadata: &a {labels: *a}\n");
    text("too-many-aliases", "a: &a x\nb: [" + "*a, ".repeat(101) + "]\n");
    text("billion-laughs", laughs());
    text("deep-flow", "[".repeat(100_000));
    text("deep-flow-map", "{a: ".repeat(100_000));
    text("deep-block", deepBlock());
    text("too-large", "#".repeat((1 << 20) + 1));
    text("many-values", "a: [" + "1,".repeat(300_000) + "]\n");
    INPUTS.put(
        "not-utf8",
        () -> "kind: Cluster\nmetadata: {n\u00e4me: x}".getBytes(StandardCharsets.ISO_8859_1));
    INPUTS.put("cut-utf8", () -> new byte[] {'a', ':', ' ', (byte) 0xe2, (byte) 0x82});
    INPUTS.put("utf16", () -> "kind: Cluster".getBytes(StandardCharsets.UTF_16));
    INPUTS.put("binary", () -> new byte[] {0x7f, 'E', 'L', 'F', 0, 1, 2, 3});
  }

  private static void text(String name, String text) {
    INPUTS.put(name, () -> text.getBytes(StandardCharsets.UTF_8));
  }

  private static String laughs() {
    StringBuilder text = new StringBuilder("l0: &l0 [ha, ha]\n");
    for (int i = 1; i < 20; i++) {
      String alias = "*l" + (i - 1);
      text.append("l" + i + ": &l" + i + " [" + (alias + ", ").repeat(5) + "]\n");
    }
    return text.toString();
  }

  private static String deepBlock() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 1000; i++) {
      text.append(" ".repeat(i)).append("a:\n");
    }
    return text.toString();
  }

  static List<String> inputs() {
    return List.copyOf(INPUTS.keySet());
  }

  @ParameterizedTest
  @MethodSource("inputs")
  void isUnreadable(String name) {
    long start = System.nanoTime();
    SpecResult result =
        SpecReader.check(
            Objects.requireNonNull(INPUTS.get(name)).get(), "cluster.yaml", HERE, false);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(QUICK);
    assertThat(result.spec()).isNull();
    assertThat(result.readable()).isFalse();
    Golden.assertMatches(
        "spec/unreadable/" + name + ".txt",
        result.issues().stream()
            .map(SpecIssue::render)
            .collect(Collectors.joining("\n", "", "\n")));
  }

  @Test
  void theProblemCarriesEveryIssue() {
    byte[] file = "kind: Klaster\nx: 1\n".getBytes(StandardCharsets.UTF_8);
    assertThatExceptionOfType(SskubaException.class)
        .isThrownBy(() -> SpecReader.read(file, "a.yaml", HERE, false))
        .satisfies(
            e -> {
              assertThat(e.problem().code()).isEqualTo(ProblemCode.SPEC_INVALID);
              assertThat(e.problem().facts()).hasSize(5);
              assertThat(e.problem().facts()).allMatch(f -> f.label().equals("at"));
              assertThat(e.problem().next()).containsExactly("sskuba-ctl validate -f a.yaml");
            });
    assertThatExceptionOfType(SskubaException.class)
        .isThrownBy(() -> SpecReader.read(new byte[0], "a.yaml", HERE, false))
        .satisfies(e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.SPEC_UNREADABLE));
  }

  @Test
  void countsWhatItDoesNotList() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 5000; i++) {
      text.append("key").append(i).append(": 1\n");
    }
    SpecResult result =
        SpecReader.check(text.toString().getBytes(StandardCharsets.UTF_8), "a", HERE, false);
    assertThat(result.issues()).hasSize(Issues.ISSUES_MAX + 1);
    assertThat(result.issues().getLast().message()).isEqualTo("and 4904 more issues");
  }

  /// 400 mutations a seed of the examples and the invalid files: bytes flipped, cut, repeated and
  /// swapped between files. The reader answers each with a spec or with issues.
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void neverThrowsAnythingElse(long seed) throws IOException {
    List<byte[]> files = new ArrayList<>();
    for (Path example : ExamplesTest.examples()) {
      files.add(Files.readAllBytes(example));
    }
    for (String name : InvalidFilesTest.cases()) {
      files.add(Files.readAllBytes(InvalidFilesTest.FOLDER.resolve(name + ".yaml")));
    }
    Random random = new Random(seed);
    int specs = 0;
    int refused = 0;
    for (int i = 0; i < 400; i++) {
      byte[] mutant = mutate(files, random);
      SpecResult result;
      try {
        result = SpecReader.check(mutant, "mutant", HERE, random.nextBoolean());
      } catch (RuntimeException | StackOverflowError e) {
        String text = new String(mutant, StandardCharsets.ISO_8859_1);
        throw new AssertionError("seed " + seed + ", mutant " + i + ":\n" + text, e);
      }
      ClusterSpec spec = result.spec();
      assertThat(spec == null).isEqualTo(!result.issues().isEmpty());
      assertThat(result.issues()).allMatch(x -> x.line() > 0 && x.column() > 0);
      if (spec == null) {
        refused++;
      } else {
        specs++;
        assertThat(SpecJson.fromJson(SpecJson.toJson(spec))).isEqualTo(spec);
      }
    }
    assertThat(specs).isPositive();
    assertThat(refused).isPositive();
  }

  private static byte[] mutate(List<byte[]> files, Random random) {
    byte[] base = files.get(random.nextInt(random.nextInt(3) == 0 ? files.size() : 6)).clone();
    int edits = 1 + random.nextInt(3);
    for (int e = 0; e < edits && base.length > 4; e++) {
      int at = random.nextInt(base.length);
      switch (random.nextInt(6)) {
        case 0 -> base[at] = (byte) random.nextInt(256);
        case 1 -> base[at] = (byte) " \n:{}[],\"'&*!|>%@#-0a".charAt(random.nextInt(21));
        case 2 ->
            base = splice(base, at, Math.min(base.length, at + random.nextInt(8)), new byte[0]);
        case 3 -> base = splice(base, at, at, slice(base, random));
        case 4 ->
            base = splice(base, at, at, slice(files.get(random.nextInt(files.size())), random));
        default -> base[at] = (byte) ('a' + random.nextInt(26));
      }
    }
    return base;
  }

  private static byte[] slice(byte[] from, Random random) {
    int start = random.nextInt(from.length);
    int end = Math.min(from.length, start + random.nextInt(40));
    return java.util.Arrays.copyOfRange(from, start, end);
  }

  private static byte[] splice(byte[] base, int from, int to, byte[] middle) {
    byte[] result = new byte[base.length - (to - from) + middle.length];
    System.arraycopy(base, 0, result, 0, from);
    System.arraycopy(middle, 0, result, from, middle.length);
    System.arraycopy(base, to, result, from + middle.length, base.length - to);
    return result;
  }
}
