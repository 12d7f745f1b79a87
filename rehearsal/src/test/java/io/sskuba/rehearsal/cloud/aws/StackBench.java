package io.sskuba.rehearsal.cloud.aws;

import com.pulumi.automation.LocalWorkspace;
import com.pulumi.automation.LocalWorkspaceOptions;
import com.pulumi.automation.UpOptions;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.Platform;
import io.sskuba.infra.aws.AwsTarget;
import io.sskuba.infra.pulumi.ProviderService;
import io.sskuba.infra.pulumi.PulumiInfrastructure;
import io.sskuba.infra.pulumi.PulumiSettings;
import io.sskuba.io.AtomicFiles;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.rehearsal.cloud.CatalogRules;
import io.sskuba.rehearsal.cloud.CloudProvider;
import io.sskuba.rehearsal.cloud.LatencyModel;
import io.sskuba.rehearsal.cloud.ModelledTime;
import io.sskuba.rehearsal.cloud.Scenario;
import io.sskuba.rehearsal.cloud.SmallEngine;
import io.sskuba.rehearsal.host.HostClient;
import io.sskuba.rehearsal.host.HostRelay;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// One `up` of a cluster file's network and machines on the simulated AWS, without latency and
/// without machines behind it, from a stack that was just made: the engine's start and the program
/// included. Run in a JVM of its own each time, as a command is.
///
/// Arguments: `ours`, or `sdk` for the same resources on the Java SDK's own runner; the `pulumi`
/// executable; a cluster file; a folder that it may make. Prints seconds and how many resources the
/// simulated account holds then.
final class StackBench {
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final int PARALLEL = 32;

  private StackBench() {}

  public static void main(String[] arguments) throws Exception {
    Path binary = Path.of(arguments[1]);
    Path file = Path.of(arguments[2]).toAbsolutePath();
    Path folder = Files.createDirectories(Path.of(arguments[3]));
    ClusterSpec spec =
        SpecReader.read(Files.readAllBytes(file), file.toString(), file.getParent(), true);
    Platform.Cluster cluster = SmallEngine.cluster(new AwsModel(), spec, "c0ffee01234567aa");
    InfraPlan plan = new AwsTarget().plan(cluster);
    SmallEngine room =
        new SmallEngine(folder.resolve("account"), new AwsModel(), cluster, Scenario.NONE);
    CloudProvider provider =
        new CloudProvider(
            room.model,
            CatalogRules.of("aws"),
            new CloudProvider.Surroundings(
                room.account,
                room.site(),
                LatencyModel.of("aws"),
                0,
                new ModelledTime(),
                new HostRelay(new HostClient(folder.resolve("none")), LIMIT),
                TimeSource.system()));
    Files.writeString(folder.resolve("passphrase"), "bench");
    try {
      double seconds =
          arguments[0].equals("ours")
              ? ours(binary, folder, provider, plan)
              : sdk(binary, folder, provider, plan);
      int held = room.account.all().size();
      if (held < plan.resources().size()) {
        throw new IllegalStateException(
            "only " + held + " of " + plan.resources().size() + " resources were made");
      }
      System.out.printf(
          Locale.ROOT,
          "%.3f s for %d resources; CPU of this process %.1f s, of the engine %.1f s%n",
          seconds,
          plan.resources().size(),
          processor(13),
          processor(15));
    } finally {
      AtomicFiles.deleteTree(folder);
    }
  }

  /// Seconds of CPU, user and system, from a field of /proc/self/stat: 13 ours, 15 that of
  /// processes that ended.
  private static double processor(int field) throws Exception {
    String stat = Files.readString(Path.of("/proc/self/stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return (Long.parseLong(fields[field - 2]) + Long.parseLong(fields[field - 1])) / 100.0;
  }

  private static double ours(Path binary, Path folder, CloudProvider provider, InfraPlan plan)
      throws Exception {
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
    try (var infra =
        new PulumiInfrastructure(
            settings,
            List.of(new ProviderService("aws", provider)),
            TimeSource.system(),
            RandomSource.system())) {
      infra.open(LIMIT);
      long begin = System.nanoTime();
      infra.up(plan, _ -> {}, LIMIT);
      return (System.nanoTime() - begin) / 1e9;
    }
  }

  private static double sdk(Path binary, Path folder, CloudProvider provider, InfraPlan plan)
      throws Exception {
    Path home = Files.createDirectories(folder.resolve("home"));
    Path state = Files.createDirectories(folder.resolve("state"));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Server server =
          NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
              .executor(threads)
              .addService(provider)
              .build()
              .start();
      try {
        Map<String, String> environment = new HashMap<>();
        environment.put("PULUMI_BACKEND_URL", state.toUri().toString());
        environment.put("PULUMI_CONFIG_PASSPHRASE_FILE", folder.resolve("passphrase").toString());
        environment.put("PULUMI_SKIP_UPDATE_CHECK", "true");
        environment.put("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true");
        environment.put("PULUMI_DEBUG_PROVIDERS", "aws:" + server.getPort());
        environment.put("PATH", binary.getParent() + ":" + System.getenv("PATH"));
        var stack =
            LocalWorkspace.createOrSelectStack(
                "sskuba",
                "bench",
                new SdkProgram(plan),
                LocalWorkspaceOptions.builder()
                    .workDir(Files.createDirectories(folder.resolve("work")))
                    .pulumiHome(home)
                    .secretsProvider("passphrase")
                    .environmentVariables(environment)
                    .build());
        long begin = System.nanoTime();
        stack.up(UpOptions.builder().parallel(PARALLEL).build());
        return (System.nanoTime() - begin) / 1e9;
      } finally {
        server.shutdownNow();
      }
    }
  }
}
