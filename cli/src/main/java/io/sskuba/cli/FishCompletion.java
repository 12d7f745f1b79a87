package io.sskuba.cli;

import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/// Completion for fish, from the command model.
final class FishCompletion {
  private FishCompletion() {}

  static String script(CommandSpec root) {
    StringBuilder text = new StringBuilder("complete -c sskuba-ctl -f\n");
    for (CommandLine sub : root.subcommands().values()) {
      CommandSpec spec = sub.getCommandSpec();
      text.append("complete -c sskuba-ctl -n __fish_use_subcommand -a ").append(spec.name());
      text.append(" -d ").append(quoted(first(spec.usageMessage().description()))).append('\n');
      for (OptionSpec option : spec.options()) {
        text.append("complete -c sskuba-ctl -n '__fish_seen_subcommand_from ")
            .append(spec.name())
            .append('\'');
        for (String name : option.names()) {
          text.append(
              name.startsWith("--") ? " -l " + name.substring(2) : " -s " + name.substring(1));
        }
        if (option.arity().max() > 0) {
          text.append(option.longestName().equals("--file") ? " -r -F" : " -r");
        }
        text.append(" -d ").append(quoted(first(option.description()))).append('\n');
      }
    }
    return text.toString();
  }

  private static String first(String[] lines) {
    return lines.length == 0 ? "" : lines[0];
  }

  private static String quoted(String text) {
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }
}
