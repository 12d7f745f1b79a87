package io.sskuba.pki;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.io.Yaml;
import io.sskuba.pki.SecretsBundle.CertAndKey;
import io.sskuba.testkit.Peers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Our secrets and certificates against those of `talosctl gen secrets` and `gen config`, field by
/// field, and each side reading the other's.
class CertificatesPeerIT {
  @TempDir static Path folder;
  static SecretsBundle theirs;
  static SecretsBundle ours;

  @BeforeAll
  static void makeBoth() throws Exception {
    talosctl("gen", "secrets", "-o", "theirs.yaml");
    theirs = SecretsBundleYaml.read(Files.readString(folder.resolve("theirs.yaml")));
    ours = SecretsBundleFactory.generate(TimeSource.system(), RandomSource.system());
    Files.writeString(folder.resolve("ours.yaml"), SecretsBundleYaml.write(ours));
  }

  @Test
  void authoritiesAreEqual() {
    assertSame(ours.etcd(), theirs.etcd());
    assertSame(ours.kubernetes(), theirs.kubernetes());
    assertSame(ours.aggregator(), theirs.aggregator());
    assertSame(ours.os(), theirs.os());
    // The comparison itself can fail.
    assertThat(CertificateText.of(ours.etcd().certificate()))
        .isNotEqualTo(CertificateText.of(theirs.kubernetes().certificate()));
  }

  @Test
  void keysHaveTheSameForm() {
    assertThat(keyForm(ours.etcd().key())).isEqualTo(keyForm(theirs.etcd().key()));
    assertThat(keyForm(ours.os().key())).isEqualTo(keyForm(theirs.os().key()));
    assertThat(keyForm(ours.serviceAccountKey())).isEqualTo(keyForm(theirs.serviceAccountKey()));
  }

  @Test
  void tokensHaveTheSameForm() {
    assertThat(List.of(ours.bootstrapToken(), ours.trustdToken(), theirs.bootstrapToken()))
        .allMatch(t -> t.matches("[0-9a-z]{6}\\.[0-9a-z]{16}"));
    assertThat(ours.clusterId()).hasSameSizeAs(theirs.clusterId());
    assertThat(ours.clusterSecret()).hasSameSizeAs(theirs.clusterSecret());
    assertThat(ours.secretboxEncryptionSecret()).hasSameSizeAs(theirs.secretboxEncryptionSecret());
  }

  @Test
  void bothReadTheOthersSecrets() throws Exception {
    // Our text of their secrets holds the same values as their own.
    assertThat(Yaml.load(SecretsBundleYaml.write(theirs)))
        .isEqualTo(Yaml.load(Files.readString(folder.resolve("theirs.yaml"))));
    String out =
        talosctl(
            "gen",
            "config",
            "demo",
            "https://10.0.0.1:6443",
            "--with-secrets",
            "ours.yaml",
            "--output",
            "out",
            "--force");
    assertThat(out).contains("Created out/controlplane.yaml");
  }

  @Test
  void talosClientCertificateIsEqual() throws Exception {
    talosctl(
        "gen",
        "config",
        "demo",
        "https://10.0.0.1:6443",
        "--with-secrets",
        "theirs.yaml",
        "--output",
        "out2",
        "--force",
        "--output-types",
        "talosconfig",
        "--output",
        "talosconfig");
    Map<?, ?> root = (Map<?, ?>) Yaml.load(Files.readString(folder.resolve("talosconfig")));
    Map<?, ?> context = (Map<?, ?>) ((Map<?, ?>) root.get("contexts")).get("demo");
    CertAndKey given = new CertAndKey(decoded(context.get("crt")), decoded(context.get("key")));
    CertAndKey made =
        new LeafCertificates(theirs, TimeSource.system(), RandomSource.system())
            .talosClient(Set.of("os:admin"), LeafCertificates.YEAR);
    assertSame(made, given);
    assertThat(keyForm(made.key())).isEqualTo(keyForm(given.key()));
  }

  private static void assertSame(CertAndKey ours, CertAndKey theirs) {
    assertThat(CertificateText.of(ours.certificate()))
        .isEqualTo(CertificateText.of(theirs.certificate()));
    assertThat(Pem.block(ours.key()).label()).isEqualTo(Pem.block(theirs.key()).label());
  }

  /// Label, algorithm and size; the size of an RSA key in DER varies by a few bytes.
  private static String keyForm(String pem) {
    var key = Pem.privateKey(pem);
    String size =
        key instanceof java.security.interfaces.RSAPrivateCrtKey rsa
            ? rsa.getModulus().bitLength() + " " + rsa.getPublicExponent()
            : String.valueOf(Pem.block(pem).der().length);
    return Pem.block(pem).label() + " " + key.getAlgorithm() + " " + size;
  }

  private static String decoded(Object base64) {
    return new String(Base64.getDecoder().decode(String.valueOf(base64)), StandardCharsets.UTF_8);
  }

  private static String talosctl(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(Peers.require("talosctl").toString()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    try {
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(Duration.ofMinutes(1).toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(output).isZero();
      return output;
    } finally {
      process.destroyForcibly();
    }
  }
}
