package io.sskuba.apply;

import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.secret.Sealer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// The sealed credentials of a cluster, opened for the user.
public final class Kubeconfigs {
  private Kubeconfigs() {}

  /// The kubeconfig that Talos handed out. Errors: `KUBE_UNREACHABLE` when the cluster never got
  /// that far; `IDENTITY_MISSING`, `IDENTITY_WRONG`.
  public static String kubeconfig(Ports ports, String key) {
    return open(ports, key, AwaitControlPlane.KUBECONFIG, "kubeconfig");
  }

  /// The talosconfig. Errors: as [#kubeconfig].
  public static String talosconfig(Ports ports, String key) {
    return open(ports, key, RenderConfigs.TALOSCONFIG, "talosconfig");
  }

  /// The kubeconfig, empty where there is none or no identity opens it.
  public static Optional<String> tryOpen(Ports ports, String key) {
    Optional<byte[]> sealedKey = ports.store().sealed(key, IssueSecrets.KEY);
    Optional<byte[]> sealed = ports.store().sealed(key, AwaitControlPlane.KUBECONFIG);
    if (sealedKey.isEmpty() || sealed.isEmpty()) {
      return Optional.empty();
    }
    Optional<Sealer> sealer = ports.keys().tryOpen(sealedKey.get());
    return sealer.map(s -> new String(s.open(sealed.get()), StandardCharsets.UTF_8));
  }

  private static String open(Ports ports, String key, String name, String what) {
    Optional<byte[]> sealedKey = ports.store().sealed(key, IssueSecrets.KEY);
    Optional<byte[]> sealed = ports.store().sealed(key, name);
    if (sealedKey.isEmpty() || sealed.isEmpty()) {
      String shown = key.replace("rehearsal.", "rehearsal/");
      throw new SskubaException(
          Problem.of(ProblemCode.KUBE_UNREACHABLE, shown + " has no " + what + " yet")
              .next("sskuba-ctl status " + shown));
    }
    return new String(
        ports.keys().open(sealedKey.get()).open(sealed.get()), StandardCharsets.UTF_8);
  }
}
