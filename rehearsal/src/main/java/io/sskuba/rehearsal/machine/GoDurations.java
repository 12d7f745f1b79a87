package io.sskuba.rehearsal.machine;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Durations as Go reads and prints them: configs and replies of Talos hold them.
final class GoDurations {
  private static final Pattern PART = Pattern.compile("([0-9.]+)(ns|us|µs|ms|s|m|h)");

  private GoDurations() {}

  static Duration of(com.google.protobuf.Duration wire) {
    return Duration.ofSeconds(wire.getSeconds(), wire.getNanos());
  }

  /// For example `1m0s`, `2h0m0s`, `500ms`.
  static String text(Duration duration) {
    if (duration.isZero()) {
      return "0s";
    }
    if (duration.compareTo(Duration.ofSeconds(1)) < 0) {
      return duration.toMillis() + "ms";
    }
    StringBuilder text = new StringBuilder();
    if (duration.toHours() > 0) {
      text.append(duration.toHours()).append('h');
    }
    if (duration.toMinutes() > 0) {
      text.append(duration.toMinutesPart()).append('m');
    }
    text.append(duration.toSecondsPart());
    if (duration.toMillisPart() > 0) {
      text.append('.').append(String.format("%03d", duration.toMillisPart()).replaceAll("0+$", ""));
    }
    return text.append('s').toString();
  }

  /// For example `8760h0m0s`. Errors: `IllegalArgumentException`.
  static Duration parse(String text) {
    Matcher matcher = PART.matcher(text);
    double nanos = 0;
    int at = 0;
    while (matcher.find() && matcher.start() == at) {
      at = matcher.end();
      double unit =
          switch (matcher.group(2)) {
            case "h" -> 3600e9;
            case "m" -> 60e9;
            case "s" -> 1e9;
            case "ms" -> 1e6;
            case "us", "µs" -> 1e3;
            default -> 1;
          };
      nanos += Double.parseDouble(matcher.group(1)) * unit;
    }
    if (at == 0 || at != text.length()) {
      throw new IllegalArgumentException("not a duration: " + text);
    }
    return Duration.ofMillis(Math.round(nanos / 1e6));
  }
}
