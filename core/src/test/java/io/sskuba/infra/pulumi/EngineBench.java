package io.sskuba.infra.pulumi;

import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.infra.InfraPlan.Resource;
import io.sskuba.io.AtomicFiles;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Prints how long each operation of the engine takes with 26 resources whose creation costs
/// nothing. Arguments: the `pulumi` executable; rounds (2).
public final class EngineBench {
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final int RESOURCES = 26;

  private EngineBench() {}

  @FunctionalInterface
  private interface Work {
    void run() throws Exception;
  }

  public static void main(String[] args) throws Exception {
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 2;
    System.out.println("load " + Files.readString(Path.of("/proc/loadavg")).strip());
    for (int i = 0; i < rounds; i++) {
      round(Path.of(args[0]));
    }
    System.out.println("load " + Files.readString(Path.of("/proc/loadavg")).strip());
  }

  private static void round(Path binary) throws Exception {
    Path folder = Files.createTempDirectory("sskuba-bench");
    try {
      Files.writeString(folder.resolve("passphrase"), "bench");
      var settings =
          PulumiSettings.simulated(
              binary,
              folder.resolve("state").toUri(),
              "organization",
              "sskuba",
              "bench",
              folder.resolve("passphrase"),
              folder.resolve("work"),
              folder.resolve("home"));
      var infra =
          new PulumiInfrastructure(
              settings,
              List.of(new ProviderService("fake", new FakeCloud())),
              TimeSource.system(),
              RandomSource.system());
      StringBuilder line = new StringBuilder();
      time(line, "open (stack init)", () -> infra.open(LIMIT));
      time(line, "preview", () -> infra.preview(plan(), e -> {}, LIMIT));
      time(line, "up", () -> infra.up(plan(), e -> {}, LIMIT));
      time(line, "no-op up", () -> infra.up(plan(), e -> {}, LIMIT));
      time(line, "open again", () -> infra.open(LIMIT));
      time(line, "resources", infra::resources);
      time(line, "destroy", () -> infra.destroy(e -> {}, LIMIT));
      System.out.println(line);
    } finally {
      AtomicFiles.deleteTree(folder);
    }
  }

  private static void time(StringBuilder line, String name, Work work) throws Exception {
    long start = System.nanoTime();
    work.run();
    line.append(name).append(' ').append((System.nanoTime() - start) / 1_000_000).append(" ms  ");
  }

  private static InfraPlan plan() {
    List<Resource> resources = new ArrayList<>();
    resources.add(
        new Resource("fake:net:Network", "net", Map.of("cidr", "10.0.0.0/16"), List.of()));
    for (int i = 1; i < RESOURCES; i++) {
      String on = i % 5 == 0 ? "machine-" + (i - 1) : "net";
      resources.add(
          new Resource(
              "fake:vm:Machine",
              "machine-" + i,
              Map.of("on", new Ref(on, "id"), "size", i),
              List.of()));
    }
    return new InfraPlan(resources, Map.of("net", new Ref("net", "id")));
  }
}
