package io.sskuba.rehearsal.cloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.Platform;
import io.sskuba.infra.ResourceTags;
import io.sskuba.infra.pulumi.ProviderService;
import io.sskuba.infra.pulumi.PulumiInfrastructure;
import io.sskuba.infra.pulumi.PulumiSettings;
import io.sskuba.infra.types.TypeCatalog;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.SskubaException;
import io.sskuba.rehearsal.account.Account;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.rehearsal.host.HostClient;
import io.sskuba.rehearsal.host.HostRelay;
import io.sskuba.testkit.Peers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The whole plan of each example on the real engine, against the simulated vCenter, Big-IP, Docker
/// daemon and site; no machine is started.
class OnPremCloudsPeerIT {
  private static final Duration LIMIT = Duration.ofSeconds(120);

  @TempDir Path folder;

  /// No host process: what a model says about machines is kept in the account alone.

  private PulumiInfrastructure open(String target, Platform.Cluster cluster, Scenario scenario)
      throws Exception {
    Path pulumi = Peers.require("pulumi");
    Files.writeString(folder.resolve("passphrase"), "test passphrase");
    List<ProviderService> providers = new ArrayList<>();
    for (CloudModel model : OnPremSites.models(target)) {
      providers.add(
          new ProviderService(
              model.pkg(),
              new CloudProvider(
                  model,
                  CatalogRules.of(model.pkg()),
                  new CloudProvider.Surroundings(
                      account(model),
                      OnPremSites.site(cluster, scenario),
                      LatencyModel.of(model.pkg()),
                      0,
                      new ModelledTime(),
                      new HostRelay(new HostClient(folder.resolve("none")), LIMIT),
                      TimeSource.system()))));
    }
    PulumiInfrastructure infra =
        new PulumiInfrastructure(
            PulumiSettings.simulated(
                pulumi,
                folder.resolve("state").toUri(),
                "organization",
                "sskuba",
                cluster.key(),
                folder.resolve("passphrase"),
                folder.resolve("work-" + cluster.clusterId()),
                folder.resolve("home")),
            providers,
            TimeSource.system(),
            RandomSource.system());
    infra.open(LIMIT);
    return infra;
  }

  private Account account(CloudModel model) {
    return Account.at(folder.resolve("accounts").resolve(model.account()));
  }

  private List<CloudResource> everything(String target) throws IOException {
    List<CloudResource> all = new ArrayList<>();
    for (CloudModel model : OnPremSites.models(target)) {
      all.addAll(account(model).all());
    }
    return all;
  }

  @ParameterizedTest
  @ValueSource(strings = {"vsphere", "metal", "docker"})
  void exampleIsMadeKeptTaggedExtendedAndDeleted(String name) throws Exception {
    Platform.Cluster cluster = OnPremSites.cluster(name, OnPremSites.example(name), "c0ffee01");
    InfraPlan plan = OnPremSites.target(name).plan(cluster);
    try (PulumiInfrastructure infra = open(name, cluster, Scenario.NONE)) {
      assertThat(infra.preview(plan, _ -> {}, LIMIT).create()).isGreaterThan(2);
      assertThat(everything(name)).isEmpty();
      Map<String, Object> outputs = infra.up(plan, _ -> {}, LIMIT);
      var topology = OnPremSites.target(name).topology(cluster, outputs);
      assertThat(topology.machines()).noneMatch(m -> m.address().isEmpty());
      assertThat(everything(name)).hasSizeGreaterThanOrEqualTo(plan.resources().size());
      outputsAreThePublishedOnes(name);

      assertThat(infra.preview(plan, _ -> {}, LIMIT).isEmpty()).isTrue();
      InfraPlan longer = OnPremSites.target(name).plan(later(cluster));
      var changes = infra.preview(longer, _ -> {}, LIMIT);
      List<String> anew = new ArrayList<>();
      changes.steps().stream()
          .filter(s -> s.op().contains("replace") || s.op().matches("create|delete"))
          .forEach(s -> anew.add(s.name() + " " + s.op()));
      anew.removeIf(n -> n.startsWith("tags "));
      assertThat(anew).as("a longer life makes no machine anew").isEmpty();
      infra.up(longer, _ -> {}, LIMIT);
      for (CloudResource resource : everything(name)) {
        if (resource.tags().containsKey(ResourceTags.EXPIRES_AT)) {
          assertThat(resource.tags())
              .containsEntry(ResourceTags.EXPIRES_AT, "2026-11-26T00:00:00Z");
        }
      }
      infra.destroy(_ -> {}, LIMIT);
      assertThat(everything(name)).as("left in the account").isEmpty();
    }
  }

