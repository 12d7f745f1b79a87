package io.sskuba.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What makes clouds hard, on simulated ones: one problem each with the right code, what exists,
/// and a command that goes on; nothing is made twice, nothing stays.
class RehearsalFaultsLongIT {
  private Ctl ctl;
  private String file;
  private String name;

  @BeforeEach
  void open() throws Exception {
    ctl = Ctl.open();
  }

  @AfterEach
  void close() throws Exception {
    if (ctl != null) {
      ctl.close();
    }
  }

  /// A small cluster of one control plane and one worker.
  private void small(String target) throws Exception {
    String settings =
        switch (target) {
          case "aws" ->
              """
                provider: aws
                region: ap-southeast-2
                zones: [ap-southeast-2a, ap-southeast-2b, ap-southeast-2c]
                network: {cidr: 10.20.0.0/16, adminCidrs: [203.0.113.0/24]}
                controlPlane: {count: 1, type: m7i.xlarge}
                workers: [{name: general, count: 1, type: [m7i.2xlarge, m6i.2xlarge]}]
              """;
          case "azure" ->
              """
                provider: azure
                subscription: 00000000-0000-0000-0000-000000000000
                region: australiaeast
                zones: ["1", "2", "3"]
                network: {cidr: 10.30.0.0/16, adminCidrs: [203.0.113.0/24]}
                controlPlane: {count: 1, type: Standard_D4s_v5}
                workers: [{name: general, count: 1, type: [Standard_D8s_v5, Standard_D8as_v5]}]
              """;
          default -> throw new IllegalArgumentException(target);
        };
    file =
        ctl.file(
                "lab.yaml",
                """
                apiVersion: sskuba.io/v1alpha1
                kind: Cluster
                metadata: {name: lab, domain: example.org}
                gitops: {url: "https://git.example.org/lab.git", path: lab}
                target:
                """
                    + settings)
            .toString();
    name = "rehearsal/lab";
  }

  private Ctl.Said apply(String scenario) throws Exception {
    Path hard =
        ctl.file("hard.yaml", "apiVersion: sskuba.io/v1alpha1\nkind: Scenario\n" + scenario);
    return ctl.run(
        "apply", "--rehearse", "--rehearse-with", "scenario=" + hard, "-f", file, "-o", "json");
  }

  private JsonNode fails(Ctl.Said said, int exit, String code) {
    JsonNode problem = said.exits(exit).json();
    assertThat(problem.path("code").asText()).isEqualTo(code);
    assertThat(problem.path("next").toString()).contains("apply --rehearse");
    return problem;
  }

  private static String machine(String target) {
    return target.equals("aws")
        ? "aws:ec2/instance:Instance"
        : "azure-native:compute:VirtualMachine";
  }

  /// The run that goes on ends ready, with each thing made once; and all of it goes.
  private void goesOn() throws Exception {
    ctl.run("apply", "--rehearse", "-f", file).exits(0);
    Clusters.assertReady(ctl.run("status", name, "-o", "json").exits(0).json(), 2);
    assertThat(ctl.bootstraps("rehearsal.lab")).isEqualTo(1);
    Map<String, String> held = J04RehearsalIT.held(ctl);
    assertThat(
            held.values().stream()
                .filter(t -> t.endsWith(":Instance") || t.endsWith(":VirtualMachine")))
        .hasSize(2);
    gone();
  }

  private void gone() throws Exception {
    Ctl.Said said = ctl.run("delete", name, "--yes", "-o", "json").exits(0);
    assertThat(said.json().path("leftovers")).isEmpty();
    assertThat(J04RehearsalIT.held(ctl)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"aws", "azure"})
  void withoutAPermissionForTheSeventhResource(String target) throws Exception {
    small(target);
    JsonNode problem =
        fails(
            apply("faults: [{on: create, fault: denied, after: 6, times: 1}]\n"),
            5,
            "SSK-CLOUD-002");
    assertThat(problem.path("exists")).isNotEmpty();
    goesOn();
  }

