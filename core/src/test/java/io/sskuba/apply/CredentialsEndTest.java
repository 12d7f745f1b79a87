package io.sskuba.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.dns.Zones;
import io.sskuba.infra.Credentials;
import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.Infrastructure;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Topology;
import io.sskuba.io.Environment;
import io.sskuba.io.Json;
import io.sskuba.io.ManualTime;
import io.sskuba.io.RandomSource;
import io.sskuba.kube.KubeApi;
import io.sskuba.net.AddressMap;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.Boundary;
import io.sskuba.run.Parking;
import io.sskuba.run.Permits;
import io.sskuba.run.Phase;
import io.sskuba.run.Run;
import io.sskuba.secret.KeyRing;
import io.sskuba.secret.Sealer;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecJson;
import io.sskuba.spec.SpecReader;
import io.sskuba.state.ClusterRecord;
import io.sskuba.state.FileStateStore;
import io.sskuba.state.StateStore.HeldLease;
import io.sskuba.talos.TalosNodes;
import io.sskuba.toolchain.Toolchain;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Credentials that end before a run is over: renewed where they renew themselves, else the run
/// parks; under another identity of the same account it goes on, in another account it does not.
/// Fault policy of the fakes: an `up` takes as long as `takes` says, and is stopped at its limit.
class CredentialsEndTest {
  private static final String FILE =
      """
      apiVersion: sskuba.io/v1alpha1
      kind: Cluster
      metadata: {name: demo, domain: sskuba.test}
      target: {provider: local, controlPlane: {count: 1}, workers: []}
      """;

  @TempDir Path folder;
  private final ManualTime time = new ManualTime();

  /// What the platform answers, one after the other; the last one stays.
  private final Deque<Credentials> held = new ArrayDeque<>();

  private final List<Duration> limits = new ArrayList<>();
  private Duration takes = Duration.ofMinutes(12);
  private FileStateStore store;

  @BeforeEach
  void aCluster() {
    store = new FileStateStore(folder, time, RandomSource.system());
    store.create(record());
  }

  private Credentials of(String account, Duration left) {
    return new Credentials("ada", account, Optional.of(time.now().plus(left)));
  }

  private Credentials next() {
    return held.size() > 1 ? held.removeFirst() : held.getFirst();
  }

