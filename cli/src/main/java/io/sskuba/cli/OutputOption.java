package io.sskuba.cli;

import picocli.CommandLine.Option;

/// `-o text|json` of every command that reports.
final class OutputOption {
  private final Session session;

  OutputOption(Session session) {
    this.session = session;
  }

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      defaultValue = "text",
      description = "text (default) or json.")
  void output(String format) {
    session.output(format);
  }
}
