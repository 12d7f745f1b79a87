package io.sskuba.infra.azure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/// The published SDK as a file: the wheel of PyPI, 22 MB, the smallest of the published forms (the
/// jar and the npm package are several times as large). Got once by `pip download` into `sdk/` of
/// the cache folder, which `SSKUBA_CACHE_DIR` moves.
final class AzureSdkCache {
  private static final long LIMIT_SECONDS = 300;

  private AzureSdkCache() {}

  /// The wheel, or the calling test is skipped with a message that says why.
  static Path require(String version) throws IOException, InterruptedException {
    Path folder = folder();
    String name = "pulumi_azure_native-" + version + "-py3-none-any.whl";
    Path wheel = folder.resolve(name);
    if (!Files.exists(wheel)) {
      String problem = fetch(folder, wheel, version);
      Assumptions.assumeTrue(
          problem.isEmpty(),
          "SKIPPED: the SDK pulumi-azure-native " + version + " cannot be had: " + problem);
    }
    return wheel;
  }

  private static Path folder() throws IOException {
    String given = System.getenv("SSKUBA_CACHE_DIR");
    Path cache =
        given == null || given.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache", "sskuba")
            : Path.of(given);
    return Files.createDirectories(cache.resolve("sdk"));
  }

  /// Empty when it went well.
  private static String fetch(Path folder, Path wheel, String version)
      throws IOException, InterruptedException {
    Path partial = Files.createTempDirectory(folder, "partial");
    Path log = partial.resolve("log");
    List<String> pip =
        List.of("pip", "download", "--no-deps", "--only-binary=:all:", "--no-input", "-d");
    List<String> command = new ArrayList<>(pip);
    command.addAll(List.of(partial.toString(), "pulumi-azure-native==" + version));
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
    } catch (IOException e) {
      return "no pip on PATH";
    }
    try {
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        return "no answer within " + LIMIT_SECONDS + " s";
      }
      if (process.exitValue() != 0) {
        return "pip ended with " + process.exitValue();
      }
      Path got = partial.resolve(wheel.getFileName());
      if (!Files.exists(got)) {
        return "pip got something else";
      }
      Files.move(got, wheel, StandardCopyOption.ATOMIC_MOVE);
      return "";
    } finally {
      process.destroyForcibly();
      remove(partial);
    }
  }

  private static void remove(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }

  /// Writes `types/azure-native.json` anew: `java … AzureSdkCache FILE`.
  public static void main(String[] args) throws IOException, InterruptedException {
    var catalogue = AzureSdk.catalogue(require(AzureTarget.VERSION), AzureTarget.VERSION);
    Files.writeString(Path.of(args[0]), AzureSdk.text(catalogue));
    for (Map.Entry<String, Integer> count : AzureSdk.counts(catalogue).entrySet()) {
      System.out.println(count.getKey() + " " + count.getValue());
    }
  }
}