  @ParameterizedTest
  @ValueSource(strings = {"aws", "azure"})
  void whenTheAnswerIsLostThoughItTookEffect(String target) throws Exception {
    small(target);
    fails(
        apply(
            "faults: [{on: create, type: \""
                + machine(target)
                + "\", fault: lostAnswer, times: 1}]\n"),
        7,
        "SSK-INFRA-001");
    goesOn();
  }

  @ParameterizedTest
  @ValueSource(strings = {"aws", "azure"})
  void whenCredentialsExpireHalfway(String target) throws Exception {
    small(target);
    fails(apply("faults: [{on: create, fault: expired, after: 9}]\n"), 5, "SSK-CLOUD-001");
    goesOn();
  }

  /// They would end before the infrastructure is whole: nothing is begun, and somebody else goes
  /// on.
  @ParameterizedTest
  @ValueSource(strings = {"aws", "azure"})
  void whenCredentialsWouldNotLast(String target) throws Exception {
    small(target);
    JsonNode problem = fails(apply("account: {credentials: 5m}\n"), 10, "SSK-CLOUD-020");
    assertThat(problem.path("summary").asText())
        .contains("before provision-infrastructure", "the credentials last until 20");
    assertThat(J04RehearsalIT.held(ctl)).as("nothing begun").isEmpty();
    assertThat(ctl.status(name).path("state").asText()).isEqualTo("parked");
    goesOn();
  }

  /// What was just made is not found by reads and lists: the answer to it was lost, and the next
  /// run comes before the cloud shows it.
  @ParameterizedTest
  @ValueSource(strings = {"aws", "azure"})
  void whenTheCloudLagsBehind(String target) throws Exception {
    small(target);
    fails(
        apply(
            "faults: [{on: create, type: \""
                + machine(target)
                + "\", fault: lostAnswer, times: 1}]\n"),
        7,
        "SSK-INFRA-001");
    Map<String, String> before = J04RehearsalIT.held(ctl);
    apply("consistency: 12s\n").exits(0);
    assertThat(J04RehearsalIT.held(ctl)).as("nothing made twice").containsAllEntriesOf(before);
    goesOn();
  }

  @ParameterizedTest
  @ValueSource(strings = {"aws", "azure"})
  void whenAFifthOfTheCallsIsThrottledAndZonesAreFull(String target) throws Exception {
    small(target);
    String type = target.equals("aws") ? "m7i.2xlarge" : "Standard_D8s_v5";
    String[] zones =
        target.equals("aws")
            ? new String[] {"ap-southeast-2a", "ap-southeast-2b"}
            : new String[] {"1", "2"};
    apply(
            "throttle: 0.2\ncapacity:\n"
                + "  - {type: "
                + type
                + ", zone: \""
                + zones[0]
                + "\"}\n"
                + "  - {type: "
                + type
                + ", zone: \""
                + zones[1]
                + "\"}\n")
        .exits(0);
    String record =
        Files.readString(ctl.folder.resolve("state/sskuba/clusters/rehearsal.lab/record.json"));
    assertThat(record)
        .contains("\"lab-general-1\" : \"" + (target.equals("aws") ? "ap-southeast-2c" : "3"));
    gone();
  }

  @ParameterizedTest
  @ValueSource(strings = {"aws", "azure"})
  void whenNothingIsLeftAnywhere(String target) throws Exception {
    small(target);
    JsonNode problem =
        fails(apply("capacity: [{type: \"*8*\"}, {type: \"*2xlarge\"}]\n"), 7, "SSK-CLOUD-004");
    assertThat(problem.path("facts").toString()).contains("every type and zone");
    gone();
  }

  @ParameterizedTest
  @ValueSource(strings = {"aws", "azure"})
  void whenAMachineIsNotTheOneThatWasAnnounced(String target) throws Exception {
    small(target);
    fails(
        apply("machines: [{name: \"*-general-1\", fault: wrongFingerprint}]\n"),
        5,
        "SSK-TALOS-003");
    goesOn();
  }

  @ParameterizedTest
  @ValueSource(strings = {"aws", "azure"})
  void whenAMachineRunsAnotherImage(String target) throws Exception {
    small(target);
    fails(apply("machines: [{name: \"*-general-1\", fault: wrongImage}]\n"), 7, "SSK-TALOS-002");
    gone();
  }
}
