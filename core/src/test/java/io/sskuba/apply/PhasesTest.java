package io.sskuba.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.dns.NamePlace;
import io.sskuba.dns.ZoneWriter;
import io.sskuba.dns.Zones;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Topology;
import io.sskuba.io.Environment;
import io.sskuba.io.Json;
import io.sskuba.io.ManualTime;
import io.sskuba.io.RandomSource;
import io.sskuba.kube.KubeApi;
import io.sskuba.kube.KubeStatusException;
import io.sskuba.machineconfig.MachineConfigs;
import io.sskuba.net.AddressMap;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.Boundary;
import io.sskuba.run.Journal;
import io.sskuba.run.Parking;
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
import io.sskuba.talos.TalosCallException;
import io.sskuba.talos.TalosNode;
import io.sskuba.talos.TalosNodes;
import io.sskuba.toolchain.Toolchain;
import io.sskuba.wait.Observation;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Phases over machines and an API that misbehave. Fault policy of the fakes: each answers what the
/// test put into `answers`; time passes only while somebody sleeps.
class PhasesTest {
  private static final String FILE =
      """
      apiVersion: sskuba.io/v1alpha1
      kind: Cluster
      metadata: {name: demo, domain: sskuba.test}
      target: {provider: local, controlPlane: {count: 1}, workers: []}
      """;

  @TempDir Path folder;
  private final ManualTime time = new ManualTime();
  private final Map<String, Object> answers = new HashMap<>();
  private Map<String, String> userData = Map.of();

