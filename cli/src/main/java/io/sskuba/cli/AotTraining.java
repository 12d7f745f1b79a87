package io.sskuba.cli;

import io.sskuba.io.Environment;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// The run that the AOT cache is made from (ADR 0012): the commands of a file, one a line, in one
/// process. What they print and whether they fail does not matter; what they load does.
public final class AotTraining {
  private static final String FOLDER = "$SSKUBA_TRAINING_FOLDER";

  private AotTraining() {}

  /// @param args the file
  public static void main(String[] args) throws IOException {
    Environment environment = Environment.system();
    String folder = String.valueOf(environment.get(FOLDER.substring(1)));
    for (String line : Files.readAllLines(Path.of(args[0]))) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      PrintStream nowhere =
          new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
      String[] command = line.replace(FOLDER, folder).strip().split(" +");
      Main.run(new Session(environment, nowhere, nowhere), command);
    }
  }
}
