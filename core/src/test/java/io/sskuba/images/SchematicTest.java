package io.sskuba.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.problem.SskubaException;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Ids that others published: the factory's own tests and documents, and pages of its users.
class SchematicTest {
  @Test
  void idsAreThePublishedOnes() {
    // siderolabs/image-factory, pkg/schematic/schematic_test.go; talos.dev, "Image Factory"
    assertThat(Schematic.VANILLA.id())
        .isEqualTo("376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba");
    assertThat(new Schematic(List.of("noapic", "nolapic"), List.of()).id())
        .isEqualTo("9cba8e32753f91a16c1837ab8abf356af021706ef284aef07380780177d9a06c");
    // Users' pages that show schematic and id together.
    assertThat(extensions("iscsi-tools", "qemu-guest-agent"))
        .isEqualTo("dc7b152cb3ea99b821fcb7340ce7168313ce393d663740b791c36f6e95fc8586");
    assertThat(
            extensions(
                "iscsi-tools",
                "nonfree-kmod-nvidia-production",
                "nvidia-container-toolkit-production",
                "qemu-guest-agent"))
        .isEqualTo("4392dfdeec70a2d7f294c51508ac5b05977272ae5a2ea7c0c0b5288e0e34317d");
    assertThat(extensions("nonfree-kmod-nvidia-production", "nvidia-container-toolkit-production"))
        .isEqualTo("26124abcbd408be693df9fe852c80ef1e6cc178e34d7d7d8430a28d1130b4227");
  }

  private static String extensions(String... names) {
    return new Schematic(List.of(), List.of(names).stream().map(n -> "siderolabs/" + n).toList())
        .id();
  }

  @Test
  void theImageForGpusIsTheOneThatUsersOfTalos113Install() {
    assertThat(WantedImage.nvidia("v1.13.9").id())
        .isEqualTo("6698d6f136c5bb37ca8bb8482c9084305084da0a5ead1f4dcae760796f8ab3a2");
    for (String unknown : List.of("v1.7.6", "v1.14.0", "1.13.9", "v2.0.0")) {
      assertThatThrownBy(() -> WantedImage.nvidia(unknown))
          .isInstanceOf(SskubaException.class)
          .hasMessageContaining(unknown);
    }
  }

  @Test
  void whatYamlWouldQuoteIsRefused() {
    for (String text : List.of("true", "12", "a b", "a: b", "-x", "", "null", "ä")) {
      assertThatThrownBy(() -> new Schematic(List.of(text), List.of()))
          .as(text)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
