package io.sskuba.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.apply.Checkup;
import io.sskuba.io.Json;
import io.sskuba.toolchain.ToolState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "doctor",
    description = "What is missing here, and what to do about it.",
    footer = {"", "Examples:", "  sskuba-ctl doctor", "  sskuba-ctl doctor -f cluster.yaml"})
final class DoctorCommand implements Callable<Integer> {
  private final Session session;
  @Mixin Common common;
  @Mixin OutputOption output;

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description = "Look at what this file needs, too.")
  @Nullable String file;

  DoctorCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws Exception {
    List<Checkup.Finding> findings = new ArrayList<>(Checkup.machine(session.ports()));
    for (ToolState tool : Wiring.toolchain(session).list()) {
      findings.add(
          new Checkup.Finding(
              tool.name(),
              tool.path() != null ? Checkup.Level.OK : Checkup.Level.NOTE,
              tool.path() != null
                  ? tool.version() + ", " + tool.source()
                  : "not here yet; got when first needed",
              tool.path() != null ? "" : "sskuba-ctl toolchain install " + tool.name()));
    }
    @Nullable String given = file;
    if (given != null) {
      byte[] bytes = FileOption.bytes(session, given);
      Path folder = FileOption.folder(session, given);
      findings.add(Checkup.file(bytes, given, folder));
      findings.addAll(Checkup.target(session.ports(), bytes, given, folder));
    }
    session.out().print(session.json() ? json(findings) : text(findings));
    boolean broken = findings.stream().anyMatch(f -> f.level() == Checkup.Level.BROKEN);
    return broken ? 7 : 0;
  }

  private static String text(List<Checkup.Finding> findings) {
    StringBuilder text = new StringBuilder();
    for (Checkup.Finding f : findings) {
      String mark =
          switch (f.level()) {
            case OK -> "ok    ";
            case NOTE -> "note  ";
            case WARNING -> "warn  ";
            case BROKEN -> "broken";
          };
      text.append(mark)
          .append("  ")
          .append(f.subject())
          .append(": ")
          .append(f.observed())
          .append('\n');
      if (!f.next().isEmpty()) {
        text.append("        next  ").append(f.next()).append('\n');
      }
    }
    return text.toString();
  }

  private static String json(List<Checkup.Finding> findings) {
    ObjectNode json = Json.object().put("apiVersion", "sskuba.io/v1alpha1").put("kind", "Doctor");
    ArrayNode items = json.putArray("findings");
    for (Checkup.Finding f : findings) {
      items
          .addObject()
          .put("subject", f.subject())
          .put("level", f.level().name().toLowerCase(java.util.Locale.ROOT))
          .put("observed", f.observed())
          .put("next", f.next());
    }
    return Json.pretty(json);
  }
}
