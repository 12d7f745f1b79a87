package io.sskuba.toolchain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ToolLockTest {
  private final ToolLock lock = ToolLock.bundled();

  @Test
  void pinsWhatTheDesignNames() {
    assertThat(lock.tools().stream().map(Tool::title))
        .contains(
            "etcd v3.7.3",
            "kube-apiserver v1.36.3",
            "kube-controller-manager v1.36.3",
            "kube-scheduler v1.36.3",
            "kubectl v1.36.3",
            "kwok v0.8.0",
            "pulumi v3.259.0",
            "talosctl v1.13.9");
    assertThat(lock.tools().stream().map(Tool::name)).containsAll(Toolchain.LOCAL);
  }

  @Test
  void hasTheVersionsThatItsModulesRequire() {
    for (Tool tool : lock.tools()) {
      String goMod =
          new String(lock.module(tool.build().module(), "go.mod"), StandardCharsets.UTF_8);
      String module = tool.build().mainPackage();
      while (module.contains("/") && !requires(goMod, module, tool.version())) {
        module = module.substring(0, module.lastIndexOf('/'));
      }
      assertThat(module)
          .as("a module of %s at %s in its go.mod", tool.name(), tool.version())
          .contains("/");
    }
  }

  @Test
  void linksTheVersionIntoKubernetesAndPulumi() {
    for (String name : List.of("kube-apiserver", "kubectl", "pulumi")) {
      Tool tool = lock.find(name);
      assertThat(String.join(" ", GoBuilder.arguments(tool.build()))).contains(tool.version());
    }
  }

  @Test
  void usesPublishersUrlsOfTheSameVersion() {
    for (Tool tool : lock.tools()) {
      tool.published()
          .values()
          .forEach(
              published -> {
                assertThat(published.url().toString())
                    .startsWith("https://")
                    .contains(tool.version())
                    .contains(tool.name().equals("pulumi") ? "pulumi" : tool.name());
                assertThat(published.url().toString()).doesNotContain("NAME");
              });
    }
  }

  @Test
  void changesTheRecipeWithWhateverChangesTheProgram() {
    Platform linux = new Platform("linux", "amd64");
    ToolLock one = fake("v1", "a");
    String recipe = one.recipe(one.find("tool"), linux);
    assertThat(recipe).isEqualTo(fake("v1", "a").recipe(one.find("tool"), linux));
    ToolLock otherVersion = fake("v2", "a");
    ToolLock otherSum = fake("v1", "b");
    assertThat(otherVersion.recipe(otherVersion.find("tool"), linux)).isNotEqualTo(recipe);
    assertThat(otherSum.recipe(otherSum.find("tool"), linux)).isNotEqualTo(recipe);
    assertThat(one.recipe(one.find("tool"), new Platform("linux", "arm64"))).isNotEqualTo(recipe);
  }

  @Test
  void refusesADigestThatIsNone() {
    assertThatThrownBy(
            () ->
                ToolLock.parse(
                    """
                    tools:
                      tool:
                        version: v1
                        publisher: {linux/amd64: {url: 'https://example.org/tool', digest: sha256:12}}
                        build: {module: m, package: p, seconds: 1}
                    """,
                    (module, file) -> new byte[0]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("neither sha256:HEX nor unverified");
  }

  private static ToolLock fake(String version, String sum) {
    return ToolLock.parse(
        "tools: {tool: {version: %s, build: {module: m, package: p, seconds: 1}}}"
            .formatted(version),
        (module, file) -> (file + sum).getBytes(StandardCharsets.UTF_8));
  }

  private static boolean requires(String goMod, String module, String version) {
    return Pattern.compile(
            "(?m)^(require|\\s)\\s*%s %s( |$)"
                .formatted(Pattern.quote(module), Pattern.quote(version)))
        .matcher(goMod)
        .find();
  }
}