  private <T> T fake(Class<T> type, InvocationHandler answers) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, answers));
  }

  private <T> T silent(Class<T> type) {
    return fake(type, (_, _, _) -> null);
  }

  private Infrastructure engine() {
    return fake(
        Infrastructure.class,
        (_, method, arguments) -> {
          if (!method.getName().equals("up")) {
            return null;
          }
          Duration limit = (Duration) arguments[2];
          limits.add(limit);
          boolean stopped = takes.compareTo(limit) > 0;
          time.pass(stopped ? limit : takes);
          takes = stopped ? takes.minus(limit) : Duration.ZERO;
          if (stopped) {
            throw new SskubaException(
                Problem.of(ProblemCode.INFRA_TIMED_OUT, "up did not end").exists("a network"));
          }
          return Map.of();
        });
  }

  private Platform platform() {
    return fake(
        Platform.class,
        (proxy, method, arguments) ->
            switch (method.getName()) {
              case "credentials" -> Optional.of(next());
              case "infrastructure" -> engine();
              case "plan" -> new InfraPlan(List.of(), Map.of());
              case "topology" ->
                  new Topology("10.0.0.1", 6443, List.of(), List.of(), AddressMap.IDENTITY);
              default -> InvocationHandler.invokeDefault(proxy, method, arguments);
            });
  }

  private ClusterSpec spec() {
    return SpecReader.read(FILE.getBytes(StandardCharsets.UTF_8), "demo.yaml", folder, false);
  }

  private ClusterRecord record() {
    return new ClusterRecord(
        1,
        "demo",
        "0123456789",
        "demo",
        "demo.sskuba.test",
        false,
        "local",
        "creating",
        null,
        null,
        Instant.EPOCH,
        null,
        null,
        SpecJson.toJson(spec()),
        Json.object(),
        null);
  }

  private Ports ports() {
    Environment environment = new Environment(Map.of("HOME", folder.toString()), folder);
    return new Ports(
        time,
        RandomSource.system(),
        environment,
        io.sskuba.io.Places.of(environment, null),
        store,
        silent(Toolchain.class),
        silent(KeyRing.class),
        (_, _) -> Optional.empty(),
        silent(Zones.class),
        _ -> silent(TalosNodes.class),
        (_, _) -> silent(KubeApi.class));
  }

  private Run run(Permits permits) {
    Run run = new Run("run-1", "demo", time, _ -> {}, new Parking(), Boundary.Probe.NONE);
    run.worksUnder(permits);
    return run;
  }

  private Provisioned provision() throws InterruptedException {
    Platform platform = platform();
    ClusterRecord known = store.find("demo").orElseThrow();
    OpenCluster opened =
        new OpenCluster(
            new LoadedSpec(spec(), "demo", false, "demo.yaml", null, false, false, null),
            known,
            silent(HeldLease.class),
            platform,
            true);
    Run run = run(RunFrame.permits(ports(), platform, opened.cluster()));
    return run.phase(
        new ProvisionInfrastructure(ports()),
        new ProvisionInfrastructure.Input(
            new Prepared(
                new IssuedSecrets(opened, silent(Sealer.class), () -> null, folder), Map.of()),
            run.beside("tools", _ -> Map.of())));
  }

  private Problem refused(ProblemCode code) {
    Problem[] told = new Problem[1];
    assertThatThrownBy(this::provision)
        .isInstanceOfSatisfying(SskubaException.class, e -> told[0] = e.problem());
    assertThat(told[0].code()).as("%s", told[0]).isEqualTo(code);
    return told[0];
  }

  @Test
  void aPhaseDoesNotBeginThatTheyWouldNotOutlast() {
    held.add(of("1111", Duration.ofMinutes(9)));
    Problem problem = refused(ProblemCode.CREDENTIALS_ENDING);
    assertThat(problem.code().kind().exitCode()).isEqualTo(10);
    assertThat(problem.summary())
        .contains("before provision-infrastructure")
        .contains("last until 2026-01-01T00:09:00Z");
    assertThat(problem.facts().toString()).contains("ada in 1111", "left, value=9m");
    assertThat(limits).as("the engine was not started").isEmpty();
  }

  @Test
  void thoseThatAreRenewedInTheMiddleCarryTheRunOn() throws InterruptedException {
    held.add(of("1111", Duration.ofMinutes(11)));
    held.add(of("1111", Duration.ofMinutes(11)));
    held.add(of("1111", Duration.ofHours(1)));
    provision();
    assertThat(limits).containsExactly(Duration.ofMinutes(8), Duration.ofMinutes(20));
  }

  @Test
  void theEngineIsStoppedBeforeTheyEndAndTheRunParks() throws InterruptedException {
    held.add(of("1111", Duration.ofMinutes(11)));
    Problem problem = refused(ProblemCode.CREDENTIALS_ENDING);
    assertThat(limits).containsExactly(Duration.ofMinutes(8));
    assertThat(problem.exists()).containsExactly("a network");

    // Somebody else of the same account goes on.
    held.clear();
    held.add(new Credentials("bob", "1111", Optional.empty()));
    provision();
    assertThat(limits).hasSize(2);
  }

  @Test
  void credentialsOfAnotherAccountTouchNothing() throws InterruptedException {
    held.add(new Credentials("ada", "1111", Optional.empty()));
    provision();
    limits.clear();
    held.clear();
    held.add(new Credentials("eve", "2222", Optional.empty()));
    Problem problem = refused(ProblemCode.CLOUD_OTHER_ACCOUNT);
    assertThat(problem.code().kind().exitCode()).isEqualTo(5);
    assertThat(problem.summary()).contains("1111").contains("2222");
    assertThat(limits).isEmpty();
  }

  /// A run works under the state's credentials all the time: it stops while it can still write
  /// that.
  @Test
  void theStatesCredentialsParkARunInAnyPhase() throws InterruptedException {
    Instant end = time.now().plusSeconds(200);
    Run run =
        run(
            new Permits() {
              @Override
              public Optional<Credentials> platform() {
                return Optional.empty();
              }

              @Override
              public Optional<Instant> stateUntil() {
                return Optional.of(end);
              }
            });
    Phase<String, String> phase = (input, _) -> input;
    assertThat(run.phase(phase, "begins")).isEqualTo("begins");
    time.pass(Duration.ofSeconds(141));
    assertThatThrownBy(() -> run.phase(phase, "no more"))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(ProblemCode.CREDENTIALS_ENDING);
              assertThat(e.problem().summary()).contains(end.toString());
            });
  }
}
