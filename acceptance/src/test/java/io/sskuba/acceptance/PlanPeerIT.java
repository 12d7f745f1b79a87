package io.sskuba.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.problem.ProblemCode;
import io.sskuba.rehearsal.account.Account;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.secret.Receipts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// One plans, another approves, a pipeline applies: exactly that plan, or a refusal that says what
/// changed. On a rehearsed laptop, the quickest target. Refusals that need no cluster are in the
/// command line's `SignedPlanTest`.
class PlanPeerIT {
  private static final String WORKER = "try-out-general-1";
  private static final String CONTAINER = "docker:index/container:Container";
  private static final String YAML =
      """
      apiVersion: sskuba.io/v1alpha1
      kind: Cluster
      metadata: {name: try-out, domain: sskuba.test}
      lifetime: {ttl: 8h}
      target:
        provider: docker
        network: {cidr: 10.5.0.0/24}
        controlPlane: {count: 1}
        workers:
          - {name: general, count: 1}
      """;

  private Ctl ctl;
  private String file;

  @BeforeEach
  void open() throws Exception {
    ctl = Ctl.open();
    file = ctl.file("cluster.yaml", YAML).toString();
  }

  @AfterEach
  void close() throws Exception {
    if (ctl != null) {
      ctl.close();
    }
  }

