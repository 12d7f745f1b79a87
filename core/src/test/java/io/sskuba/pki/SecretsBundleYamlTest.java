package io.sskuba.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class SecretsBundleYamlTest {
  static SecretsBundle bundle;

  @BeforeAll
  static void makeBundle() throws Exception {
    bundle = SecretsBundleFactory.generate(TimeSource.system(), RandomSource.system());
  }

  @Test
  void readsWhatItWrites() {
    assertThat(SecretsBundleYaml.read(SecretsBundleYaml.write(bundle))).isEqualTo(bundle);
  }

  @Test
  void namesEveryProblemAndQuotesNothing() {
    String broken =
        SecretsBundleYaml.write(bundle)
            .replaceFirst("bootstraptoken: .*", "bootstraptoken: ''")
            .replaceFirst("(?s)etcd:\n    crt: \\S+", "etcd:\n    crt: '!!'");
    assertThatThrownBy(() -> SecretsBundleYaml.read(broken))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "secrets bundle is incomplete: secrets.bootstraptoken is required; certs.etcd.crt is"
                + " not base64");
    assertThatThrownBy(() -> SecretsBundleYaml.read("top: [secret"))
        .hasMessage("secrets bundle is not YAML")
        .hasNoCause();
  }

  @Test
  void showsNoSecret() {
    assertThat(bundle.toString() + bundle.os()).doesNotContain(bundle.trustdToken(), "BEGIN");
  }

  @Test
  void publicKeyOfTheServiceAccountKey() {
    assertThat(Pem.rsaPublicKey(bundle.serviceAccountKey()))
        .startsWith("-----BEGIN PUBLIC KEY-----");
  }
}
