package io.sskuba.infra.pulumi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.infra.InfraPlan.Resource;
import io.sskuba.infra.Infrastructure.StateResource;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.testkit.Peers;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Kills, stops and deadlines, on the real engine: afterwards the same call goes on, and nothing is
/// made twice.
@ExtendWith(PrintProblems.class)
class RecoveryLongIT {
  private static final Duration LIMIT = Duration.ofSeconds(120);

  @TempDir Path folder;
  private FakeCloud cloud;
  private Path binary;
  private @Nullable Process child;

  @BeforeEach
  void find() throws Exception {
    binary = Peers.require("pulumi");
    Files.writeString(folder.resolve("passphrase"), "test passphrase");
    cloud = new FakeCloud();
  }

  @AfterEach
  void end() {
    if (child != null) {
      child.destroyForcibly();
    }
  }

  static PulumiSettings settings(Path binary, URI state, Path folder) {
    return PulumiSettings.simulated(
            binary,
            state,
            "organization",
            "sskuba",
            "demo",
            folder.resolve("passphrase"),
            folder.resolve("work"),
            folder.resolve("home"))
        .withParallelism(2);
  }

  static InfraPlan plan(int machines) {
    List<Resource> resources = new ArrayList<>();
    resources.add(new Resource("fake:net:Network", "net", Map.of("key", "k/net"), List.of()));
    for (int i = 1; i <= machines; i++) {
      resources.add(
          new Resource(
              "fake:vm:Machine",
              "machine-" + i,
              Map.of(
                  "key", "k/machine-" + i,
                  "network", new Ref("net", "id"),
                  "password", new InfraPlan.Secret("s3cr3t")),
              List.of()));
    }
    return new InfraPlan(resources, Map.of());
  }

  private PulumiInfrastructure infrastructure() {
    return new PulumiInfrastructure(
        settings(binary, folder.resolve("state").toUri(), folder),
        List.of(new ProviderService("fake", cloud)),
        TimeSource.system(),
        RandomSource.system());
  }

  private StackState state() {
    return new StackState(folder.resolve("state"), "sskuba", "demo");
  }

