package io.sskuba.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.problem.ProblemCode;
import io.sskuba.testkit.Golden;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// What is written about the command line is what it is.
class DocumentsTest {
  /// From the golden folder to the root of the tree.
  private static final String ROOT = "../../../../../";

  @TempDir Path folder;

  @Test
  void problemsPageIsCurrent() {
    StringBuilder page =
        new StringBuilder(
            """
            # Problems

            Every failure has a code. It is printed first, `sskuba-ctl explain CODE` says what is written here, and
            with `-o json` it is the field `code`. The exit code tells the kind of the failure. Under the first line
            stand facts (`observed` is the last thing that was really seen), `exists` (what is still there) and
            `next` (commands that can be copied).

            This page is made from `ProblemCode`; a test fails when it is stale.

            """);
    String part = "";
    for (ProblemCode code : ProblemCode.values()) {
      String ours = code.id().split("-")[1];
      if (!ours.equals(part)) {
        page.append("## ").append(ours).append("\n\n");
        part = ours;
      }
      page.append("### ").append(code.id()).append('\n');
      page.append(code.name().toLowerCase(Locale.ROOT).replace('_', ' '));
      page.append(", exit ").append(code.kind().exitCode()).append("\n\n");
      page.append(code.explanation()).append("\n\n");
    }
    Golden.assertMatches(ROOT + "docs/problems.md", page.toString().stripTrailing() + "\n");
  }

  @Test
  void everyCodeHasItsOwnIdAndAnExplanation() {
    Set<String> ids = new HashSet<>();
    for (ProblemCode code : ProblemCode.values()) {
      assertThat(code.id()).matches("SSK-[A-Z]+-[0-9]{3}");
      assertThat(ids.add(code.id())).as(code.id() + " is used once").isTrue();
      assertThat(code.explanation()).as(code.id()).hasSizeGreaterThan(20).endsWith(".");
      assertThat(CommandRun.of(folder, "explain", code.id()).out())
          .contains(code.explanation(), "exit " + code.kind().exitCode());
    }
  }

  @Test
  void manualPageIsCurrent() {
    Golden.assertMatches(ROOT + "docs/man/sskuba-ctl.1", ManPage.of(all(), VersionCommand.VERSION));
  }

  @Test
  void helpIsAsRecorded() {
    StringBuilder help = new StringBuilder(CommandRun.of(folder, "--help").out());
    for (String name : Commands.names()) {
      CommandRun run = CommandRun.of(folder, name, "--help");
      assertThat(run.exit()).as(name).isZero();
      assertThat(run.err()).as(name).isEmpty();
      help.append("\n--- ").append(name).append('\n').append(run.out());
    }
    Golden.assertMatches("help.txt", help.toString());
  }

  @Test
  void namesOfCommandsAreThoseOfTheirAnnotations() {
    all()
        .getSubcommands()
        .forEach(
            (name, line) -> {
              CommandLine.Command command =
                  line.getCommandSpec()
                      .userObject()
                      .getClass()
                      .getAnnotation(CommandLine.Command.class);
              assertThat(command.name()).isEqualTo(name);
            });
  }

  @Test
  void everyCommandShowsAnExample() {
    List<String> without = new ArrayList<>();
    for (String name : Commands.names()) {
      if (!CommandRun.of(folder, name, "--help").out().contains("Example")) {
        without.add(name);
      }
    }
    assertThat(without).isEmpty();
  }

  private CommandLine all() {
    return Main.line(
        new Session(CommandRun.environment(folder, java.util.Map.of()), System.out, System.err),
        List.of());
  }
}
