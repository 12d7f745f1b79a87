package io.sskuba.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.Environment;
import io.sskuba.io.Json;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/// One command line run inside the test's JVM, with all its places in a temporary folder.
record CommandRun(int exit, String out, String err) {

  static Environment environment(Path folder, Map<String, String> more) {
    Map<String, String> variables = new HashMap<>();
    variables.put("HOME", folder.toString());
    variables.put("XDG_STATE_HOME", folder.resolve("state").toString());
    variables.put("XDG_CONFIG_HOME", folder.resolve("config").toString());
    variables.put("XDG_CACHE_HOME", folder.resolve("cache").toString());
    variables.put("SSKUBA_RUNTIME_DIR", folder.resolve("runtime").toString());
    variables.put("PATH", "/usr/bin:/bin");
    variables.putAll(more);
    return new Environment(variables, folder);
  }

  static CommandRun of(Path folder, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    try (PrintStream outStream = new PrintStream(out, true, StandardCharsets.UTF_8);
        PrintStream errStream = new PrintStream(err, true, StandardCharsets.UTF_8)) {
      int exit = Main.run(new Session(environment(folder, Map.of()), outStream, errStream), args);
      return new CommandRun(
          exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }
  }

  JsonNode json() {
    return Json.parse(out);
  }
}
