package io.sskuba.infra.pulumi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A checkpoint that a full disk cut short: the engine's copy, then ours, stands in.
class TornCheckpointTest {
  @TempDir Path folder;
  private PulumiSettings settings;
  private StackFiles files;
  private Path checkpoint;

  @BeforeEach
  void open() throws IOException {
    settings =
        PulumiSettings.simulated(
            folder.resolve("pulumi"),
            folder.resolve("state").toUri(),
            "organization",
            "sskuba",
            "demo",
            folder.resolve("passphrase"),
            folder.resolve("work"),
            folder.resolve("home"));
    files = new StackFiles(settings, null);
    Path stacks = Files.createDirectories(folder.resolve("state/.pulumi/stacks/sskuba"));
    checkpoint = stacks.resolve("demo.json");
    Files.createDirectories(folder.resolve("work"));
  }

  private static String whole(String name) {
    return "{\"version\":3,\"checkpoint\":{\"latest\":{\"resources\":[{\"type\":\"a:b:C\",\"urn\":"
        + "\"urn:pulumi:demo::sskuba::a:b:C::"
        + name
        + "\",\"id\":\"1\"}]}}}";
  }

  private List<String> names() {
    return new PulumiInfrastructure(settings, List.of(), TimeSource.system(), RandomSource.system())
        .resources().stream().map(r -> r.name()).toList();
  }

  @Test
  void theEnginesCopyStandsIn() throws IOException {
    String torn = whole("new").substring(0, 70);
    Files.writeString(checkpoint, torn);
    Files.writeString(checkpoint.resolveSibling("demo.json.bak"), whole("backup"));
    assertThat(names()).containsExactly("backup");
    assertThat(checkpoint).hasContent(torn); // reading changes nothing
    assertThat(files.restore().orElseThrow()).contains("demo.json was cut short", "demo.json.bak");
    assertThat(names()).containsExactly("backup");
    assertThat(checkpoint.resolveSibling("demo.json.torn1")).hasContent(torn);
    assertThat(files.restore()).isEmpty();
  }

  @Test
  void oursStandsInWhenTheEnginesIsTornToo() throws IOException {
    Files.writeString(checkpoint, whole("before"));
    files.keepCopy();
    Files.writeString(checkpoint, "");
    Files.writeString(checkpoint.resolveSibling("demo.json.bak"), "");
    files.keepCopy(); // one that is torn is not kept over one that is whole
    assertThat(names()).containsExactly("before");
    assertThat(files.restore().orElseThrow()).contains("checkpoint.kept");
    assertThat(checkpoint).hasContent(whole("before"));
  }

  @Test
  void withoutAnyCopyItIsRefusedAndOnlyADeleteSetsItAside() throws IOException {
    Files.writeString(checkpoint, "{\"version\":3,");
    assertThat(files.restore()).isEmpty();
    assertThatThrownBy(this::names)
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(ProblemCode.STATE_CORRUPT);
              assertThat(e.problem().next()).containsExactly("sskuba-ctl delete demo --yes");
            });
    Path aside = files.setAside().orElseThrow();
    assertThat(aside).hasContent("{\"version\":3,");
    assertThat(names()).isEmpty();
  }

  @Test
  void aWholeOneIsLeftAlone() throws IOException {
    Files.writeString(checkpoint, whole("now"));
    Files.writeString(checkpoint.resolveSibling("demo.json.bak"), whole("backup"));
    assertThat(files.restore()).isEmpty();
    assertThat(files.setAside()).isEmpty();
    assertThat(names()).containsExactly("now");
  }

  @Test
  void aTornLockNamesNobodyAndGoes() throws IOException {
    Path locks =
        Files.createDirectories(folder.resolve("state/.pulumi/locks/organization/sskuba/demo"));
    Path lock = Files.createFile(locks.resolve("0f0f.json"));
    assertThat(files.locks()).hasSize(1);
    assertThat(files.locks().getFirst().verdict(List.of(), TimeSource.system().now()))
        .isEqualTo(StackLock.Verdict.DEAD);
    files.repair();
    assertThat(lock).doesNotExist();
  }
}
