package io.sskuba;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.problem.ProblemCode;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Every problem code is one that a user can meet, and that a test provokes.
///
/// It reads sources: the code must make a problem somewhere outside comments, not just be compared
/// with, and a test must name it, or its id, in an expectation. That the test indeed provokes it is
/// for its reader to see.
class ProblemCodesTest {
  // A string may hold what looks like one: `"Microsoft.Compute/*"`.
  private static final Pattern COMMENT =
      Pattern.compile("(?m)(\"(?:\\\\.|[^\"\\\\\n])*\")|^\\s*//.*$|/\\*(?s:.*?)\\*/");

  /// A code that is only looked for: `== ProblemCode.X`, `case X`.
  private static final Pattern COMPARED = Pattern.compile("[=!]=\\s*ProblemCode\\.[A-Z_]+");

  private static final Pattern EXPECTATION =
      Pattern.compile("assert|expect|contains|refuse|isEqual");

  private static String code(Path file) {
    return COMMENT
        .matcher(SourceTree.read(file))
        .replaceAll(m -> m.group(1) == null ? "" : Matcher.quoteReplacement(m.group(1)));
  }

  private static Stream<Path> main() {
    return SourceTree.java(false).stream()
        .filter(f -> !f.endsWith("ProblemCode.java") && !SourceTree.name(f).startsWith("testkit"));
  }

  private static Stream<Path> tests() {
    Set<Path> main = Set.copyOf(SourceTree.java(false));
    return SourceTree.java(true).stream()
        .filter(f -> !main.contains(f) && !f.endsWith("ProblemCodesTest.java"));
  }

  @Test
  void everyCodeIsThrownSomewhere() {
    List<String> sources =
        main().map(ProblemCodesTest::code).map(s -> COMPARED.matcher(s).replaceAll("")).toList();
    Set<String> dead = new TreeSet<>();
    for (ProblemCode code : ProblemCode.values()) {
      Pattern use = Pattern.compile("ProblemCode\\s*\\.\\s*" + code.name() + "\\b");
      if (sources.stream().noneMatch(s -> use.matcher(s).find())) {
        dead.add(code.id() + " " + code.name());
      }
    }
    assertThat(dead).as("codes that nothing throws: delete them, never reuse their ids").isEmpty();
  }

  @Test
  void everyCodeIsProvokedByATest() {
    List<String> sources =
        tests().map(ProblemCodesTest::code).filter(s -> EXPECTATION.matcher(s).find()).toList();
    assertThat(sources).hasSizeGreaterThan(50);
    Set<String> without = new TreeSet<>();
    for (ProblemCode code : ProblemCode.values()) {
      Pattern use = Pattern.compile("\\bProblemCode\\." + code.name() + "\\b|" + code.id());
      if (sources.stream().noneMatch(s -> use.matcher(s).find())) {
        without.add(code.id() + " " + code.name());
      }
    }
    assertThat(without).as("codes that no test expects").isEmpty();
  }

  @Test
  void idsAreUniqueAndExplained() {
    Set<String> ids = new TreeSet<>();
    for (ProblemCode code : ProblemCode.values()) {
      assertThat(ids.add(code.id())).as("%s is used once", code.id()).isTrue();
      assertThat(code.id()).matches("SSK-[A-Z]+-[0-9]{3}");
      assertThat(code.explanation()).as(code.name()).hasSizeGreaterThan(20).endsWith(".");
    }
  }
}
