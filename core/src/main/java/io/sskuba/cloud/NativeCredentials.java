package io.sskuba.cloud;

import io.sskuba.io.Environment;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.spec.ClusterSpec.Provider;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The user's own credentials for a provider: which variables of the environment its plugin may
/// see, and whether there are any at all, told without a call to anybody.
///
/// What is not named here reaches no plugin. Values are never logged.
/// - Source: the providers' documents: AWS SDK's credential chain, Azure's `ARM_…` variables and
///   `az login`, Docker's `DOCKER_…`.
final class NativeCredentials {
  /// What a program needs to find others and the way out.
  private static final Set<String> ALWAYS =
      Set.of(
          "PATH",
          "HOME",
          "TMPDIR",
          "LANG",
          "SSL_CERT_FILE",
          "SSL_CERT_DIR",
          "HTTP_PROXY",
          "HTTPS_PROXY",
          "NO_PROXY");

  private static final Set<String> AZURE_MORE =
      Set.of(
          "IDENTITY_ENDPOINT",
          "IDENTITY_HEADER",
          "MSI_ENDPOINT",
          "MSI_SECRET",
          "ACTIONS_ID_TOKEN_REQUEST_URL",
          "ACTIONS_ID_TOKEN_REQUEST_TOKEN");

  private static final Path VENDOR = Path.of("/sys/class/dmi/id/sys_vendor");

  private final Environment environment;
  private final Path vendor;

  NativeCredentials(Environment environment) {
    this(environment, VENDOR);
  }

  /// @param vendor the file in which this machine says who made it: a cloud's machine may have an
  ///   identity that no variable names
  NativeCredentials(Environment environment, Path vendor) {
    this.environment = environment;
    this.vendor = vendor;
  }

  /// The variables that the engine and its plugins see.
  ///
  /// @param stateUrl where the engine keeps its state: that is reached with the same credentials
  Map<String, String> variables(Provider provider, URI stateUrl) {
    List<String> prefixes = new ArrayList<>(prefixes(provider));
    switch (String.valueOf(stateUrl.getScheme())) {
      case "s3" -> prefixes.add("AWS_");
      case "azblob" -> prefixes.add("AZURE_");
      default -> {}
    }
    Map<String, String> out = new LinkedHashMap<>();
    if (prefixes.isEmpty()) {
      return out;
    }
    environment.variables().entrySet().stream()
        .filter(e -> admitted(e.getKey(), prefixes))
        .sorted(Map.Entry.comparingByKey())
        .forEach(e -> out.put(e.getKey(), e.getValue()));
    return out;
  }

  private static boolean admitted(String name, List<String> prefixes) {
    return ALWAYS.contains(name)
        || ALWAYS.contains(name.toUpperCase(Locale.ROOT)) && name.endsWith("_proxy")
        || prefixes.contains("AZURE_") && AZURE_MORE.contains(name)
        || prefixes.stream().anyMatch(name::startsWith);
  }

  /// A provider of ours in this process needs none.
  private static List<String> prefixes(Provider provider) {
    return switch (provider) {
      case AWS -> List.of("AWS_");
      case AZURE -> List.of("AZURE_", "ARM_");
      case VSPHERE -> List.of("VSPHERE_", "BIGIP_");
      case DOCKER -> List.of("DOCKER_");
      case METAL, LOCAL -> List.of();
    };
  }

  /// Why the provider cannot be asked, if nothing here says who asks. Whether what there is will
  /// do, the provider tells.
  Optional<Problem> missing(Provider provider) {
    return switch (provider) {
      case AWS ->
          aws()
              ? Optional.empty()
              : Optional.of(
                  none("AWS", "AWS_ACCESS_KEY_ID, AWS_PROFILE, ~/.aws").next("aws sso login"));
      case AZURE ->
          azure()
              ? Optional.empty()
              : Optional.of(none("Azure", "ARM_CLIENT_ID, ARM_USE_MSI, ~/.azure").next("az login"));
      case DOCKER -> docker() ? Optional.empty() : Optional.of(noDocker());
      // Theirs are references of the file, or none at all.
      case VSPHERE, METAL, LOCAL -> Optional.empty();
    };
  }

  private static Problem none(String cloud, String lookedAt) {
    return Problem.of(ProblemCode.CLOUD_CREDENTIALS, "no credentials of " + cloud + " are here")
        .fact("cause", "none of " + lookedAt + " is there, and nobody was asked");
  }

  private static Problem noDocker() {
    return Problem.of(ProblemCode.CLOUD_UNASKED, "Docker cannot be reached from here")
        .fact("cause", "no DOCKER_HOST and no socket of a daemon")
        .next("docker info");
  }

  private boolean aws() {
    return any(
            "AWS_ACCESS_KEY_ID",
            "AWS_PROFILE",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI")
        || any("AWS_ROLE_ARN") && any("ACTIONS_ID_TOKEN_REQUEST_URL", "SSKUBA_ID_TOKEN")
        || file("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials")
        || file("AWS_CONFIG_FILE", ".aws/config")
        || madeBy("Amazon EC2");
  }

  private boolean azure() {
    return any("ARM_CLIENT_ID", "ARM_USE_MSI", "ARM_USE_OIDC", "AZURE_CLIENT_ID")
        || any("IDENTITY_ENDPOINT", "MSI_ENDPOINT")
        || file("", ".azure/azureProfile.json")
        || (environment.get("AZURE_CONFIG_DIR") instanceof String folder
            && Files.exists(Path.of(folder).resolve("azureProfile.json")))
        || madeBy("Microsoft Corporation");
  }

  private boolean docker() {
    String runtime = environment.get("XDG_RUNTIME_DIR");
    return any("DOCKER_HOST", "DOCKER_CONTEXT")
        || Files.exists(Path.of("/var/run/docker.sock"))
        || Files.exists(environment.home().resolve(".docker/run/docker.sock"))
        || runtime != null && Files.exists(Path.of(runtime).resolve("docker.sock"));
  }

  private boolean any(String... names) {
    for (String name : names) {
      String value = environment.get(name);
      if (value != null && !value.isEmpty()) {
        return true;
      }
    }
    return false;
  }

  private boolean file(String variable, String inHome) {
    String moved = environment.get(variable);
    return Files.exists(
        moved == null || moved.isEmpty() ? environment.home().resolve(inHome) : Path.of(moved));
  }

  private boolean madeBy(String maker) {
    try {
      return Files.readString(vendor).strip().startsWith(maker);
    } catch (IOException e) {
      return false;
    }
  }
}
