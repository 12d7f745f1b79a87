package io.sskuba.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Where machines cannot be reached before they are members: their configurations go to them as
/// user data, and lie nowhere else in the clear.
class J05UserDataIT {
  private static final Pattern BASE64 = Pattern.compile("[A-Za-z0-9+/]{120,}={0,2}");
  private Ctl ctl;

  @BeforeEach
  void open() throws Exception {
    ctl = Ctl.open();
  }

  @AfterEach
  void close() throws Exception {
    if (ctl != null) {
      ctl.close();
    }
  }

  private Path file(String target) throws Exception {
    Path here = Path.of("").toAbsolutePath();
    Path root = Files.isDirectory(here.resolve("examples")) ? here : here.getParent();
    String yaml = Files.readString(root.resolve("examples/" + target + ".yaml"));
    return ctl.file(
        target + ".yaml",
        yaml.replace("  provider: " + target, "  provider: " + target + "\n  delivery: userData"));
  }

  /// The others are in [UserDataLongIT].
  @ParameterizedTest
  @ValueSource(strings = "azure")
  void machinesComeUpWithTheirUserData(String target) throws Exception {
    String file = file(target).toString();
    JsonNode plan = ctl.run("plan", "--rehearse", "-f", file, "-o", "json").exits(0).json();
    int machines = plan.path("machines").size();
    assertThat(ctl.run("plan", "-f", file, "-o", "yaml").exits(0).out())
        .contains("\"fn::secret\"")
        .doesNotContain("sskuba:user-data:");
    JsonNode status = ctl.run("apply", "--rehearse", "-f", file, "-o", "json").exits(0).json();
    String name = status.path("name").asText();
    Clusters.assertReady(status, machines);
    assertThat(status.path("warnings").toString()).contains("delivery userData");
    String key = name.replace('/', '.');
    String events = Files.readString(ctl.state().resolve("clusters/" + key + "/events.jsonl"));
    assertThat(events).contains("0 of " + machines + " machines configured now");
    assertNoConfigurationInTheClear();
    JsonNode again =
        ctl.run("plan", "--rehearse", "-f", file, "-o", "json", "--detailed-exitcode")
            .exits(0)
            .json();
    assertThat(again.path("changes").path("same").asInt()).isPositive();
    assertThat(again.toString()).doesNotContain(Clusters.SECRETS);
    ctl.run("delete", name, "--yes").exits(0);
    assertThat(J04RehearsalIT.held(ctl)).isEmpty();
  }

  /// Neither as it is nor in base64: in records, journals, Pulumi's state, simulated accounts.
  private void assertNoConfigurationInTheClear() throws Exception {
    Clusters.assertNoPlaintextSecret(ctl.state());
    int decoded = 0;
    for (String name : Ctl.files(ctl.state())) {
      Path file = ctl.state().resolve(name);
      if (name.contains("/etcd/") || Files.size(file) > (8 << 20)) {
        continue;
      }
      Matcher matcher = BASE64.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
      while (matcher.find()) {
        String text = decoded(matcher.group());
        assertThat(text).as(name).doesNotContain("machine:", "PRIVATE KEY");
        decoded++;
      }
    }
    assertThat(decoded).as("texts that could have been one, such as ciphertexts").isPositive();
  }

  private static String decoded(String text) {
    int length = text.length() / 4 * 4;
    try {
      return new String(
          Base64.getDecoder().decode(text.substring(0, length)), StandardCharsets.ISO_8859_1);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  /// Killed between the machines' making and the wait for them: the same machines, made once.
  @Test
  @Tag("slow")
  void goesOnAfterAKill() throws Exception {
    String file = file("docker").toString();
    Ctl.Running killed = ctl.start("apply", "--rehearse", "-f", file, "--events", "-");
    assertThat(killed.starts("render-configs")).isTrue();
    killed.signal("KILL");
    killed.end(Ctl.LONG);
    Map<String, String> before = new TreeMap<>(J04RehearsalIT.held(ctl));
    assertThat(before).isNotEmpty();
    JsonNode status = ctl.run("apply", "--rehearse", "-f", file, "-o", "json").exits(0).json();
    Clusters.assertReady(status, 2);
    assertThat(new TreeMap<>(J04RehearsalIT.held(ctl))).isEqualTo(before);
    assertNoConfigurationInTheClear();
    ctl.run("delete", status.path("name").asText(), "--yes").exits(0);
  }
}
