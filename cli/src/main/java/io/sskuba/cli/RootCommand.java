package io.sskuba.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
    name = "sskuba-ctl",
    description = "Hardened, short-lived Kubernetes clusters from one small file.",
    synopsisHeading = "Usage: ",
    customSynopsis = "sskuba-ctl COMMAND [OPTIONS]",
    footer = {
      "",
      "Examples:",
      "  sskuba-ctl apply -f cluster.yaml          make the cluster, or go on where a run stopped",
      "  sskuba-ctl status demo                    how it is",
      "  sskuba-ctl exec demo -- kubectl get pods -A",
      "  sskuba-ctl delete demo                    take everything away, with a receipt",
      "",
      "Your own kubeconfig is never touched. sskuba-ctl COMMAND --help says more."
    })
final class RootCommand implements Runnable {
  private static final Map<String, Class<?>> COMMANDS = new LinkedHashMap<>();

  static {
    COMMANDS.put("apply", ApplyCommand.class);
    COMMANDS.put("plan", PlanCommand.class);
    COMMANDS.put("validate", ValidateCommand.class);
    COMMANDS.put("render", RenderCommand.class);
    COMMANDS.put("delete", DeleteCommand.class);
    COMMANDS.put("list", ListCommand.class);
    COMMANDS.put("status", StatusCommand.class);
    COMMANDS.put("timeline", TimelineCommand.class);
    COMMANDS.put("events", EventsCommand.class);
    COMMANDS.put("logs", LogsCommand.class);
    COMMANDS.put("kubeconfig", KubeconfigCommand.class);
    COMMANDS.put("talosconfig", TalosconfigCommand.class);
    COMMANDS.put("exec", ExecCommand.class);
    COMMANDS.put("shell", ShellCommand.class);
    COMMANDS.put("doctor", DoctorCommand.class);
    COMMANDS.put("explain", ExplainCommand.class);
    COMMANDS.put("schema", SchemaCommand.class);
    COMMANDS.put("completion", CompletionCommand.class);
    COMMANDS.put("toolchain", ToolchainCommand.class);
    COMMANDS.put("version", VersionCommand.class);
  }

  @Spec CommandSpec spec;
  @Mixin Common common;

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut(), spec.commandLine().getColorScheme());
  }

  /// Adds what the command line needs: the command that it begins with, or all of them. Reading the
  /// annotations of all twenty takes longer than most commands do.
  static void addCommands(CommandLine line, String... args) {
    @Nullable Class<?> only = args.length == 0 ? null : COMMANDS.get(args[0]);
    if (only != null && only != CompletionCommand.class) {
      line.addSubcommand(only);
    } else {
      COMMANDS.values().forEach(line::addSubcommand);
    }
  }
}