  private EngineLease.Entry engine() {
    return new EngineLease(folder.resolve("work"), TimeSource.system()).entries().getLast();
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("a condition within 60 s").isLessThan(end);
      Thread.sleep(20);
    }
  }

  /// Starts an `up` whose creations block, and returns when `made` are done and two are in flight.
  private Thread upInBackground(
      PulumiInfrastructure infra, AtomicReference<Throwable> failure, Duration limit, int made)
      throws InterruptedException {
    cloud.latency = Duration.ofSeconds(2);
    Thread thread =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    infra.up(plan(6), e -> {}, limit);
                  } catch (Throwable e) {
                    failure.set(e);
                  }
                });
    await(() -> cloud.made.get() >= made);
    await(() -> StackState.hasPendingOperations(state().deployment()));
    return thread;
  }

  private void converges() throws Exception {
    cloud.latency = Duration.ZERO;
    try (PulumiInfrastructure infra = infrastructure()) {
      infra.open(LIMIT);
      assertThat(StackState.hasPendingOperations(state().deployment())).isFalse();
      infra.up(plan(6), e -> {}, LIMIT);
      assertThat(infra.resources()).hasSize(7);
      assertThat(cloud.things).hasSize(7);
      assertThat(infra.preview(plan(6), e -> {}, LIMIT).isEmpty()).isTrue();
      infra.destroy(e -> {}, LIMIT);
      assertThat(cloud.things).isEmpty();
    }
  }

  @Test
  void goesOnAfterTheEngineWasKilled() throws Exception {
    var failure = new AtomicReference<Throwable>();
    PulumiInfrastructure infra = infrastructure();
    infra.open(LIMIT);
    Thread up = upInBackground(infra, failure, LIMIT, 2);
    ProcessHandle.of(engine().enginePid()).orElseThrow().destroyForcibly();
    up.join();
    assertThat(failure.get()).isInstanceOf(SskubaException.class);
    assertThat(StackLock.in(state().locks())).hasSize(1);
    assertThat(StackState.hasPendingOperations(state().deployment())).isTrue();
    converges();
    assertThat(cloud.made).as("nothing is made twice").hasValue(7);
  }

  @Test
  void whatAKilledRunMadeIsRemovedThoughThePlanForgotIt() throws Exception {
    var failure = new AtomicReference<Throwable>();
    PulumiInfrastructure infra = infrastructure();
    infra.open(LIMIT);
    Thread up = upInBackground(infra, failure, LIMIT, 2);
    ProcessHandle.of(engine().enginePid()).orElseThrow().destroyForcibly();
    up.join();
    // The creations in flight still finish in the cloud.
    int inState = infra.resources().size();
    await(() -> cloud.things.size() > inState);
    cloud.latency = Duration.ZERO;
    infra.close();
    try (PulumiInfrastructure next = infrastructure()) {
      next.destroy(e -> {}, LIMIT);
    }
    assertThat(cloud.things).as("no orphan").isEmpty();
  }

  @Test
  void goesOnAfterTheJvmWasKilled() throws Exception {
    URI state = folder.resolve("state").toUri();
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                RecoveryMain.class.getName(),
                binary.toString(),
                state.toString(),
                folder.toString(),
                "1500")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("child.log").toFile())
            .start();
    child = process;
    await(
        () ->
            Files.exists(folder.resolve("opened"))
                && state().deployment() != null
                && StackState.resources(state().deployment()).size() >= 2
                && StackState.hasPendingOperations(state().deployment()));
    ProcessHandle engine = ProcessHandle.of(engine().enginePid()).orElseThrow();
    process.destroyForcibly();
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    cloud = FakeCloud.in(folder.resolve("cloud.log"));
    converges();
    assertThat(engine.isAlive()).as("the orphan engine is gone").isFalse();
    List<String> made =
        Files.readAllLines(folder.resolve("cloud.log")).stream()
            .filter(l -> l.startsWith("made "))
            .toList();
    assertThat(made.stream().distinct()).hasSize(7);
  }

  @Test
  void refusesALiveRunsLock() throws Exception {
    var failure = new AtomicReference<Throwable>();
    PulumiInfrastructure infra = infrastructure();
    infra.open(LIMIT);
    Thread up = upInBackground(infra, failure, LIMIT, 1);
    long pid = engine().enginePid();
    assertThatThrownBy(() -> infrastructure().open(LIMIT))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(ProblemCode.INFRA_LOCKED);
              assertThat(e.problem().facts().toString()).contains("pid " + pid);
            });
    up.join();
    assertThat(failure.get()).isNull();
    converges();
  }

  @Test
  void stopsGracefullyAtTheDeadline() throws Exception {
    PulumiInfrastructure infra = infrastructure();
    infra.open(LIMIT);
    cloud.latency = Duration.ofSeconds(4);
    var reached = new CountDownLatch(1);
    cloud.onCreate = reached::countDown;
    assertThatThrownBy(() -> infra.up(plan(6), e -> {}, Duration.ofSeconds(7)))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(ProblemCode.INFRA_TIMED_OUT);
              assertThat(e.problem().facts().toString())
                  .contains("pending: create fake:vm:Machine");
            });
    assertThat(reached.getCount()).isZero();
    assertThat(StackState.hasPendingOperations(state().deployment())).isFalse();
    assertThat(StackLock.in(state().locks())).isEmpty();
    converges();
    assertThat(cloud.made).hasValue(7);
  }

  @Test
  void stopsGracefullyWhenInterrupted() throws Exception {
    var failure = new AtomicReference<Throwable>();
    PulumiInfrastructure infra = infrastructure();
    infra.open(LIMIT);
    Thread up = upInBackground(infra, failure, LIMIT, 1);
    up.interrupt();
    up.join();
    assertThat(failure.get()).isInstanceOf(InterruptedException.class);
    assertThat(StackState.hasPendingOperations(state().deployment())).isFalse();
    converges();
    assertThat(cloud.made).hasValue(7);
  }

  @Test
  void deleteNeedsNoPassphrase() throws Exception {
    PulumiInfrastructure infra = infrastructure();
    infra.open(LIMIT);
    infra.up(plan(3), e -> {}, LIMIT);
    assertThat(StackState.holdsCiphertext(Objects.requireNonNull(state().deployment()))).isTrue();
    infra.close();
    Files.delete(folder.resolve("passphrase"));
    try (PulumiInfrastructure next = infrastructure()) {
      assertThat(next.resources()).extracting(StateResource::name).contains("machine-3");
      next.destroy(e -> {}, LIMIT);
    }
    assertThat(cloud.things).isEmpty();
    assertThat(state().exists()).isFalse();
  }

  @Test
  void destroyGoesOnAfterAKill() throws Exception {
    PulumiInfrastructure infra = infrastructure();
    infra.open(LIMIT);
    infra.up(plan(6), e -> {}, LIMIT);
    cloud.latency = Duration.ofSeconds(2);
    CompletableFuture<Void> destroy =
        CompletableFuture.runAsync(
            () -> {
              try {
                infra.destroy(e -> {}, LIMIT);
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            },
            task -> Thread.ofVirtual().start(task));
    await(() -> cloud.deleted.get() >= 2);
    ProcessHandle.of(engine().enginePid()).orElseThrow().destroyForcibly();
    assertThatThrownBy(destroy::join).hasCauseInstanceOf(SskubaException.class);
    cloud.latency = Duration.ZERO;
    infrastructure().destroy(e -> {}, LIMIT);
    assertThat(cloud.things).isEmpty();
    assertThat(state().exists()).isFalse();
  }
}
