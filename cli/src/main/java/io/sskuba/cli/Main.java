package io.sskuba.cli;

import io.sskuba.io.Environment;
import io.sskuba.io.SuppressForbidden;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.Nearest;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/// `sskuba-ctl`.
@SuppressForbidden(reason = "a main class: it ends the process")
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    PrintStream out = stream(FileDescriptor.out);
    PrintStream err = stream(FileDescriptor.err);
    int code = run(new Session(Environment.system(), out, err), args);
    out.flush();
    err.flush();
    // Daemon threads and gRPC pools must not keep a finished command alive.
    Runtime.getRuntime().halt(code);
  }

  /// Runs one command line. Returns the exit code; never exits the JVM.
  static int run(Session session, String... args) {
    if (asksForJson(args)) {
      session.jsonProblems();
    }
    CommandLine line = line(session, List.of(args));
    line.setParameterExceptionHandler((e, given) -> usage(session, e, given));
    line.setExecutionExceptionHandler((e, _, _) -> failed(session, e));
    return line.execute(args);
  }

  /// The command line's model with the commands that `args` name, or all.
  static CommandLine line(Session session, List<String> args) {
    CommandFactory factory = new CommandFactory(session);
    CommandLine line = new CommandLine(new RootCommand(), factory);
    Commands.addTo(line, factory, args);
    line.setOut(session.writer());
    line.setErr(session.errorWriter());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setUsageHelpAutoWidth(false);
    line.setUsageHelpWidth(session.width());
    line.setUsageHelpLongOptionsMaxWidth(30);
    line.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
    line.getHelpSectionMap().put("commandListHeading", _ -> "");
    line.getHelpSectionMap().put("commandList", help -> Commands.help(help.commandSpec()));
    return line;
  }

  /// Whether a failure is told as JSON, even one that is found before the options are understood.
  private static boolean asksForJson(String[] args) {
    for (int i = 0; i < args.length && !args[i].equals("--"); i++) {
      boolean split = args[i].equals("-o") || args[i].equals("--output");
      String value = split && i + 1 < args.length ? args[i + 1] : args[i];
      if ((split && value.equals("json"))
          || List.of("-ojson", "-o=json", "--output=json").contains(value)) {
        return true;
      }
    }
    return false;
  }

  private static int usage(Session session, CommandLine.ParameterException e, String[] given) {
    if (e.getCause() instanceof SskubaException known) {
      return session.fail(known.problem(), e);
    }
    String help = e.getCommandLine().getCommandSpec().qualifiedName() + " --help";
    if (e instanceof CommandLine.UnmatchedArgumentException unmatched
        && e.getCommandLine().getParent() == null
        && !unmatched.getUnmatched().isEmpty()
        && !unmatched.getUnmatched().getFirst().startsWith("-")) {
      String word = unmatched.getUnmatched().getFirst();
      Problem problem = Problem.of(ProblemCode.USAGE, "there is no command " + word);
      @Nullable String nearest = Nearest.of(word, Commands.names());
      return session.fail(
          (nearest == null ? problem : problem.fact("nearest", nearest)).next(help), e);
    }
    Problem problem =
        Problem.of(
            ProblemCode.USAGE, String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
    if (e.getCommandLine().getCommandName().equals("exec") && !List.of(given).contains("--")) {
      problem = problem.next("sskuba-ctl exec NAME -- CMD…");
    }
    return session.fail(problem.next(help), e);
  }

  private static int failed(Session session, Exception e) {
    if (e instanceof SskubaException known) {
      return session.fail(known.problem(), e);
    }
    if (e instanceof InterruptedException) {
      return 130;
    }
    return session.fail(
        Problem.of(ProblemCode.INTERNAL, String.valueOf(e))
            .fact("cause", at(e))
            .fact("note", "the same command with --stacktrace prints where it happened"),
        e);
  }

  private static String at(Exception e) {
    return e.getStackTrace().length == 0 ? "no trace" : String.valueOf(e.getStackTrace()[0]);
  }

  private static PrintStream stream(FileDescriptor descriptor) {
    return new PrintStream(new FileOutputStream(descriptor), false, StandardCharsets.UTF_8);
  }
}