  /// Answers by method name; an exception is thrown; `close` and the rest do nothing.
  private <T> T fake(Class<T> type) {
    Object made =
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              Object answer = answers.get(type.getSimpleName() + "." + method.getName());
              if (answer instanceof RuntimeException e) {
                throw e;
              }
              if (answer == null && method.isDefault()) {
                return InvocationHandler.invokeDefault(proxy, method, arguments);
              }
              if (answer == null && method.getReturnType() == Optional.class) {
                return Optional.empty();
              }
              return answer;
            });
    return type.cast(made);
  }

  private Ports ports() {
    Environment environment = new Environment(Map.of("HOME", folder.toString()), folder);
    return new Ports(
        time,
        RandomSource.system(),
        environment,
        io.sskuba.io.Places.of(environment, null),
        new FileStateStore(folder, time, RandomSource.system()),
        fake(Toolchain.class),
        fake(KeyRing.class),
        (_, _) -> Optional.empty(),
        fake(Zones.class),
        _ -> fake(TalosNodes.class),
        (_, _) -> fake(KubeApi.class));
  }

  private Rendered rendered() {
    return rendered(FILE, record(FILE));
  }

  private ClusterRecord record(String file) {
    ClusterSpec spec =
        SpecReader.read(file.getBytes(StandardCharsets.UTF_8), "demo.yaml", folder, false);
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
        SpecJson.toJson(spec),
        Json.object(),
        null);
  }

  private Rendered rendered(String file, ClusterRecord record) {
    ClusterSpec spec =
        SpecReader.read(file.getBytes(StandardCharsets.UTF_8), "demo.yaml", folder, false);
    OpenCluster opened =
        new OpenCluster(
            new LoadedSpec(spec, "demo", false, "demo.yaml", null, false, false, null),
            record,
            fake(HeldLease.class),
            fake(Platform.class),
            true);
    Topology topology =
        new Topology(
            "10.64.0.1",
            6443,
            List.of(),
            List.of(
                new Topology.Machine("demo-1", true, "control-plane", "10.64.0.2", "amd64", null)),
            AddressMap.IDENTITY);
    return new Rendered(
        new Provisioned(
            new Prepared(
                new IssuedSecrets(
                    opened,
                    fake(Sealer.class),
                    () -> {
                      throw new IllegalStateException("nobody asks for the bundle");
                    },
                    folder),
                userData),
            topology,
            "10.64.0.1"),
        new MachineConfigs(Map.of("demo-1", "machine: {}"), "context: demo"));
  }

  private <I, O> void assertFails(Phase<I, O> phase, I input, ProblemCode code, String said) {
    Run run = new Run("run-1", "demo", time, _ -> {}, new Parking(), Boundary.Probe.NONE);
    assertThatThrownBy(() -> run.phase(phase, input))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(code);
              assertThat(e.problem().summary() + e.problem().facts()).contains(said);
            });
  }

  private static TalosCallException call(String status, String text) {
    return new TalosCallException(status, text, new IOException(text));
  }

  @Test
  void aMachineThatNeverAnswersIsToldWithItsLastAnswer() {
    answers.put("TalosNodes.maintenance", fake(TalosNode.class));
    answers.put("TalosNodes.secure", fake(TalosNode.class));
    answers.put("TalosNode.version", call("UNAVAILABLE", "connection refused\n at netty"));
    assertFails(
        new ConfigureMachines(ports()),
        rendered(),
        ProblemCode.MACHINE_UNREACHABLE,
        "UNAVAILABLE: connection refused");
  }

  @Test
  void aMachineThatRefusesItsConfigurationSaysWhy() {
    answers.put("TalosNodes.maintenance", fake(TalosNode.class));
    answers.put("TalosNode.version", new TalosNode.Version("v1.13.9", "metal", "metal", null));
    answers.put("TalosNode.applyConfiguration", call("INVALID_ARGUMENT", "unknown key"));
    assertFails(
        new ConfigureMachines(ports()), rendered(), ProblemCode.MACHINE_REFUSED, "unknown key");
  }

  /// It is only waited for: a push would be what nobody can make where user data is needed.
  @Test
  void aMachineThatDoesNotReadItsUserDataIsToldAsSuch() {
    userData = Map.of("demo-1", "machine: {}");
    answers.put("TalosNodes.maintenance", fake(TalosNode.class));
    answers.put("TalosNode.version", new TalosNode.Version("v1.13.9", "metal", "metal", null));
    answers.put("TalosNodes.secure", call("UNAVAILABLE", "bad certificate"));
    answers.put("TalosNode.applyConfiguration", new IllegalStateException("pushed"));
    assertFails(
        new ConfigureMachines(ports()),
        rendered(),
        ProblemCode.MACHINE_UNREACHABLE,
        "it has not read its user data");
  }

  @Test
  void aNodeThatStaysNotReadyIsToldWithItsCondition() {
    answers.put(
        "KubeApi.list",
        List.of(
            Json.parse(
                """
                {"metadata": {"name": "demo-1"}, "status": {"conditions": [
                  {"type": "Ready", "status": "False", "reason": "KubeletNotReady",
                   "message": "cni plugin not initialized"}]}}
                """)));
    assertFails(
        new AwaitNodes(ports()),
        new ControlPlaneUp(rendered(), "kubeconfig"),
        ProblemCode.NODES_NOT_READY,
        "KubeletNotReady cni plugin not initialized");
  }

  @Test
  void anApiThatRefusesALabelIsToldAsSuch() {
    answers.put("KubeApi.get", Optional.of(Json.parse("{\"metadata\": {\"name\": \"demo-1\"}}")));
    answers.put("KubeApi.patch", new KubeStatusException(422, "Invalid", "not this label"));
    assertFails(
        new LabelAndTaint(ports()),
        new ControlPlaneUp(rendered(), "kubeconfig"),
        ProblemCode.KUBE_REFUSED,
        "422 Invalid: not this label");
  }

  private static final String NAMED =
      FILE
          + """
      dns:
        provider: rfc2136
        server: 127.0.0.1:5353
      """;

  private Rendered named() {
    ClusterRecord record = record(NAMED);
    new FileStateStore(folder, time, RandomSource.system()).create(record);
    answers.put("Zones.place", Optional.of(new NamePlace("127.0.0.1:5353", "sskuba.test", false)));
    answers.put("Zones.open", fake(ZoneWriter.class));
    return rendered(NAMED, record);
  }

  private JsonNode keptNames() {
    return new FileStateStore(folder, time, RandomSource.system())
        .find("demo")
        .orElseThrow()
        .details()
        .path("names");
  }

  @Test
  void namesThatAreNotServedAreToldWithTheLastAnswerWithinTheLimit() throws Exception {
    Rendered rendered = named();
    Run run = new Run("run-1", "demo", time, _ -> {}, new Parking(), Boundary.Probe.NONE);
    run.phase(new PublishNames(ports()), rendered.provisioned());
    answers.put("ZoneWriter.served", Observation.notYet("ns2 (192.0.2.2): NXDOMAIN"));
    long before = time.nanos();
    assertFails(
        new AwaitNames(ports(), Duration.ofSeconds(7)),
        new ControlPlaneUp(rendered, "kubeconfig"),
        ProblemCode.DNS_NOT_SERVED,
        "ns2 (192.0.2.2): NXDOMAIN");
    assertThat(Duration.ofNanos(time.nanos() - before)).isEqualTo(Duration.ofSeconds(7));
    assertThat(keptNames().path("served").asBoolean()).isFalse();
    answers.put("ZoneWriter.served", Observation.met(2));
    run.phase(new AwaitNames(ports()), new ControlPlaneUp(rendered, "kubeconfig"));
    assertThat(keptNames().path("served").asBoolean()).isTrue();
  }

  /// The record speaks of names before they are written: a delete after a kill knows of them.
  @Test
  void namesThatCannotBeWrittenAreKnownAllTheSame() {
    Rendered rendered = named();
    answers.put(
        "ZoneWriter.put", SskubaException.of(ProblemCode.DNS_REFUSED, "the server refuses"));
    Run run = new Run("run-1", "demo", time, _ -> {}, new Parking(), Boundary.Probe.NONE);
    assertThatThrownBy(() -> run.phase(new PublishNames(ports()), rendered.provisioned()))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(ProblemCode.DNS_REFUSED);
              assertThat(e.problem().exists())
                  .containsExactly("the machines of demo, without their names");
              assertThat(e.problem().next()).contains("sskuba-ctl apply --file demo.yaml");
            });
    assertThat(keptNames().path("fqdn").asText()).isEqualTo("demo.sskuba.test");
    assertThat(keptNames().path("addresses").get(0).asText()).isEqualTo("10.64.0.1");
  }

  @Test
  void namesAreWrittenOnceAndLookedAtOnARerun() throws Exception {
    Rendered rendered = named();
    Run run = new Run("run-1", "demo", time, _ -> {}, new Parking(), Boundary.Probe.NONE);
    run.journalTo(
        Journal.open(new FileStateStore(folder, time, RandomSource.system()), "demo"),
        Run.Liveness.ALWAYS);
    run.phase(new PublishNames(ports()), rendered.provisioned());
    answers.put("ZoneWriter.put", new IllegalStateException("written twice"));
    answers.put("ZoneWriter.owns", true);
    answers.put("ZoneWriter.served", Observation.met(1));
    run.phase(new PublishNames(ports()), rendered.provisioned());
    answers.put("ZoneWriter.served", Observation.notYet("other addresses"));
    assertThatThrownBy(() -> run.phase(new PublishNames(ports()), rendered.provisioned()))
        .hasMessageContaining("written twice");
  }

  @Test
  void aClusterWithoutNamesAsksNobody() throws Exception {
    Rendered rendered = named();
    answers.put("Zones.place", Optional.empty());
    answers.put("Zones.open", new IllegalStateException("asked"));
    Run run = new Run("run-1", "demo", time, _ -> {}, new Parking(), Boundary.Probe.NONE);
    run.phase(new PublishNames(ports()), rendered.provisioned());
    run.phase(new AwaitNames(ports()), new ControlPlaneUp(rendered, "kubeconfig"));
    assertThat(keptNames().isMissingNode()).isTrue();
  }

  @Test
  void aPassingRefusalOfALabelIsWaitedOut() {
    answers.put("KubeApi.get", Optional.of(Json.parse("{\"metadata\": {\"name\": \"demo-1\"}}")));
    answers.put(
        "KubeApi.patch",
        new KubeStatusException(403, "Forbidden", "not yet ready to handle request"));
    assertFails(
        new LabelAndTaint(ports()),
        new ControlPlaneUp(rendered(), "kubeconfig"),
        ProblemCode.NODES_NOT_READY,
        "not yet ready to handle request");
  }

  @Test
  void aConfigurationWhoseAnswerWasLostIsNotPushedToAMember() throws Exception {
    answers.put("TalosNodes.maintenance", fake(TalosNode.class));
    answers.put("TalosNode.version", new TalosNode.Version("v1.13.9", "metal", "metal", null));
    answers.put("TalosNodes.secure", fake(TalosNode.class));
    answers.put("TalosNode.applyConfiguration", call("UNAVAILABLE", "connection reset"));
    Run run = new Run("run-1", "demo", time, _ -> {}, new Parking(), Boundary.Probe.NONE);
    // The machine shows the cluster's certificate: it took what the broken connection brought.
    Rendered rendered = rendered();
    assertThat(run.phase(new ConfigureMachines(ports()), rendered)).isSameAs(rendered);
  }

  @Test
  void anEtcdThatFailsToStartIsNotCalledLost() throws Exception {
    Ports ports = ports();
    answers.put("TalosNodes.secure", fake(TalosNode.class));
    answers.put(
        "TalosNode.services",
        List.of(new TalosNode.Service("etcd", "Failed", false, true, "exit status 2")));
    answers.put("TalosNode.bootstrap", new IllegalStateException("bootstrapped again"));
    Rendered rendered = rendered();
    ports.store().create(rendered.opened().record());
    ports.store().putSealed(rendered.opened().key(), AwaitControlPlane.KUBECONFIG, new byte[] {1});
    assertFails(
        new BootstrapEtcd(ports), rendered, ProblemCode.ETCD_UNHEALTHY, "runs on no control plane");
  }

  @Test
  void anEtcdThatDiesAtEachStartIsToldWithItsLastWords() throws Exception {
    Ports ports = ports();
    answers.put("TalosNodes.secure", fake(TalosNode.class));
    answers.put(
        "TalosNode.services",
        List.of(new TalosNode.Service("etcd", "Failed", false, true, "exit status 2")));
    answers.put(
        "Platform.inspect",
        Optional.of(
            Json.parse(
                "{\"machines\": [{\"name\": \"demo-1\", \"dying\": {\"program\": \"etcd\","
                    + " \"deaths\": 9, \"cause\": \"panic: freelist\"}}]}")));
    Rendered rendered = rendered();
    ports.store().create(rendered.opened().record());
    ports.store().putSealed(rendered.opened().key(), AwaitControlPlane.KUBECONFIG, new byte[] {1});
    assertFails(new BootstrapEtcd(ports), rendered, ProblemCode.PEER_DIED, "panic: freelist");
  }

  @Test
  void aWorkerThatDoesNotComeBackIsToldAsAMachine() {
    answers.put("TalosNodes.secure", fake(TalosNode.class));
    answers.put("TalosNode.version", call("UNAVAILABLE", "no route to host"));
    answers.put(
        "KubeApi.get",
        Optional.of(
            Json.parse("{\"metadata\": {\"labels\": {\"sskuba.io/pool\": \"control-plane\"}}}")));
    assertFails(
        new LabelAndTaint(ports()),
        new ControlPlaneUp(withWorker(rendered()), "kubeconfig"),
        ProblemCode.MACHINE_UNREACHABLE,
        "demo-worker-1");
  }

  private static Rendered withWorker(Rendered one) {
    Provisioned made = one.provisioned();
    Topology before = made.topology();
    Topology.Machine worker =
        new Topology.Machine("demo-worker-1", false, "default", "10.64.0.3", "amd64", null);
    Topology both =
        new Topology(
            before.endpointHost(),
            before.endpointPort(),
            List.of(),
            List.of(before.machines().getFirst(), worker),
            before.addresses());
    return new Rendered(new Provisioned(made.prepared(), both, made.balancer()), one.configs());
  }

  @Test
  void anEtcdThatWasThereBeforeIsNeverBootstrappedAgain() throws Exception {
    Ports ports = ports();
    answers.put("TalosNodes.secure", fake(TalosNode.class));
    answers.put(
        "TalosNode.services",
        List.of(new TalosNode.Service("etcd", "Preparing", false, true, "Running pre state")));
    answers.put("TalosNode.bootstrap", new IllegalStateException("bootstrapped again"));
    Rendered rendered = rendered();
    ports.store().create(rendered.opened().record());
    ports.store().putSealed(rendered.opened().key(), AwaitControlPlane.KUBECONFIG, new byte[] {1});
    assertFails(
        new BootstrapEtcd(ports), rendered, ProblemCode.ETCD_LOST, "waits to be bootstrapped");
  }
}
