package io.sskuba.apply;

import io.sskuba.machineconfig.RenderInput;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.toolchain.Egress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a rendering needs from outside the cluster file.
final class RenderValues {
  /// A CA bundle of a large organisation has some 200 certificates of 2 KiB.
  private static final long BUNDLE_MAX = 4L << 20;

  private RenderValues() {}

  static RenderInput.Values resolve(Ports ports, ClusterSpec spec) {
    return new RenderInput.Values(trustBundle(spec), null, null);
  }

  /// The way out that the cluster file describes, for our own downloads.
  static Egress egress(ClusterSpec spec) {
    ClusterSpec.@Nullable Proxy proxy = spec.proxy();
    return new Egress(
        proxy == null ? null : proxy.http(),
        proxy == null ? null : proxy.https(),
        proxy == null ? List.of() : proxy.no(),
        trustBundle(spec));
  }

  static @Nullable String trustBundle(ClusterSpec spec) {
    @Nullable String file = spec.trustBundle();
    if (file == null) {
      return null;
    }
    try {
      Path path = Path.of(file);
      if (Files.size(path) > BUNDLE_MAX) {
        throw new IOException("larger than 4 MiB");
      }
      return Files.readString(path);
    } catch (IOException e) {
      throw new SskubaException(
          Problem.of(ProblemCode.SPEC_UNREADABLE, "cannot read trust.bundle " + file)
              .fact("cause", e.getClass().getSimpleName() + ": " + e.getMessage()),
          e);
    }
  }
}
