package io.sskuba.cloud;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.io.Environment;
import io.sskuba.problem.ProblemCode;
import io.sskuba.spec.ClusterSpec.Provider;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeCredentialsTest {
  private static final URI HERE = URI.create("file:///state");
  private static final Map<String, String> ALL =
      Map.ofEntries(
          Map.entry("PATH", "/bin"),
          Map.entry("https_proxy", "http://proxy:3128"),
          Map.entry("AWS_PROFILE", "team"),
          Map.entry("ARM_CLIENT_ID", "id"),
          Map.entry("AZURE_CONFIG_DIR", "/az"),
          Map.entry("IDENTITY_HEADER", "h"),
          Map.entry("VSPHERE_USER", "u"),
          Map.entry("BIGIP_PORT", "443"),
          Map.entry("DOCKER_HOST", "tcp://d"),
          Map.entry("PULUMI_ACCESS_TOKEN", "t"),
          Map.entry("SSKUBA_GIT_TOKEN", "t"),
          Map.entry("MY_AWS_KEY", "k"),
          Map.entry("no_proxying", "x"));

  @TempDir Path home;

  private NativeCredentials with(Map<String, String> variables) {
    Map<String, String> all = new HashMap<>(variables);
    all.put("HOME", home.toString());
    return new NativeCredentials(new Environment(all, home), home.resolve("vendor"));
  }

  @Test
  void aPluginSeesItsOwnProvidersVariablesAndNoOthers() {
    NativeCredentials all = with(ALL);
    assertThat(all.variables(Provider.AWS, HERE))
        .containsOnlyKeys("PATH", "HOME", "https_proxy", "AWS_PROFILE");
    assertThat(all.variables(Provider.AZURE, HERE))
        .containsOnlyKeys(
            "PATH", "HOME", "https_proxy", "ARM_CLIENT_ID", "AZURE_CONFIG_DIR", "IDENTITY_HEADER");
    assertThat(all.variables(Provider.VSPHERE, HERE))
        .containsOnlyKeys("PATH", "HOME", "https_proxy", "VSPHERE_USER", "BIGIP_PORT");
    assertThat(all.variables(Provider.DOCKER, HERE))
        .containsOnlyKeys("PATH", "HOME", "https_proxy", "DOCKER_HOST");
    assertThat(all.variables(Provider.METAL, HERE)).as("ours, in this process").isEmpty();
  }

  @Test
  void aBucketForTheStateIsReachedWithItsOwn() {
    assertThat(with(ALL).variables(Provider.METAL, URI.create("s3://team/state")))
        .containsOnlyKeys("PATH", "HOME", "https_proxy", "AWS_PROFILE");
    assertThat(with(ALL).variables(Provider.VSPHERE, URI.create("azblob://state")))
        .containsKeys("AZURE_CONFIG_DIR", "VSPHERE_USER")
        .doesNotContainKey("AWS_PROFILE");
  }

  private static void assertMissing(NativeCredentials credentials, Provider provider) {
    assertThat(credentials.missing(provider))
        .hasValueSatisfying(p -> assertThat(p.code()).isEqualTo(ProblemCode.CLOUD_CREDENTIALS));
  }

  @Test
  void nothingAtAllIsToldWithoutACall() {
    assertMissing(with(Map.of()), Provider.AWS);
    assertMissing(with(Map.of("AWS_PROFILE", "")), Provider.AWS);
    assertMissing(with(Map.of("AWS_REGION", "eu-central-1")), Provider.AWS);
    assertMissing(with(Map.of("ARM_TENANT_ID", "t")), Provider.AZURE);
    assertThat(with(Map.of()).missing(Provider.METAL)).isEmpty();
    assertThat(with(Map.of()).missing(Provider.VSPHERE)).isEmpty();
  }

  @Test
  void eachPlaceOfTheProvidersOwnCounts() throws IOException {
    assertThat(with(Map.of("AWS_WEB_IDENTITY_TOKEN_FILE", "/t")).missing(Provider.AWS)).isEmpty();
    assertThat(with(Map.of("IDENTITY_ENDPOINT", "http://x")).missing(Provider.AZURE)).isEmpty();
    assertThat(with(Map.of("DOCKER_HOST", "tcp://d")).missing(Provider.DOCKER)).isEmpty();
    Files.createDirectories(home.resolve(".aws"));
    Files.writeString(home.resolve(".aws/config"), "[default]\n");
    assertThat(with(Map.of()).missing(Provider.AWS)).isEmpty();
    Path moved = Files.createDirectories(home.resolve("az"));
    Files.writeString(moved.resolve("azureProfile.json"), "{}");
    assertThat(with(Map.of("AZURE_CONFIG_DIR", moved.toString())).missing(Provider.AZURE))
        .isEmpty();
  }

  /// A cloud's machine may have an identity that no variable names: the provider decides.
  @Test
  void aMachineOfTheCloudItselfIsAsked() throws IOException {
    Files.writeString(home.resolve("vendor"), "Amazon EC2\n");
    assertThat(with(Map.of()).missing(Provider.AWS)).isEmpty();
    assertMissing(with(Map.of()), Provider.AZURE);
    Files.writeString(home.resolve("vendor"), "Microsoft Corporation\n");
    assertThat(with(Map.of()).missing(Provider.AZURE)).isEmpty();
    assertMissing(with(Map.of()), Provider.AWS);
  }
}
