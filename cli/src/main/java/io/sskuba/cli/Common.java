package io.sskuba.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Options that every command has.
final class Common {
  private final Session session;

  Common(Session session) {
    this.session = session;
  }

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  @Option(
      names = "--state-url",
      paramLabel = "URL",
      description = "Where records, journals and stacks are kept (SSKUBA_STATE_URL).")
  void stateUrl(@Nullable String url) {
    session.stateUrl(url);
  }

  @Option(
      names = "--color",
      paramLabel = "WHEN",
      defaultValue = "auto",
      description = "auto, always or never. NO_COLOR is respected.")
  void color(String when) {
    session.color(when);
  }

  @Option(names = "--stacktrace", description = "Print the Java stack trace of a failure.")
  void stacktrace(boolean on) {
    session.stacktrace(on);
  }
}
