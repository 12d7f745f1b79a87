package io.sskuba.apply;

import io.sskuba.infra.OfflineTopology;
import io.sskuba.infra.Platform;
import io.sskuba.infra.ResourceTags;
import io.sskuba.infra.Topology;
import io.sskuba.io.AtomicFiles;
import io.sskuba.io.Json;
import io.sskuba.machineconfig.MachineConfigRenderer;
import io.sskuba.machineconfig.MachineConfigs;
import io.sskuba.machineconfig.RenderInput;
import io.sskuba.pki.SecretsBundle;
import io.sskuba.pki.SecretsBundleFactory;
import io.sskuba.pki.SecretsBundleYaml;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.secret.Sealer;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The use case `render`: configurations without a cluster. No reference is resolved.
public final class Rendering {
  private static final long SECRETS_MAX = 1L << 20;

  private Rendering() {}

  /// Writes one file a machine and the talosconfig; returns their paths.
  public static List<Path> write(Ports ports, RenderRequest request)
      throws IOException, InterruptedException {
    ClusterSpec spec = SpecReader.read(request.file(), request.fileName(), request.folder(), false);
    MachineConfigs configs =
        MachineConfigRenderer.render(
            new RenderInput(
                spec,
                bundle(ports, request),
                topology(ports, spec),
                ports.time().now(),
                ports.random(),
                new RenderInput.Values(RenderValues.trustBundle(spec), null, null)));
    Optional<Sealer> sealer =
        request.plaintext()
            ? Optional.empty()
            : Optional.of(ports.keys().toUser(spec.sealing().recipients()));
    List<Path> written = new ArrayList<>();
    for (Map.Entry<String, String> config : configs.machines().entrySet()) {
      written.add(put(request.out().resolve(config.getKey() + ".yaml"), config.getValue(), sealer));
    }
    written.add(put(request.out().resolve("talosconfig"), configs.talosconfig(), sealer));
    return written;
  }

  private static Path put(Path file, String text, Optional<Sealer> sealer) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    Path target = sealer.isEmpty() ? file : file.resolveSibling(file.getFileName() + ".age");
    AtomicFiles.write(target, sealer.isEmpty() ? bytes : sealer.get().seal(bytes));
    return target;
  }

  private static SecretsBundle bundle(Ports ports, RenderRequest request)
      throws InterruptedException {
    Path file = request.secrets();
    if (file == null) {
      return SecretsBundleFactory.generate(ports.time(), ports.random());
    }
    try {
      if (Files.size(file) > SECRETS_MAX) {
        throw new IOException("larger than 1 MiB");
      }
      return SecretsBundleYaml.read(Files.readString(file));
    } catch (IOException | RuntimeException e) {
      // The cause's text could quote the file; its type is enough.
      throw new SskubaException(
          Problem.of(ProblemCode.USAGE, file + " is not a readable Talos secrets bundle")
              .fact("cause", e.getClass().getSimpleName()));
    }
  }

  /// Asks nobody: a real target's allotment would look at the account.
  private static Topology topology(Ports ports, ClusterSpec spec) {
    Optional<Platform> platform =
        spec.target().provider() == ClusterSpec.Provider.LOCAL
            ? ports.platforms().of(ClusterSpec.Provider.LOCAL, false)
            : Optional.empty();
    if (platform.isEmpty()) {
      return OfflineTopology.of(spec);
    }
    var allotment =
        platform.get().allot(spec, spec.metadata().name(), "render", Json.object(), List.of());
    return platform
        .get()
        .topology(
            new Platform.Cluster(
                spec,
                spec.metadata().name(),
                "render",
                allotment,
                new ResourceTags(spec.fqdn(), "render", null, null, null, false, Map.of())),
            Map.of());
  }
}
