package io.sskuba.rehearsal.cloud;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.infra.Choices;
import io.sskuba.infra.Platform.Finding;
import io.sskuba.problem.ProblemCode;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.rehearsal.cloud.aws.AwsModel;
import io.sskuba.rehearsal.cloud.azure.AzureModel;
import io.sskuba.rehearsal.cloud.vsphere.VsphereModel;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What rehearsals are told about simulated accounts before anything is made.
class AccountFindingsTest {
  @TempDir Path folder;

  private static ClusterSpec example(String target) throws IOException {
    return changed(target, "", "");
  }

  private static ClusterSpec changed(String target, String from, String to) throws IOException {
    Path file = Path.of("../examples/" + target + ".yaml");
    String text = Files.readString(file).replace(from, to);
    return SpecReader.read(
        text.getBytes(StandardCharsets.UTF_8), target + ".yaml", file.getParent(), true);
  }

  private Scenario scenario(String text) throws IOException {
    String head = "apiVersion: sskuba.io/v1alpha1\nkind: Scenario\n";
    return Scenario.read(Files.writeString(folder.resolve("s.yaml"), head + text));
  }

  private static AccountLook look(ClusterSpec spec, Scenario scenario) {
    return new AccountLook(spec, Optional.empty(), scenario, List.of());
  }

  private static List<ProblemCode> codes(List<Finding> findings, boolean stops) {
    return findings.stream().filter(f -> f.stops() == stops).map(f -> f.problem().code()).toList();
  }

  @Test
  void theExamplesFitTheirAccounts() throws IOException {
    assertThat(new AwsModel().findings(look(example("aws"), Scenario.NONE))).isEmpty();
    assertThat(new AzureModel().findings(look(example("azure"), Scenario.NONE))).isEmpty();
    assertThat(new VsphereModel().findings(look(example("vsphere"), Scenario.NONE))).isEmpty();
  }

  @Test
  void awsSaysAllOfItAtOnce() throws IOException {
    Scenario scenario =
        scenario(
            """
            quotas: {vcpus: 16, gpuVcpus: 0, elasticIps: 0}
            account:
              unoffered: [{type: "m7i.*"}]
              missingImages: [amd64-nvidia]
              missingZones: [data.example.org]
              networks: [10.20.128.0/17]
              credentials: 20m
            """);
    List<Finding> findings = new AwsModel().findings(look(example("aws"), scenario));
    assertThat(codes(findings, true))
        .containsExactlyInAnyOrder(
            ProblemCode.CLOUD_NOT_OFFERED,
            ProblemCode.CLOUD_IMAGE_MISSING,
            ProblemCode.CLOUD_QUOTA,
            ProblemCode.CLOUD_QUOTA,
            ProblemCode.CLOUD_QUOTA,
            ProblemCode.DNS_ZONE_MISSING);
    assertThat(codes(findings, false))
        .containsExactlyInAnyOrder(ProblemCode.CLOUD_NOT_OFFERED, ProblemCode.CLOUD_OVERLAP);
    assertThat(findings.toString())
        .contains("16 allowed, 0 used, 36 needed")
        .contains("m7i.2xlarge is left out");
  }

  @Test
  void machinesGoWhereTheirTypeIsOffered() throws IOException {
    Scenario scenario =
        scenario(
            """
            account:
              unoffered:
                - {type: m7i.2xlarge}
                - {type: g6.2xlarge, zone: ap-southeast-2a}
            """);
    ClusterSpec spec = example("aws");
    assertThat(codes(new AwsModel().findings(look(spec, scenario)), true)).isEmpty();
    Choices choices = new AwsModel().choices(spec, Choices.NONE, scenario);
    assertThat(choices.types())
        .containsEntry("fraud-lab-general-1", "m6i.2xlarge")
        .containsEntry("fraud-lab-gpu-1", "g6.2xlarge")
        .doesNotContainKey("fraud-lab-control-plane-1");
    assertThat(choices.zones()).containsEntry("fraud-lab-gpu-1", "ap-southeast-2b");
    assertThat(new AwsModel().choices(spec, choices, scenario)).isEqualTo(choices);
    assertThat(new AwsModel().choices(spec, Choices.NONE, Scenario.NONE).types()).isEmpty();
  }

