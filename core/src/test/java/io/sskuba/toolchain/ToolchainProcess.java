package io.sskuba.toolchain;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// A second process that wants the same program: `CACHE GO`. Says the path on standard output.
final class ToolchainProcess {
  private ToolchainProcess() {}

  public static void main(String[] args) throws InterruptedException {
    ToolchainService service =
        FakeGo.service(FakeGo.lock(""), Path.of(args[0]), List.of(Path.of(args[1])), Map.of());
    System.out.println(
        service.ensure(List.of("tool"), line -> System.out.println("said: " + line)));
  }

  static Process start(Path cache, FakeGo go) throws java.io.IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            ToolchainProcess.class.getName(),
            cache.toString(),
            go.folder.resolve("go").toString())
        .redirectErrorStream(true)
        .redirectOutput(go.folder.resolve("process-" + System.nanoTime() + ".log").toFile())
        .start();
  }
}
