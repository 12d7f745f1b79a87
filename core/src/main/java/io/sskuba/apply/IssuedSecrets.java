package io.sskuba.apply;

import io.sskuba.pki.SecretsBundle;
import io.sskuba.secret.Sealer;
import java.nio.file.Path;

/// A cluster and its secrets, which exist on disk only sealed.
///
/// @param bundle the secrets bundle; the first call may wait for the RSA-4096 key that is being made beside
/// @param passphraseFile the Pulumi passphrase in the memory-backed runtime folder
public record IssuedSecrets(
    OpenCluster opened, Sealer sealer, Bundle bundle, Path passphraseFile) {
  /// The secrets bundle, when it is there.
  @FunctionalInterface
  public interface Bundle {
    SecretsBundle await() throws InterruptedException;
  }

  @Override
  public String toString() {
    return "IssuedSecrets[hidden]";
  }
}
