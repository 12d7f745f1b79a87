package io.sskuba.run;

import io.sskuba.infra.Credentials;
import java.time.Instant;
import java.util.Optional;

/// The credentials that a run works with, asked anew each time: those that renew themselves are
/// renewed by it.
public interface Permits {
  Permits NONE =
      new Permits() {
        @Override
        public Optional<Credentials> platform() {
          return Optional.empty();
        }

        @Override
        public Optional<Instant> stateUntil() {
          return Optional.empty();
        }
      };

  /// Those of the platform.
  Optional<Credentials> platform();

  /// When those end that the state is written with.
  Optional<Instant> stateUntil();
}
