package io.sskuba.machineconfig;

import io.sskuba.infra.Topology;
import io.sskuba.io.RandomSource;
import io.sskuba.pki.SecretsBundle;
import io.sskuba.spec.ClusterSpec;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// All that a rendering depends on.
///
/// @param now start of the talosconfig's certificate
/// @param random for the talosconfig's key; the machine configs need none
/// @param values what the file's references and paths resolved to
public record RenderInput(
    ClusterSpec spec,
    SecretsBundle secrets,
    Topology topology,
    Instant now,
    RandomSource random,
    Values values) {

  @Override
  public String toString() {
    return "RenderInput[" + spec.metadata().name() + "]";
  }

  /// Values from outside the cluster file.
  ///
  /// @param trustBundle PEM text of `trust.bundle`, null where the file has none
  /// @param registryUsername null where the file has no registry credentials, or where they are not
  ///   resolved: then a named placeholder stands in the configs
  public record Values(
      @Nullable String trustBundle,
      @Nullable String registryUsername,
      @Nullable String registryPassword) {

    public static final Values NONE = new Values(null, null, null);

    @Override
    public String toString() {
      return "Values[hidden]";
    }
  }
}
