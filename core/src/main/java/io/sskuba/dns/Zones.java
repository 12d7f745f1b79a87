package io.sskuba.dns;

import io.sskuba.spec.ClusterSpec;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The zones that clusters have their names in, apart from those that are part of a stack.
public interface Zones {
  /// Where the names of a cluster go; empty for one whose names are not ours to publish, or are
  /// part of its stack. Calls nobody.
  Optional<NamePlace> place(ClusterSpec spec, boolean rehearsal);

  /// Resolves the key's secret for this writer and keeps it nowhere; in a rehearsal not at all.
  ///
  /// Errors: `SECRET_UNRESOLVED`, `DNS_KEY`, `DNS_UNREACHABLE`.
  ///
  /// @param key what the cluster file says of the key
  ZoneWriter open(NamePlace place, ClusterSpec.@Nullable Tsig key) throws InterruptedException;

  /// None at all.
  static Zones none() {
    return new Zones() {
      @Override
      public Optional<NamePlace> place(ClusterSpec spec, boolean rehearsal) {
        return Optional.empty();
      }

      @Override
      public ZoneWriter open(NamePlace place, ClusterSpec.@Nullable Tsig key) {
        throw new IllegalStateException("no zone is known here: " + place);
      }
    };
  }
}
