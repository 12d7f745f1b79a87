package io.sskuba.machineconfig;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.io.RandomSource;
import io.sskuba.io.Yaml;
import io.sskuba.pki.CertificateAuthorities;
import io.sskuba.pki.SecretsBundle;
import io.sskuba.testkit.Peers;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The real programs know every flag that our patches set, with its value, and the real API server
/// takes the audit policy.
class HardeningPeerIT {
  private static final int SECONDS_MAX = 30;

  /// More failed connections than the server makes before it has loaded its policy.
  private static final int RETRIES = 12;

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "kube-apiserver, apiServer",
    "kube-controller-manager, controllerManager",
    "kube-scheduler, scheduler"
  })
  void flagsAreKnown(String program, String section) throws Exception {
    List<String> flags = new ArrayList<>();
    Object extra = Docs.at(controlPlane(), "cluster", section, "extraArgs");
    ((Map<?, ?>) extra).forEach((k, v) -> flags.add("--" + k + "=" + v));
    assertThat(flags).isNotEmpty();
    flags.add("--version");
    assertThat(exit(program, flags)).isZero();
    assertThat(exit(program, List.of("--no-such-flag=1", "--version"))).isNotZero();
  }

  @Test
  void apiServerTakesTheAuditPolicy() throws Exception {
    Object policy = Docs.at(controlPlane(), "cluster", "apiServer", "auditPolicy");
    // The server loads the policy, then looks for etcd, which is not there.
    assertThat(firstOutcome(Yaml.dump(policy), RETRIES)).contains("127.202.0.9:1");
    // The comparison itself can fail: a bad policy ends the server.
    assertThat(
            firstOutcome(
                "{apiVersion: audit.k8s.io/v1, kind: Policy, rules: [{level: Nope}]}",
                Integer.MAX_VALUE))
        .contains("loading audit policy file");
  }

  private static Map<String, Object> controlPlane() {
    ExampleClusters.Example example = ExampleClusters.local();
    CertificateAuthorities authorities =
        new CertificateAuthorities(Instant.now(), RandomSource.system());
    SecretsBundle secrets =
        new SecretsBundle(
            "i",
            "s",
            "t",
            "b",
            "t",
            authorities.etcd(),
            authorities.kubernetes(),
            authorities.aggregator(),
            "",
            authorities.os());
    MachineConfigs configs =
        MachineConfigRenderer.render(
            new RenderInput(
                example.spec(),
                secrets,
                example.topology(),
                Instant.now(),
                RandomSource.system(),
                RenderInput.Values.NONE));
    String yaml = configs.machines().values().iterator().next();
    return Docs.parse(yaml, "control plane").getFirst();
  }

  /// The line that decides: a complaint about the policy, or the first failed connection to etcd
  /// after it was loaded.
  private String firstOutcome(String policy, int retries) throws Exception {
    Path file = Files.writeString(folder.resolve("policy.yaml"), policy);
    Path key = Files.writeString(folder.resolve("sa.key"), serviceAccountKey());
    List<String> flags =
        List.of(
            "--etcd-servers=http://127.202.0.9:1",
            "--service-account-issuer=https://a.example.org",
            "--service-account-signing-key-file=" + key,
            "--service-account-key-file=" + key,
            "--cert-dir=" + folder.resolve("certs"),
            "--bind-address=127.202.0.1",
            "--secure-port=7443",
            "--service-cluster-ip-range=10.96.0.0/12",
            "--audit-policy-file=" + file,
            "--audit-log-path=" + folder.resolve("audit.log"));
    Process process = start("kube-apiserver", flags);
    CompletableFuture.delayedExecutor(SECONDS_MAX, TimeUnit.SECONDS)
        .execute(process::destroyForcibly);
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      String last = "";
      int refusals = 0;
      String line = reader.readLine();
      while (line != null) {
        last = line;
        refusals += line.contains("connection refused") ? 1 : 0;
        if (line.contains("command failed") || refusals > retries) {
          return line;
        }
        line = reader.readLine();
      }
      return last;
    } finally {
      process.destroyForcibly();
    }
  }

  private static String serviceAccountKey() throws Exception {
    var generator = java.security.KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    return io.sskuba.pki.Pem.encode(
        "PRIVATE KEY", generator.generateKeyPair().getPrivate().getEncoded());
  }

  private static int exit(String program, List<String> flags) throws Exception {
    Process process = start(program, flags);
    try {
      process.getInputStream().readAllBytes();
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      return process.exitValue();
    } finally {
      process.destroyForcibly();
    }
  }

  private static Process start(String program, List<String> flags) throws Exception {
    List<String> command = new ArrayList<>(List.of(Peers.require(program).toString()));
    command.addAll(flags);
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }
}
