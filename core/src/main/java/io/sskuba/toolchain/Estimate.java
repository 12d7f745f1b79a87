package io.sskuba.toolchain;

import java.time.Duration;
import java.util.List;

/// How long the builds still to come will take: the lock file's figures, scaled by what the builds
/// done so far took here.
final class Estimate {
  private static final double FACTOR_MIN = 0.05;
  private static final double FACTOR_MAX = 10;

  private final List<Tool> tools;
  private double expectedSeconds;
  private double actualSeconds;

  Estimate(List<Tool> tools) {
    this.tools = tools;
  }

  int position(Tool tool) {
    return tools.indexOf(tool) + 1;
  }

  int count() {
    return tools.size();
  }

  /// Only builds say something about builds.
  void done(Tool tool, Duration took, boolean built) {
    if (built) {
      expectedSeconds += tool.build().expected().toMillis() / 1000.0;
      actualSeconds += took.toMillis() / 1000.0;
    }
  }

  /// From `tool`, which has been built for `elapsed`, to the last.
  Duration left(Tool tool, Duration elapsed) {
    double factor =
        expectedSeconds == 0
            ? 1
            : Math.clamp(actualSeconds / expectedSeconds, FACTOR_MIN, FACTOR_MAX);
    int at = tools.indexOf(tool);
    double current = factor * tool.build().expected().toSeconds() - elapsed.toSeconds();
    double seconds = Math.max(0, current);
    for (Tool later : tools.subList(at + 1, tools.size())) {
      seconds += factor * later.build().expected().toSeconds();
    }
    return Duration.ofSeconds(Math.round(seconds));
  }

  static String words(Duration left) {
    return left.compareTo(Duration.ofSeconds(50)) < 0
        ? "less than a minute"
        : "about " + Math.max(1, Math.round(left.toSeconds() / 60.0)) + " min";
  }
}
