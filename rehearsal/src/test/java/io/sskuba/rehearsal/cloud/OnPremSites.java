package io.sskuba.rehearsal.cloud;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.Choices;
import io.sskuba.infra.Platform;
import io.sskuba.infra.ResourceTags;
import io.sskuba.infra.Target;
import io.sskuba.infra.docker.DockerTarget;
import io.sskuba.infra.local.LocalNetwork;
import io.sskuba.infra.local.LocalPlan;
import io.sskuba.infra.metal.MetalTarget;
import io.sskuba.infra.vsphere.VsphereTarget;
import io.sskuba.io.Json;
import io.sskuba.rehearsal.cloud.bigip.BigIpModel;
import io.sskuba.rehearsal.cloud.docker.DockerModel;
import io.sskuba.rehearsal.cloud.metal.MetalModel;
import io.sskuba.rehearsal.cloud.vsphere.VsphereModel;
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

/// The example clusters of the targets without a cloud, as rehearsals have them.
final class OnPremSites {
  static final Path EXAMPLES = Path.of("..", "examples");

  private OnPremSites() {}

  static Target target(String name) {
    return switch (name) {
      case "vsphere" -> new VsphereTarget();
      case "metal" -> new MetalTarget();
      case "docker" -> new DockerTarget();
      default -> throw new IllegalArgumentException(name);
    };
  }

  static List<CloudModel> models(String name) {
    return switch (name) {
      case "vsphere" -> List.of(new VsphereModel(), new BigIpModel());
      case "metal" -> List.of(new MetalModel());
      case "docker" -> List.of(new DockerModel());
      default -> throw new IllegalArgumentException(name);
    };
  }

  static String example(String name) throws IOException {
    return Files.readString(EXAMPLES.resolve(name + ".yaml"));
  }

  static Platform.Cluster cluster(String target, String yaml, String clusterId) {
    ClusterSpec spec =
        SpecReader.read(
            yaml.getBytes(StandardCharsets.UTF_8), "c.yaml", EXAMPLES.toAbsolutePath(), true);
    Choices choices = Choices.NONE;
    for (CloudModel model : models(target)) {
      choices = model.choices(spec, choices);
    }
    ObjectNode allotment = Json.object();
    allotment.set(Choices.KEY, choices.toJson());
    return new Platform.Cluster(
        spec,
        "rehearsal." + spec.metadata().name(),
        clusterId,
        allotment,
        new ResourceTags(
            spec.fqdn(),
            clusterId,
            spec.metadata().owner(),
            "run-1",
            Instant.parse("2026-11-25T02:00:00Z"),
            true,
            spec.metadata().labels()));
  }

  static Site site(Platform.Cluster cluster, Scenario scenario) {
    Map<String, Integer> indexes =
        new LinkedHashMap<>(LocalPlan.indexes(cluster.spec(), LocalNetwork.of(300), Map.of()));
    return new Site(cluster, LocalNetwork.of(300), indexes, Duration.ZERO, scenario);
  }
}
