package io.sskuba.machineconfig;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class HardeningTest {
  /// `-Dgolden.record=true` rewrites the page, and then fails.
  @Test
  void pageIsCurrent() throws Exception {
    Path page = Path.of("../docs/security/hardening.md");
    if (Boolean.getBoolean("golden.record")) {
      Files.createDirectories(page.getParent());
      Files.writeString(page, Hardening.document());
      throw new AssertionError("recorded " + page + "; run again without golden.record");
    }
    assertThat(Hardening.document()).isEqualTo(Files.readString(page));
  }

  /// Every flag and field of our patches is named on the page, so that none is added in silence.
  @Test
  void pageNamesEverySetting() {
    String page = Hardening.document();
    for (NamedPatch patch : Hardening.patches(true, Duration.ofHours(8))) {
      assertThat(page).contains("`" + patch.id() + "`");
      for (Map<String, Object> document : Docs.parse(patch.yaml(), patch.id())) {
        Stream.of(
                Docs.at(document, "cluster", "apiServer", "extraArgs"),
                Docs.at(document, "cluster", "controllerManager", "extraArgs"),
                Docs.at(document, "cluster", "etcd", "extraArgs"),
                Docs.at(document, "machine", "kubelet", "extraConfig"))
            .filter(Map.class::isInstance)
            .flatMap(map -> ((Map<?, ?>) map).keySet().stream())
            .forEach(key -> assertThat(page).contains("`" + key + ": "));
      }
    }
  }

  @Test
  void bodiesOfSecretsAreNeverLogged() {
    List<?> rules = (List<?>) AuditPolicy.policy().get("rules");
    Object first = rules.getFirst();
    assertThat(Docs.at(first, "level")).isEqualTo("Metadata");
    assertThat(String.valueOf(Docs.at(first, "resources")))
        .contains("secrets", "configmaps", "serviceaccounts/token", "tokenreviews");
    // Nothing before it, no user or verb that narrows it.
    assertThat(((Map<?, ?>) first).keySet()).hasToString("[level, resources]");
  }

  @Test
  void clientCertificatesEndWithTheCluster() {
    assertThat(Hardening.patches(true, Duration.ofMinutes(90)).getFirst().yaml())
        .contains("certLifetime: 1h30m0s");
    assertThat(Hardening.patches(true, null).getFirst().yaml()).contains("certLifetime: 8760h0m0s");
  }
}
