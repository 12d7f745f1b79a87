package io.sskuba.cli;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/// The manual page, from the command line's own model.
final class ManPage {
  private final StringBuilder text = new StringBuilder();

  static String of(CommandLine root, String version) {
    ManPage page = new ManPage();
    page.raw(".TH SSKUBA-CTL 1 \"\" \"sskuba " + version + "\"");
    page.raw(".SH NAME");
    page.line("sskuba-ctl - " + first(root.getCommandSpec()).toLowerCase(java.util.Locale.ROOT));
    page.raw(".SH SYNOPSIS");
    page.line("sskuba-ctl COMMAND [OPTIONS]");
    page.raw(".SH OPTIONS OF EVERY COMMAND");
    page.options(root.getCommandSpec(), null);
    page.raw(".SH COMMANDS");
    for (String name : Commands.names()) {
      page.command(root.getSubcommands().get(name).getCommandSpec(), root.getCommandSpec());
    }
    page.exitCodes();
    return page.text.toString();
  }

  private void command(CommandSpec spec, CommandSpec root) {
    StringBuilder synopsis = new StringBuilder(spec.qualifiedName());
    for (PositionalParamSpec p : spec.positionalParameters()) {
      synopsis.append(' ').append(p.paramLabel()).append(p.arity().max() > 1 ? "..." : "");
    }
    raw(".SS \"" + escaped(synopsis.toString()) + "\"");
    line(first(spec));
    options(spec, root);
    boolean example = false;
    for (String footer : spec.usageMessage().footer()) {
      if (footer.startsWith("Example")) {
        raw(".PP");
        line(footer);
        raw(".nf");
        example = true;
      } else if (!footer.isEmpty()) {
        line(footer);
      } else if (!example) {
        raw(".PP");
      }
    }
    if (example) {
      raw(".fi");
    }
    spec.subcommands().values().forEach(sub -> command(sub.getCommandSpec(), root));
  }

  private void options(CommandSpec spec, CommandSpec without) {
    for (OptionSpec option : spec.options()) {
      if (without == null || without.findOption(option.longestName()) == null) {
        raw(".TP");
        String names = String.join(", ", option.names());
        raw(
            "\\fB"
                + escaped(names)
                + "\\fR"
                + (option.arity().max() > 0
                    ? " \\fI" + escaped(option.paramLabel()) + "\\fR"
                    : ""));
        List.of(option.description()).forEach(this::line);
      }
    }
  }

  private void exitCodes() {
    raw(".SH EXIT STATUS");
    for (String row :
        List.of(
            "0 done, or nothing to do",
            "1 internal error (a bug)",
            "2 usage",
            "3 cluster file invalid",
            "4 denied: by policy, or a change that needs --replace",
            "5 credentials or permission",
            "6 conflict: lock held, name taken",
            "7 remote unavailable, quota or capacity",
            "8 timed out waiting; resources exist",
            "9 plan --detailed-exitcode: changes pending",
            "10 parked: stopped at a safe point, the same command goes on",
            "130 interrupted (second Ctrl-C)")) {
      raw(".TP");
      raw(row.substring(0, row.indexOf(' ')));
      line(row.substring(row.indexOf(' ') + 1));
    }
  }

  private static String first(CommandSpec spec) {
    return spec.usageMessage().description()[0];
  }

  private void raw(String line) {
    text.append(line).append('\n');
  }

  private void line(String line) {
    String safe = escaped(line);
    raw(safe.startsWith(".") || safe.startsWith("'") ? "\\&" + safe : safe);
  }

  private static String escaped(String line) {
    return line.replace("\\", "\\e").replace("-", "\\-").replace("\u2026", "...");
  }
}
