package io.sskuba.apply;

import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.secret.KeyRing;
import io.sskuba.secret.Sealer;
import io.sskuba.state.StateStore;
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
    return tryOpen(ports.store(), ports.keys(), key, AwaitControlPlane.KUBECONFIG);
  }

  /// The kubeconfig, as [#tryOpen(Ports, String)], before there are ports.
  public static Optional<String> kubeconfig(StateStore store, KeyRing keys, String key) {
    return tryOpen(store, keys, key, AwaitControlPlane.KUBECONFIG);
  }

  /// The talosconfig, empty where there is none or no identity opens it.
  public static Optional<String> talosconfig(StateStore store, KeyRing keys, String key) {
    return tryOpen(store, keys, key, RenderConfigs.TALOSCONFIG);
  }

  private static Optional<String> tryOpen(StateStore store, KeyRing keys, String key, String name) {
    Optional<byte[]> sealedKey = store.sealed(key, IssueSecrets.KEY);
    Optional<byte[]> sealed = store.sealed(key, name);
    if (sealedKey.isEmpty() || sealed.isEmpty()) {
      return Optional.empty();
    }
    Optional<Sealer> sealer = keys.tryOpen(sealedKey.get());
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
