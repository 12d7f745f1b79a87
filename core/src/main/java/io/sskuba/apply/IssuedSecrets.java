package io.sskuba.apply;

import io.sskuba.pki.SecretsBundle;
import io.sskuba.secret.Sealer;
import java.nio.file.Path;

/// A cluster and its secrets, which exist on disk only sealed.
///
/// @param passphraseFile the Pulumi passphrase in the memory-backed runtime folder
public record IssuedSecrets(
    OpenCluster opened, Sealer sealer, SecretsBundle bundle, Path passphraseFile) {
  @Override
  public String toString() {
    return "IssuedSecrets[hidden]";
  }
}
