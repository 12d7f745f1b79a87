package io.sskuba.run;

import java.time.Duration;
import java.util.Locale;

/// One named step of a pipeline: a record in, a record out.
///
/// A phase is idempotent by a stated means, prints nothing, and holds only ports and values. A
/// phase that only looks implements just this interface and is never skipped; one that makes
/// something is a [Mutation].
public interface Phase<I, O> {
  /// The name that users see, in events and in `timeline`: the class name in kebab case,
  /// `BootstrapEtcd` is `bootstrap-etcd`.
  default String name() {
    return getClass()
        .getSimpleName()
        .replaceAll("([a-z])([A-Z])", "$1-$2")
        .toLowerCase(Locale.ROOT);
  }

  /// How long the platform's credentials have to last at least when this phase begins; zero where
  /// it works without them.
  default Duration credentialsFor() {
    return Duration.ZERO;
  }

  O run(I input, PhaseContext context) throws InterruptedException;
}