  private static Platform.Cluster later(Platform.Cluster cluster) {
    ResourceTags t = cluster.tags();
    return new Platform.Cluster(
        cluster.spec(),
        cluster.key(),
        cluster.clusterId(),
        cluster.allotment(),
        new ResourceTags(
            t.cluster(),
            t.clusterId(),
            t.owner(),
            t.run(),
            Instant.parse("2026-11-26T00:00:00Z"),
            true,
            t.labels()));
  }

  /// What a simulated cloud tells is what the provider's published type has.
  private void outputsAreThePublishedOnes(String name) throws IOException {
    for (CloudResource resource : everything(name)) {
      TypeCatalog.ResourceType type =
          TypeCatalog.of(resource.type().split(":", -1)[0]).types().get(resource.type());
      if (type != null) {
        for (String output : resource.outputs().keySet()) {
          assertThat(type.output(output)).as(resource.type() + "." + output).isNotNull();
        }
      }
    }
  }

  @Test
  void dhcpMachinesGetDifferentAddresses() throws Exception {
    String yaml = OnPremSites.example("vsphere").replaceAll(", addresses: \\[[^\\]]*\\]", "");
    Platform.Cluster cluster = OnPremSites.cluster("vsphere", yaml, "c0ffee02");
    try (PulumiInfrastructure infra = open("vsphere", cluster, Scenario.NONE)) {
      Map<String, Object> outputs =
          infra.up(OnPremSites.target("vsphere").plan(cluster), _ -> {}, LIMIT);
      assertThat(OnPremSites.target("vsphere").topology(cluster, outputs).machines())
          .extracting(m -> m.address())
          .doesNotHaveDuplicates()
          .allMatch(a -> a.startsWith("10.40.0.1"));
      infra.destroy(_ -> {}, LIMIT);
    }
    assertThat(everything("vsphere")).isEmpty();
  }

  /// A full datastore and a missing partition: said in the platform's words; a second try, with
  /// room, goes on, and nothing is there twice.
  @Test
  void aFullDatastoreIsSaidAndTheRunGoesOn() throws Exception {
    Platform.Cluster cluster =
        OnPremSites.cluster("vsphere", OnPremSites.example("vsphere"), "c0ffee03");
    InfraPlan plan = OnPremSites.target("vsphere").plan(cluster);
    Scenario full =
        new Scenario(
            1,
            Duration.ZERO,
            0,
            Map.of("datastoreGiB", 300L),
            List.of(),
            List.of(),
            List.of(),
            List.of());
    try (PulumiInfrastructure infra = open("vsphere", cluster, full)) {
      assertThatThrownBy(() -> infra.up(plan, _ -> {}, LIMIT))
          .isInstanceOfSatisfying(
              SskubaException.class,
              e ->
                  assertThat(e.problem().toString())
                      .contains("Insufficient disk space on datastore 'vsan1'"));
    }
    try (PulumiInfrastructure infra = open("vsphere", cluster, Scenario.NONE)) {
      infra.up(plan, _ -> {}, LIMIT);
      Map<String, Integer> names = new LinkedHashMap<>();
      everything("vsphere").forEach(r -> names.merge(r.name(), 1, Integer::sum));
      assertThat(names.values()).allMatch(n -> n == 1);
      infra.destroy(_ -> {}, LIMIT);
    }
    assertThat(everything("vsphere")).isEmpty();
  }

  @Test
  void aMissingPartitionIsSaid() throws Exception {
    Platform.Cluster cluster =
        OnPremSites.cluster("vsphere", OnPremSites.example("vsphere"), "c0ffee04");
    Scenario missing =
        new Scenario(
            1,
            Duration.ZERO,
            0.2,
            Map.of(),
            List.of(new Scenario.Shortage("partition", "sskuba")),
            List.of(),
            List.of(),
            List.of());
    try (PulumiInfrastructure infra = open("vsphere", cluster, missing)) {
      assertThatThrownBy(
              () -> infra.up(OnPremSites.target("vsphere").plan(cluster), _ -> {}, LIMIT))
          .isInstanceOfSatisfying(
              SskubaException.class,
              e -> assertThat(e.problem().toString()).contains("folder (/sskuba) was not found"));
      infra.destroy(_ -> {}, LIMIT);
    }
    assertThat(everything("vsphere")).isEmpty();
  }
}
