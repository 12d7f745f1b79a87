package io.sskuba.io;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The process environment as a value, so that nothing reads `System.getenv` behind a test's back.
///
/// @param variables the environment variables
/// @param workingFolder the folder that relative paths of the command line start from
public record Environment(Map<String, String> variables, Path workingFolder) {

  public Environment {
    variables = Map.copyOf(variables);
  }

  @SuppressForbidden(reason = "this is the one door to the environment")
  public static Environment system() {
    return new Environment(System.getenv(), Path.of("").toAbsolutePath());
  }

  public @Nullable String get(String name) {
    return variables.get(name);
  }

  /// The user's home folder: `HOME`, else the JVM's idea of it.
  public Path home() {
    String home = variables.get("HOME");
    return Path.of(home == null || home.isEmpty() ? System.getProperty("user.home") : home);
  }
}
