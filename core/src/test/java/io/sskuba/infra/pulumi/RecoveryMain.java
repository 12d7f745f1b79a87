package io.sskuba.infra.pulumi;

import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// A JVM of its own that makes a plan, to be killed while it does.
public final class RecoveryMain {
  private RecoveryMain() {}

  /// @param args binary, state URL, folder, milliseconds that each creation takes
  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[2]);
    FakeCloud cloud = FakeCloud.in(folder.resolve("cloud.log"));
    cloud.latency = Duration.ofMillis(Long.parseLong(args[3]));
    var infra =
        new PulumiInfrastructure(
            RecoveryLongIT.settings(Path.of(args[0]), URI.create(args[1]), folder),
            List.of(new ProviderService("fake", cloud)),
            TimeSource.system(),
            RandomSource.system());
    infra.open(Duration.ofSeconds(60));
    Files.writeString(folder.resolve("opened"), "");
    infra.up(RecoveryLongIT.plan(6), e -> {}, Duration.ofSeconds(60));
  }
}
