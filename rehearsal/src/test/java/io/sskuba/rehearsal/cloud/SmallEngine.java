package io.sskuba.rehearsal.cloud;

import io.sskuba.infra.Choices;
import io.sskuba.infra.InfraPlan;
import io.sskuba.infra.Platform;
import io.sskuba.infra.ResourceTags;
import io.sskuba.infra.local.LocalNetwork;
import io.sskuba.infra.local.LocalPlan;
import io.sskuba.infra.pulumi.Values;
import io.sskuba.io.Json;
import io.sskuba.rehearsal.account.Account;
import io.sskuba.rehearsal.account.CloudFault;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Makes and removes a plan's resources one after another against a model: what the real engine
/// does with it, without processes.
public final class SmallEngine {
  public static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  public final Account account;
  public final CloudModel model;
  public final Platform.Cluster cluster;
  public final Scenario scenario;
  public final Map<String, Map<String, Object>> state = new LinkedHashMap<>();

  public SmallEngine(Path folder, CloudModel model, Platform.Cluster cluster, Scenario scenario) {
    this.model = model;
    this.account = Account.at(folder);
    this.cluster = cluster;
    this.scenario = scenario;
  }

  public static ClusterSpec example(String target) throws IOException {
    Path file = Path.of("../examples/" + target + ".yaml");
    return SpecReader.read(Files.readAllBytes(file), target + ".yaml", file.getParent(), true);
  }

  /// @param target the rest of `target`
  /// @param more what stands after it
  public static ClusterSpec file(String provider, String target, String more) {
    String text =
        "apiVersion: sskuba.io/v1alpha1\nkind: Cluster\nmetadata: {name: lab, domain: example.org}\n"
            + "gitops: {url: \"https://git.example.org/a/b.git\"}\ntarget:\n  provider: "
            + provider
            + "\n"
            + target.indent(2)
            + more;
    return SpecReader.read(text.getBytes(StandardCharsets.UTF_8), "t.yaml", Path.of("."), true);
  }

  public static Platform.Cluster cluster(CloudModel model, ClusterSpec spec, String id) {
    var allotment = Json.object();
    allotment.set(Choices.KEY, model.choices(spec, Choices.NONE).toJson());
    LocalNetwork network = LocalNetwork.of(500);
    var indexes = allotment.putObject("indexes");
    LocalPlan.indexes(spec, network, Map.of()).forEach(indexes::put);
    ResourceTags tags =
        new ResourceTags(spec.fqdn(), id, null, "run", null, true, spec.metadata().labels());
    return new Platform.Cluster(spec, "rehearsal." + spec.metadata().name(), id, allotment, tags);
  }

  public Site site() {
    LocalNetwork network = LocalNetwork.of(500);
    return new Site(
        cluster,
        network,
        LocalPlan.indexes(cluster.spec(), network, Map.of()),
        Duration.ZERO,
        scenario);
  }

  public void up(InfraPlan plan) throws CloudFault, IOException {
    for (InfraPlan.Resource resource : plan.resources()) {
      create(resource);
    }
  }

  public CloudResource create(InfraPlan.Resource resource) throws CloudFault, IOException {
    Map<String, Object> inputs = new LinkedHashMap<>();
    resource.inputs().forEach((k, v) -> inputs.put(k, resolved(v)));
    CloudResource made =
        account.change(
            view -> {
              CloudModel.Made answer = model.create(request(resource, inputs), view);
              CloudResource out =
                  new CloudResource(
                      answer.id(),
                      resource.type(),
                      cluster.clusterId(),
                      resource.name(),
                      inputs,
                      answer.outputs(),
                      answer.tags(),
                      NOW,
                      answer.fabric());
              view.put(out);
              return out;
            });
    Map<String, Object> known = new LinkedHashMap<>(inputs);
    known.putAll(made.outputs());
    known.put("id", made.id());
    state.put(resource.name(), known);
    return made;
  }

  public void update(InfraPlan.Resource resource) throws CloudFault, IOException {
    Map<String, Object> inputs = new LinkedHashMap<>();
    resource.inputs().forEach((k, v) -> inputs.put(k, resolved(v)));
    account.change(
        view -> {
          CloudResource before = view.find(id(resource.name())).orElseThrow();
          CloudModel.Made answer = model.update(request(resource, inputs), before, view);
          view.put(
              before
                  .with(inputs, answer.outputs())
                  .withTags(answer.tags())
                  .withFabric(answer.fabric()));
          return true;
        });
  }

  public void delete(String name) throws CloudFault, IOException {
    account.change(
        view -> {
          CloudResource found = view.find(id(name)).orElseThrow();
          model.delete(
              new CloudRequest(found.type(), name, Map.of(), null, scenario, NOW), found, view);
          view.remove(found.id());
          return true;
        });
  }

  public void destroy(InfraPlan plan) throws CloudFault, IOException {
    for (InfraPlan.Resource resource : plan.resources().reversed()) {
      delete(resource.name());
    }
  }

  public String id(String name) {
    return String.valueOf(state.getOrDefault(name, Map.of()).get("id"));
  }

  public CloudResource find(String name) throws IOException {
    return account.all().stream().filter(r -> r.name().equals(name)).findFirst().orElseThrow();
  }

  private CloudRequest request(InfraPlan.Resource resource, Map<String, Object> inputs) {
    return new CloudRequest(resource.type(), resource.name(), inputs, site(), scenario, NOW);
  }

  private Object resolved(@Nullable Object value) {
    return switch (value) {
      case InfraPlan.Ref ref -> output(ref);
      case InfraPlan.Concat concat -> {
        StringBuilder text = new StringBuilder();
        concat.parts().forEach(p -> text.append(resolved(p)));
        yield text.toString();
      }
      case Map<?, ?> map -> {
        Map<String, Object> out = new LinkedHashMap<>();
        map.forEach((k, v) -> out.put(String.valueOf(k), resolved(v)));
        yield out;
      }
      case List<?> list -> list.stream().map(this::resolved).toList();
      case null -> "";
      default -> value;
    };
  }

  private Object output(InfraPlan.Ref ref) {
    @Nullable Object at = state.get(ref.resource());
    for (String step : Values.steps(ref.property())) {
      at =
          at instanceof List<?> list
              ? list.get(Integer.parseInt(step))
              : at instanceof Map<?, ?> map ? map.get(step) : null;
    }
    if (at == null) {
      throw new IllegalStateException("no output " + ref);
    }
    return at;
  }
}
