package io.sskuba.cli;

import io.sskuba.io.Environment;
import io.sskuba.secret.RemoteSecrets;
import io.sskuba.secret.age.KeyWrapping;
import io.sskuba.spec.SecretRef;

/// Key services and secret stores, whose module is loaded when one is first asked for.
record LateSecrets(Environment environment) implements RemoteSecrets {
  @Override
  public KeyWrapping key(String name) {
    return CloudModule.services().secrets(environment).key(name);
  }

  @Override
  public byte[] value(SecretRef reference) {
    return CloudModule.services().secrets(environment).value(reference);
  }
}
