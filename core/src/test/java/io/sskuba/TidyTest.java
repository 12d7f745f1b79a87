package io.sskuba;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.LineMap;
import com.sun.source.tree.MethodTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/// What neither the compiler nor ArchUnit can see.
class TidyTest {
  private static final int FUNCTION_LINES_MAX = 70;

  // Split, so that this file does not find itself.
  private static final Pattern UNDONE =
      Pattern.compile(
          "\\b(TO" + "DO|FIX" + "ME|XX" + "X)\\b|Unsupported" + "OperationException\\(");
  private static final Pattern SUPPRESSION = Pattern.compile("@Suppress" + "Warnings\\(");
  private static final Pattern DISABLED = Pattern.compile("@Dis" + "abled\\b");
  private static final Pattern TEST = Pattern.compile("(?m)^ +@(Parameterized)?Te" + "st$");
  private static final Pattern RUN =
      Pattern.compile("(Test|PeerIT|LongIT|/J0\\d[A-Za-z]*IT)\\.java$");
  private static final Pattern COMMAND = Pattern.compile("^\\s*(?:\\$ )?\\./sskuba-ctl (.+)$");

  @Test
  void functionsFitOnAScreen() throws IOException {
    List<String> long_ = new ArrayList<>();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null,
                  files,
                  diagnostic -> {},
                  List.of("-proc:none"),
                  null,
                  files.getJavaFileObjectsFromPaths(SourceTree.java(true)));
      SourcePositions positions = Trees.instance(task).getSourcePositions();
      for (CompilationUnitTree unit : task.parse()) {
        Path file = Path.of(unit.getSourceFile().toUri());
        LineMap lines = unit.getLineMap();
        new TreeScanner<Void, Void>() {
          @Override
          public Void visitMethod(MethodTree method, Void nothing) {
            if (method.getBody() != null) {
              long first = lines.getLineNumber(positions.getStartPosition(unit, method));
              long last = lines.getLineNumber(positions.getEndPosition(unit, method));
              if (last - first + 1 > FUNCTION_LINES_MAX) {
                long_.add(
                    "%s:%d %s has %d lines"
                        .formatted(
                            SourceTree.name(file), first, method.getName(), last - first + 1));
              }
            }
            return super.visitMethod(method, nothing);
          }
        }.scan(unit, null);
      }
    }
    assertThat(long_).as("functions longer than " + FUNCTION_LINES_MAX + " lines").isEmpty();
  }

  @Test
  void nothingIsLeftUndone() {
    assertThat(linesWith(UNDONE, line -> true)).as("left undone").isEmpty();
    assertThat(linesWith(DISABLED, line -> true)).as("tests switched off").isEmpty();
  }

  @Test
  void suppressionsCarryAReason() {
    // On the same line or the one before: `// why`.
    List<String> bare = new ArrayList<>();
    for (Path file : SourceTree.java(true)) {
      List<String> lines = SourceTree.read(file).lines().toList();
      for (int i = 0; i < lines.size(); i++) {
        if (SUPPRESSION.matcher(lines.get(i)).find()
            && !lines.get(i).contains("//")
            && (i == 0 || !lines.get(i - 1).strip().startsWith("//"))) {
          bare.add(SourceTree.name(file) + ":" + (i + 1));
        }
      }
    }
    assertThat(bare).as("suppressions without a reason beside them").isEmpty();
  }

  /// Surefire runs classes by their names (pom.xml); one that fits no name would never run.
  @Test
  void everyTestHasANameThatIsRun() {
    List<String> unrun = new ArrayList<>();
    for (Path file : SourceTree.java(true)) {
      String text = SourceTree.read(file);
      if (TEST.matcher(text).find()
          && !RUN.matcher(SourceTree.name(file)).find()
          && !text.contains("abstract class ")) {
        unrun.add(SourceTree.name(file));
      }
    }
    assertThat(unrun).as("tests that no tier runs").isEmpty();
  }

  @Test
  void everyGoldenFileIsRead() {
    List<Path> goldens = new ArrayList<>();
    StringBuilder tests = new StringBuilder();
    for (String module : SourceTree.MODULES) {
      Path folder = SourceTree.root().resolve(module).resolve("src/test");
      goldens.addAll(SourceTree.under(folder.resolve("resources/golden"), ""));
      SourceTree.under(folder.resolve("java"), ".java")
          .forEach(file -> tests.append(SourceTree.read(file)));
    }
    List<String> unread = new ArrayList<>();
    for (Path golden : goldens) {
      // Named by a test in full, by its file name, or, where names are made, by its folder.
      String name = golden.getFileName().toString();
      String stem = name.contains(".") ? name.substring(0, name.indexOf('.')) : name;
      String relative = SourceTree.name(golden);
      String folder =
          relative.substring(
              relative.indexOf("/golden/") + "/golden/".length(), relative.lastIndexOf('/') + 1);
      boolean named =
          tests.indexOf(name) >= 0
              || tests.indexOf("\"" + stem) >= 0
              || tests.indexOf("\"" + folder) >= 0;
      if (!named) {
        unread.add(SourceTree.name(golden));
      }
    }
    assertThat(unread).as("golden files that no test reads").isEmpty();
  }

  @Test
  void everyDecisionHasAStatus() {
    List<String> without = new ArrayList<>();
    Set<String> numbers = new TreeSet<>();
    for (Path adr : SourceTree.under(SourceTree.root().resolve("docs/adr"), ".md")) {
      String name = adr.getFileName().toString();
      if (!name.matches("\\d{4}-[a-z0-9-]+\\.md")) {
        without.add(name + ": is not named NNNN-title.md");
        continue;
      }
      if (!numbers.add(name.substring(0, 4))) {
        without.add(name + ": its number is taken");
      }
      String text = SourceTree.read(adr);
      if (!Pattern.compile("(?m)^Status: (proposed|accepted|superseded by \\d{4})")
          .matcher(text)
          .find()) {
        without.add(name + ": no line `Status: proposed|accepted|superseded by NNNN`");
      }
    }
    assertThat(without).isEmpty();
  }

  @Test
  void theReadmesCommandsExist() {
    Path readme = SourceTree.root().resolve("README.md");
    if (!Files.exists(readme)) {
      return;
    }
    Set<String> known = contractCommands();
    List<String> unknown = new ArrayList<>();
    boolean fenced = false;
    for (String line : SourceTree.read(readme).lines().toList()) {
      if (line.strip().startsWith("```")) {
        fenced = !fenced;
      }
      Matcher matcher = COMMAND.matcher(line);
      if (fenced && matcher.find() && !known.contains(matcher.group(1).split("\\s+")[0])) {
        unknown.add(line.strip());
      }
    }
    assertThat(unknown).as("commands of the README that the contract does not have").isEmpty();
  }

  /// The commands of the contract, section 2.
  private static Set<String> contractCommands() {
    return Set.of(
        "apply",
        "plan",
        "validate",
        "render",
        "delete",
        "list",
        "status",
        "timeline",
        "events",
        "logs",
        "kubeconfig",
        "talosconfig",
        "exec",
        "shell",
        "doctor",
        "explain",
        "schema",
        "completion",
        "version",
        "toolchain",
        "help",
        "--help",
        "--version");
  }

  @Test
  void everyPackageSaysWhatItIs() {
    List<String> without =
        SourceTree.java(false).stream()
            .map(Path::getParent)
            .distinct()
            .filter(folder -> !Files.exists(folder.resolve("package-info.java")))
            .map(SourceTree::name)
            .toList();
    assertThat(without).as("packages without package-info.java").isEmpty();
  }

  private static List<String> linesWith(
      Pattern pattern, java.util.function.Predicate<String> counts) {
    return SourceTree.java(true).stream()
        .flatMap(
            file -> {
              List<String> lines = SourceTree.read(file).lines().toList();
              List<String> found = new ArrayList<>();
              for (int i = 0; i < lines.size(); i++) {
                if (pattern.matcher(lines.get(i)).find() && counts.test(lines.get(i))) {
                  found.add(SourceTree.name(file) + ":" + (i + 1) + " " + lines.get(i).strip());
                }
              }
              return found.stream();
            })
        .collect(Collectors.toList());
  }
}
