package io.sskuba.cli;

import io.sskuba.io.AtomicFiles;
import io.sskuba.io.Environment;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.pki.SecretsBundleFactory;
import io.sskuba.pki.SecretsBundleYaml;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// The run that the AOT cache is made from (ADR 0012): the commands of a file, one a line, in one
/// process. What they print and whether they fail does not matter; what they load does. A line
/// `load FILE` loads the classes of a list: what needs real programs cannot be run while building.
/// A line `secrets FILE` writes a bundle of new secrets for the commands that read one.
public final class AotTraining {
  private static final String FOLDER = "$SSKUBA_TRAINING_FOLDER";

  private AotTraining() {}

  /// @param args the file
  public static void main(String[] args) throws IOException, InterruptedException {
    Environment environment = Environment.system();
    String folder = String.valueOf(environment.get(FOLDER.substring(1)));
    for (String line : Files.readAllLines(Path.of(args[0]))) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      if (line.startsWith("load ")) {
        load(Path.of(line.substring(5).strip()));
        continue;
      }
      if (line.startsWith("secrets ")) {
        var bundle = SecretsBundleFactory.generate(TimeSource.system(), RandomSource.system());
        AtomicFiles.writeString(
            Path.of(line.substring(8).replace(FOLDER, folder).strip()),
            SecretsBundleYaml.write(bundle));
        continue;
      }
      PrintStream nowhere =
          new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
      String[] command = line.replace(FOLDER, folder).strip().split(" +");
      Main.run(new Session(environment, nowhere, nowhere), command);
    }
  }

  /// `PACKAGE: CLASS CLASS…`; a class that is not there is passed over.
  private static void load(Path list) throws IOException {
    ClassLoader loader = AotTraining.class.getClassLoader();
    for (String line : Files.readAllLines(list)) {
      int colon = line.indexOf(": ");
      if (line.startsWith("#") || colon < 0) {
        continue;
      }
      for (String name : line.substring(colon + 2).split(" ")) {
        try {
          // Asking for members links a class, and only linked ones are kept; nothing is
          // initialised.
          var _ =
              Class.forName(line.substring(0, colon) + "." + name, false, loader)
                  .getDeclaredConstructors();
        } catch (ClassNotFoundException | LinkageError e) {
          // Of another version of a library or of Java.
        }
      }
    }
  }
}
