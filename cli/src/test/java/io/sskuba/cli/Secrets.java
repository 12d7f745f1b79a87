package io.sskuba.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Looks for key material in what must hold none.
final class Secrets {
  private static final Pattern VALUE =
      Pattern.compile(
          "(?m)^\\s*(?:key|secret|token|secretboxEncryptionSecret|bootstrapToken): *"
              + "\"?([A-Za-z0-9+/=._-]{16,})\"?\\s*$");
  private static final List<String> MARKS =
      List.of(
          "PRIVATE KEY",
          "LS0tLS1CRUdJTiBFRDI1NTE5IFBSSVZBVE",
          "LS0tLS1CRUdJTiBSU0EgUFJJVkFURS",
          "LS0tLS1CRUdJTiBFQyBQUklWQVRF");

  private Secrets() {}

  /// Every secret value of a machine configuration.
  static List<String> of(String machineConfig) {
    List<String> values = new ArrayList<>();
    Matcher matcher = VALUE.matcher(machineConfig);
    while (matcher.find()) {
      values.add(matcher.group(1));
    }
    return values;
  }

  static void assertNone(String where, String text, String machineConfig) {
    List<String> values = of(machineConfig);
    assertThat(values).as("the pattern finds the secrets of a configuration").hasSizeGreaterThan(6);
    List<String> found = new ArrayList<>();
    for (String mark : MARKS) {
      if (text.contains(mark)) {
        found.add(mark);
      }
    }
    for (String value : values) {
      if (text.contains(value)) {
        found.add(value.substring(0, 4) + "…");
      }
    }
    assertThat(found).as("key material in " + where).isEmpty();
  }
}
