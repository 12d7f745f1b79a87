package io.sskuba.cli;

import io.sskuba.io.Environment;
import io.sskuba.io.SuppressForbidden;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
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
    CommandLine line = new CommandLine(new RootCommand(), new CommandFactory(session));
    RootCommand.addCommands(line, args);
    line.setOut(session.writer());
    line.setErr(session.errorWriter());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setUsageHelpAutoWidth(false);
    line.setUsageHelpWidth(100);
    line.setUsageHelpLongOptionsMaxWidth(30);
    line.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
    line.setParameterExceptionHandler(
        (e, _) -> {
          Problem problem =
              Problem.of(
                  ProblemCode.USAGE, String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
          if (e instanceof CommandLine.UnmatchedArgumentException unmatched
              && !unmatched.getSuggestions().isEmpty()) {
            problem = problem.fact("nearest", String.join(", ", unmatched.getSuggestions()));
          }
          return session.fail(
              problem.next(e.getCommandLine().getCommandSpec().qualifiedName() + " --help"), e);
        });
    line.setExecutionExceptionHandler((e, _, _) -> failed(session, e));
    return line.execute(args);
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
            .next("sskuba-ctl … --stacktrace"),
        e);
  }

  private static String at(Exception e) {
    return e.getStackTrace().length == 0 ? "no trace" : String.valueOf(e.getStackTrace()[0]);
  }

  private static PrintStream stream(FileDescriptor descriptor) {
    return new PrintStream(new FileOutputStream(descriptor), false, StandardCharsets.UTF_8);
  }
}
