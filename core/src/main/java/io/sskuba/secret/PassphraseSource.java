package io.sskuba.secret;

import io.sskuba.io.Environment;
import java.util.Optional;

/// Where a passphrase comes from: the command line asks at the terminal; never an argument.
@FunctionalInterface
public interface PassphraseSource {
  String VARIABLE = "SSKUBA_PASSPHRASE";

  /// @param what what it opens, in words, for the prompt
  /// @return empty when nobody can be asked
  Optional<char[]> passphrase(String what);

  /// `SSKUBA_PASSPHRASE` if it is set, else `next`.
  static PassphraseSource ofEnvironment(Environment env, PassphraseSource next) {
    return what -> {
      String value = env.get(VARIABLE);
      return value == null || value.isEmpty()
          ? next.passphrase(what)
          : Optional.of(value.toCharArray());
    };
  }

  /// Nobody can be asked.
  static PassphraseSource none() {
    return what -> Optional.empty();
  }
}
