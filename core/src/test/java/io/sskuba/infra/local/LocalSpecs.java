package io.sskuba.infra.local;

import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.Pool;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Cluster files as records, for tests of the local target.
public final class LocalSpecs {
  private LocalSpecs() {}

  public static Pool pool(String name, int count, ClusterSpec.@Nullable Gpu gpu) {
    return new Pool(
        name, count, List.of(), Map.of(), List.of(), gpu, List.of(), List.of(), null, null,
        List.of(), null, null, "amd64");
  }

  public static ClusterSpec spec(int controlPlanes, Pool... workers) {
    return new ClusterSpec(
        new ClusterSpec.Metadata(
            "demo", "sskuba.test", "organization", "sskuba", "ada", Map.of("team", "blue")),
        new ClusterSpec.Lifetime(Duration.ofHours(8)),
        new ClusterSpec.Versions("v1.13.9", "v1.36.3"),
        new ClusterSpec.Target(
            ClusterSpec.Provider.LOCAL,
            pool(Pool.CONTROL_PLANE, controlPlanes, null),
            List.of(workers),
            false,
            ClusterSpec.Delivery.API,
            new ClusterSpec.Network(
                null, "10.244.0.0/16", "10.96.0.0/12", List.of(), null, null, List.of(), null),
            new ClusterSpec.Endpoint("internal", null, null),
            new ClusterSpec.ProviderSettings.None()),
        null,
        new ClusterSpec.Sealing(List.of()),
        List.of(),
        new ClusterSpec.Access(null, null),
        null,
        null,
        null,
        null,
        null,
        null,
        null);
  }
}