  @Test
  void exactlyThatOrARefusalThatSaysWhatChanged() throws Exception {
    JsonNode plan =
        ctl.run("plan", "--rehearse", "-f", file, "--out", "p.json", "-o", "json").exits(0).json();
    assertThat(plan.path("drift").isArray()).isTrue();
    assertThat(plan.path("drift")).isEmpty();
    assertThat(plan.path("expected").path("basis").asText()).isEqualTo("modelled");
    assertThat(plan.path("expected").path("durationMs").asLong()).isBetween(20_000L, 60_000L);
    JsonNode after = plan.path("afterwards");
    assertThat(after.path("resources").path(CONTAINER).asInt()).isEqualTo(2);
    assertThat(after.path("machines").asInt()).isEqualTo(2);
    assertThat(after.path("endpoint").asText()).isEqualTo("https://10.5.0.2:6443");
    assertThat(after.path("lifetime").asText()).isEqualTo("8h");
    Path written = ctl.folder.resolve("p.json");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(written)))
        .isEqualTo("rw-------");
    assertThat(Receipts.verify((ObjectNode) Json.parse(Files.readString(written))))
        .isEqualTo(Receipts.Verdict.VALID);

    refusesWhatIsNotThePlan(Files.readString(written));
    assertThat(ctl.state().resolve("clusters/rehearsal.try-out")).doesNotExist();
    assertThat(J04RehearsalIT.held(ctl)).as("nothing is made before it all fits").isEmpty();

    killed();
    Ctl.Said applied = apply("p.json").exits(0);
    assertThat(applied.err()).contains("begun earlier");
    Clusters.assertReady(applied.json(), 2);
    assertThat(ctl.bootstraps("rehearsal.try-out")).isEqualTo(1);
    assertThat(apply("p.json").exits(0).err()).contains("nothing to do");
    ctl.run("plan", "--rehearse", "-f", file, "--detailed-exitcode").exits(0);

    driftIsNamed();
    onlyTheWorldThatWasPlannedFor();
  }

  private Ctl.Said apply(String plan) throws Exception {
    return ctl.run("apply", "--rehearse", "-f", file, "--plan", plan, "-o", "json");
  }

  /// A run of the plan dies in the middle of what it makes: the same command goes on.
  private void killed() throws Exception {
    Ctl.Running run =
        ctl.start("apply", "--rehearse", "-f", file, "--plan", "p.json", "--events", "-");
    assertThat(
            run.reaches(
                line -> line.contains("create done") && line.contains("Network::network"),
                Ctl.LONG))
        .as("it makes the network")
        .isTrue();
    run.kill();
  }

  private void refused(Ctl.Said said, ProblemCode code, String... parts) {
    JsonNode problem = Clusters.problem(said.exits(4));
    assertThat(problem.path("code").asText()).as("%s", problem).isEqualTo(code.id());
    assertThat(problem.path("facts").toString()).contains(parts);
  }

  private void refusesWhatIsNotThePlan(String plan) throws Exception {
    ctl.file("tampered.json", plan.replace("\"10.5.0.1\"", "\"10.5.0.9\""));
    refused(apply("tampered.json"), ProblemCode.PLAN_TAMPERED, "digest does not fit");
    ctl.file(
        "cluster.yaml", YAML.replace("general, count: 1", "general, count: 2").replace("8h", "4h"));
    refused(
        apply("p.json"),
        ProblemCode.PLAN_FILE_CHANGED,
        "target.workers[general].count: 1 → 2",
        "lifetime.ttl: \\\"8h\\\" → \\\"4h\\\"");
    ctl.file("cluster.yaml", YAML);
  }

  private Account account() {
    return Account.at(ctl.state().resolve("accounts/docker"));
  }

  private CloudResource held(String name) throws Exception {
    return account().all().stream().filter(r -> r.name().equals(name)).findFirst().orElseThrow();
  }

  private void put(CloudResource resource) throws Exception {
    account()
        .change(
            view -> {
              view.put(resource);
              return true;
            });
  }

  /// Somebody removes one thing and changes another.
  private void driftIsNamed() throws Exception {
    CloudResource worker = held(WORKER);
    CloudResource volume = held("tags");
    Map<String, Object> inputs = new LinkedHashMap<>(worker.inputs());
    inputs.put("envs", List.of("PLATFORM=other"));
    put(worker.with(inputs, worker.outputs()));
    account()
        .change(
            view -> {
              view.remove(volume.id());
              return true;
            });
    Ctl.Said said = ctl.run("plan", "--rehearse", "-f", file, "-o", "json", "--detailed-exitcode");
    JsonNode drift = said.exits(9).json().path("drift");
    assertThat(drift).as("%s", drift).hasSize(2);
    assertThat(drift.get(0).path("kind").asText()).isEqualTo("gone");
    assertThat(drift.get(0).path("name").asText()).isEqualTo("tags");
    assertThat(drift.get(1).path("kind").asText()).isEqualTo("changed");
    assertThat(drift.get(1).path("type").asText()).isEqualTo(CONTAINER);
    assertThat(drift.get(1).path("name").asText()).isEqualTo(WORKER);
    assertThat(drift.get(1).path("path").asText()).isEqualTo("envs[0]");
    assertThat(drift.get(1).path("was").asText()).isEqualTo("PLATFORM=container");
    assertThat(drift.get(1).path("now").asText()).isEqualTo("PLATFORM=other");
    put(worker);
  }

  /// A plan that mends the missing volume is not carried out while something else is amiss.
  private void onlyTheWorldThatWasPlannedFor() throws Exception {
    assertThat(ctl.run("plan", "--rehearse", "-f", file, "--out", "p.json").exits(0).out())
        .contains("DRIFT docker:index/volume:Volume  tags  gone", "+ docker:index/volume:Volume");
    CloudResource worker = held(WORKER);
    Map<String, Object> inputs = new LinkedHashMap<>(worker.inputs());
    inputs.put("envs", List.of("PLATFORM=other"));
    put(worker.with(inputs, worker.outputs()));
    refused(
        apply("p.json"),
        ProblemCode.PLAN_WORLD_CHANGED,
        CONTAINER + " " + WORKER + ": envs[0]: was",
        "PLATFORM=other");
    assertThat(J04RehearsalIT.held(ctl)).doesNotContainValue("docker:index/volume:Volume");

    put(worker);
    Clusters.assertReady(apply("p.json").exits(0).json(), 2);
    assertThat(J04RehearsalIT.held(ctl)).containsValue("docker:index/volume:Volume");
    assertThat(held(WORKER).id()).isEqualTo(worker.id());
  }
}
