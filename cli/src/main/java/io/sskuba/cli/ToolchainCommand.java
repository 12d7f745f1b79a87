package io.sskuba.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.toolchain.ToolState;
import io.sskuba.toolchain.Toolchain;
import io.sskuba.toolchain.ToolchainService;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "toolchain",
    description = "The pinned external programs: which, from where, verified how.",
    footer = {
      "",
      "Examples:",
      "  sskuba-ctl toolchain list",
      "  sskuba-ctl toolchain install                 what a cluster on this machine needs",
      "  sskuba-ctl toolchain where kubectl           its path; exit 7 if it is not there yet",
      "  sskuba-ctl toolchain prune                   remove other versions that nothing uses"
    },
    subcommands = {
      ToolchainCommand.ListTools.class,
      ToolchainCommand.Install.class,
      ToolchainCommand.Where.class,
      ToolchainCommand.Prune.class
    })
final class ToolchainCommand implements Runnable {
  @Spec CommandSpec spec;
  @Mixin Common common;

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  @Command(name = "list", description = "Which programs, from where, verified how.")
  static final class ListTools implements Callable<Integer> {
    private final Session session;
    @Mixin Common common;
    @Mixin OutputOption output;

    ListTools(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() throws InterruptedException {
      List<ToolState> tools = Wiring.toolchain(session).list();
      if (session.json()) {
        ObjectNode json =
            Json.object().put("apiVersion", "sskuba.io/v1alpha1").put("kind", "Toolchain");
        ArrayNode items = json.putArray("items");
        for (ToolState t : tools) {
          items
              .addObject()
              .put("name", t.name())
              .put("version", t.version())
              .put("source", t.source())
              .put("verified", t.verified())
              .put("digest", t.digest())
              .put("path", t.path() == null ? null : t.path().toString())
              .put("download", t.download());
        }
        session.out().print(Json.pretty(json));
        return 0;
      }
      Table table = new Table("NAME", "VERSION", "STATE", "SOURCE", "VERIFIED", "DOWNLOAD");
      for (ToolState t : tools) {
        table.row(
            t.name(),
            t.version(),
            t.path() != null ? "here" : "missing",
            dash(t.source()),
            dash(t.verified()),
            t.download());
      }
      session.out().print(table);
      return 0;
    }
  }

  private static String dash(@Nullable String text) {
    return text == null ? "-" : text;
  }

  @Command(
      name = "install",
      description = "Get programs now; without names what a cluster on this machine needs.")
  static final class Install implements Callable<Integer> {
    private final Session session;
    @Mixin Common common;

    @Parameters(
        arity = "0..*",
        paramLabel = "NAME",
        description = "Names as toolchain list shows them.")
    List<String> names = List.of();

    Install(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() throws InterruptedException {
      Map<String, Path> got =
          Wiring.toolchain(session)
              .ensure(
                  names.isEmpty() ? Toolchain.LOCAL : names,
                  line -> {
                    session.err().println(line);
                    session.err().flush();
                  });
      got.forEach((name, path) -> session.out().println(name + "  " + path));
      return 0;
    }
  }

  @Command(name = "where", description = "Path of a program; exit 7 if it is not there yet.")
  static final class Where implements Callable<Integer> {
    private final Session session;
    @Mixin Common common;

    @Parameters(paramLabel = "NAME", description = "Name as toolchain list shows it.")
    String name = "";

    Where(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() throws InterruptedException {
      ToolchainService tools = Wiring.toolchain(session);
      session
          .out()
          .println(
              tools
                  .where(name)
                  .orElseThrow(
                      () ->
                          new SskubaException(
                              Problem.of(ProblemCode.TOOL_MISSING, name + " is not there yet")
                                  .next("sskuba-ctl toolchain install " + name))));
      return 0;
    }
  }

  @Command(
      name = "prune",
      description = {
        "Remove programs of other versions that no cluster here and no process uses, and that were",
        "not used for two days. After an install, those not used for 30 days go by themselves."
      })
  static final class Prune implements Callable<Integer> {
    private final Session session;
    @Mixin Common common;

    Prune(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      List<String> removed =
          Wiring.toolchain(session).prune(Duration.ZERO, line -> session.err().println(line));
      session.err().flush();
      session.out().println(removed.isEmpty() ? "nothing to remove" : removed.size() + " removed");
      return 0;
    }
  }
}