  @Test
  void onAzureToo() throws IOException {
    Scenario scenario =
        scenario(
            """
            account:
              unoffered:
                - {type: Standard_D4s_v5, zone: "1"}
                - {type: Standard_NC4as_T4_v3}
            """);
    ClusterSpec spec =
        changed("azure", "Standard_NC4as_T4_v3", "[Standard_NC4as_T4_v3, Standard_NC8as_T4_v3]");
    List<Finding> findings = new AzureModel().findings(look(spec, scenario));
    assertThat(codes(findings, true)).isEmpty();
    assertThat(codes(findings, false))
        .containsExactly(ProblemCode.CLOUD_NOT_OFFERED, ProblemCode.CLOUD_NOT_OFFERED);
    Choices choices = new AzureModel().choices(spec, Choices.NONE, scenario);
    assertThat(choices.types()).containsEntry("claims-lab-gpu-1", "Standard_NC8as_T4_v3");
    assertThat(choices.zones().get("claims-lab-control-plane-1")).isEqualTo("2");
    assertThat(new AzureModel().choices(spec, choices, scenario)).isEqualTo(choices);
    assertThat(new AzureModel().choices(spec, Choices.NONE, Scenario.NONE).types()).isEmpty();
  }

  @Test
  void whatTheClusterHoldsIsNotNeededAgain() throws IOException {
    ClusterSpec spec = example("aws");
    CloudResource address =
        new CloudResource(
            "eipalloc-1",
            "aws:ec2/eip:Eip",
            "c1",
            "nat-address",
            Map.of(),
            Map.of(),
            Map.of(),
            Instant.EPOCH,
            null);
    Scenario one = scenario("quotas: {elasticIps: 1}");
    assertThat(
            new AwsModel()
                .findings(new AccountLook(spec, Optional.of("c1"), one, List.of(address))))
        .isEmpty();
    assertThat(
            codes(
                new AwsModel()
                    .findings(new AccountLook(spec, Optional.of("c2"), one, List.of(address))),
                true))
        .containsExactly(ProblemCode.CLOUD_QUOTA);
  }

  @Test
  void azureAndVsphereSayTheirs() throws IOException {
    List<Finding> azure =
        new AzureModel()
            .findings(
                look(
                    example("azure"),
                    scenario(
                        """
                        quotas: {vcpus: 4}
                        account: {missingImages: [amd64], networks: ["0.0.0.0/0"]}
                        """)));
    assertThat(codes(azure, true))
        .contains(ProblemCode.CLOUD_QUOTA, ProblemCode.CLOUD_IMAGE_MISSING);
    assertThat(codes(azure, false)).containsExactly(ProblemCode.CLOUD_OVERLAP);
    List<Finding> vsphere =
        new VsphereModel()
            .findings(look(example("vsphere"), scenario("quotas: {vcpus: 4, memoryGiB: 8}")));
    assertThat(codes(vsphere, true))
        .containsExactly(ProblemCode.CLOUD_QUOTA, ProblemCode.CLOUD_QUOTA);
  }

  @Test
  void credentialsThatEndAreSaid() throws IOException {
    AccountLook soon = look(example("aws"), scenario("account: {credentials: 20m}"));
    assertThat(codes(soon.lifetime(java.time.Duration.ofMinutes(45)), false))
        .containsExactly(ProblemCode.CLOUD_CREDENTIALS);
    AccountLook over = look(example("aws"), scenario("account: {credentials: 0s}"));
    assertThat(codes(over.lifetime(java.time.Duration.ofMinutes(45)), true))
        .containsExactly(ProblemCode.CLOUD_CREDENTIALS);
  }
}
