package io.sskuba.cli;

import io.sskuba.apply.Ports;
import io.sskuba.io.Environment;
import io.sskuba.io.Json;
import io.sskuba.io.Places;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.ProblemJson;
import io.sskuba.problem.SskubaException;
import io.sskuba.rehearsal.cloud.RehearsedPlatform;
import java.io.BufferedReader;
import java.io.Console;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// One invocation of the command line: its streams, its environment, its global options.
final class Session {
  private final Environment environment;
  private final PrintStream out;
  private final PrintStream err;
  private @Nullable String stateUrl;
  private String color = "auto";
  private boolean stacktrace;
  private boolean json;
  private @Nullable Ports ports;
  private boolean thisMachine;
  private boolean stateHere;
  private RehearsedPlatform.@Nullable Options rehearsal;
  private @Nullable String rehearsedDns;

  Session(Environment environment, PrintStream out, PrintStream err) {
    this.environment = environment;
    this.out = out;
    this.err = err;
  }

  Environment environment() {
    return environment;
  }

  void stateUrl(@Nullable String url) {
    stateUrl = url;
  }

  void color(String when) {
    switch (when) {
      case "auto", "always", "never" -> color = when;
      default ->
          throw SskubaException.of(
              ProblemCode.USAGE, "--color is auto, always or never, not " + when);
    }
  }

  void stacktrace(boolean on) {
    stacktrace = on;
  }

  void output(String format) {
    switch (format.toLowerCase(Locale.ROOT)) {
      case "text" -> json = false;
      case "json" -> json = true;
      default ->
          throw SskubaException.of(
              ProblemCode.USAGE, "--output is text or json here, not " + format);
    }
  }

  boolean json() {
    return json;
  }

  /// A failing command prints its problem on standard output as JSON from here on.
  void jsonProblems() {
    json = true;
  }

  Places places() {
    return Places.of(environment, stateUrl);
  }

  /// What rehearsals of this invocation are given.
  void rehearsal(RehearsedPlatform.Options options) {
    rehearsal = options;
  }

  /// The loopback server that rehearsals of this invocation write their names to.
  void rehearsedDns(String server) {
    rehearsedDns = server;
  }

  /// This invocation is about a rehearsal: it reaches nothing outside this machine, the state of
  /// other clusters included.
  void onlyThisMachine() {
    thisMachine = true;
  }

  /// This invocation is about a cluster of this machine, whose state is here whatever the state URL
  /// (contract, section 2): no other store is asked.
  void onlyStateHere() {
    stateHere = true;
  }

  private RehearsedPlatform.Options rehearsal() {
    RehearsedPlatform.Options given = rehearsal;
    return given == null ? RehearsedPlatform.Options.NONE : given;
  }

  /// The engine's ports; made when first asked for, so that `version` loads none of it.
  Ports ports() {
    Ports made = ports;
    if (made == null) {
      made =
          Wiring.ports(
              environment, places(), this::rehearsal, () -> Optional.ofNullable(rehearsedDns));
      if (thisMachine) {
        made = made.ofThisMachine();
      } else if (stateHere) {
        made = made.withStateHere();
      }
      ports = made;
    }
    return made;
  }

  PrintStream out() {
    return out;
  }

  PrintStream err() {
    return err;
  }

  PrintWriter writer() {
    return new PrintWriter(out, true, StandardCharsets.UTF_8);
  }

  PrintWriter errorWriter() {
    return new PrintWriter(err, true, StandardCharsets.UTF_8);
  }

  /// Whether somebody sits in front of standard error.
  boolean errIsTerminal() {
    String told = System.getProperty("sskuba.stderr.tty");
    return told != null ? told.equals("1") : terminal(2);
  }

  /// Whether a question can be asked.
  boolean canAsk() {
    return terminal(0) && errIsTerminal();
  }

  /// Linux says what a descriptor is; elsewhere the JVM's console knows about input and output
  /// together.
  private static boolean terminal(int descriptor) {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return target.startsWith("/dev/pts/")
          || target.startsWith("/dev/tty")
          || target.equals("/dev/console");
    } catch (IOException | UnsupportedOperationException e) {
      return System.console() != null && System.console().isTerminal();
    }
  }

  boolean colored() {
    return switch (color) {
      case "always" -> true;
      case "never" -> false;
      default ->
          errIsTerminal()
              && environment.get("NO_COLOR") == null
              && !"dumb".equals(environment.get("TERM"));
    };
  }

  /// Columns of the terminal in front of standard error, asked of `stty`: shells keep `COLUMNS` to
  /// themselves.
  int terminalWidth() {
    if (environment.get("COLUMNS") != null || !errIsTerminal()) {
      return width();
    }
    try {
      Process stty = new ProcessBuilder("stty", "size").redirectInput(new File("/dev/tty")).start();
      if (stty.waitFor(500, TimeUnit.MILLISECONDS)) {
        String size = new String(stty.getInputStream().readNBytes(64), StandardCharsets.US_ASCII);
        int columns = Integer.parseInt(size.substring(size.indexOf(' ') + 1).trim());
        return columns == 0 ? width() : Math.clamp(columns, 40, 400);
      }
      stty.destroyForcibly();
    } catch (IOException | NumberFormatException e) {
      return width();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return width();
  }

  /// Columns that the user's `COLUMNS` says; 100 where unknown, never below 40.
  int width() {
    String columns = environment.get("COLUMNS");
    try {
      return columns == null ? 100 : Math.clamp(Long.parseLong(columns.trim()), 40, 400);
    } catch (NumberFormatException e) {
      return 100;
    }
  }

  /// Asks a yes-or-no question on the terminal. Errors: `CONFIRMATION_NEEDED` when nobody is there.
  void confirm(String question, boolean yes, String command) {
    if (yes) {
      return;
    }
    if (!canAsk()) {
      throw new SskubaException(
          Problem.of(ProblemCode.CONFIRMATION_NEEDED, question + " Nobody is here to ask.")
              .next(command + " --yes"));
    }
    err.print(question + " Type yes to go on: ");
    err.flush();
    @Nullable Console console = System.console();
    @Nullable String answer = console == null ? null : console.readLine();
    if (answer == null || !answer.trim().equalsIgnoreCase("yes")) {
      throw SskubaException.of(
          ProblemCode.CONFIRMATION_NEEDED, "not confirmed; nothing was changed");
    }
  }

  private static @Nullable String answer() {
    try {
      return new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
          .readLine();
    } catch (IOException e) {
      return null;
    }
  }

  /// Prints a problem where it belongs and returns the exit code.
  int fail(Problem problem, Throwable cause) {
    if (json) {
      out.print(Json.pretty(ProblemJson.toJson(problem)));
    }
    err.print(ProblemPrinter.text(problem, colored()));
    if (stacktrace) {
      cause.printStackTrace(err);
    }
    err.flush();
    return problem.code().kind().exitCode();
  }
}
