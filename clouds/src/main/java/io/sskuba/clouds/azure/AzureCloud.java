package io.sskuba.clouds.azure;

import io.sskuba.io.Environment;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// Which Azure: the public one, a sovereign one, or one that the user's environment describes, by
/// the variables that the engine's plugin reads.
/// - Source: pulumi-azure-native, provider/pkg/provider (`ARM_ENVIRONMENT`,
///   `ARM_RESOURCE_MANAGER_ENDPOINT`, `ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST`,
///   `ARM_RESOURCE_MANAGER_AUDIENCE`)
///
/// @param authority where Entra gives tokens
/// @param manager Resource Manager
/// @param audience what a token for it is asked for, without `/.default`
/// @param trust null for the machine's own certificates
record AzureCloud(URI authority, URI manager, String audience, @Nullable SSLContext trust) {
  private static final AzureCloud PUBLIC =
      of("https://login.microsoftonline.com/", "https://management.azure.com");
  private static final AzureCloud US =
      of("https://login.microsoftonline.us/", "https://management.usgovcloudapi.net");
  private static final AzureCloud CHINA =
      of("https://login.chinacloudapi.cn/", "https://management.chinacloudapi.cn");

  AzureCloud {
    for (URI url : new URI[] {authority, manager}) {
      // A token goes there.
      if (!"https".equals(url.getScheme()) && !String.valueOf(url.getHost()).startsWith("127.")) {
        throw new SskubaException(
            Problem.of(ProblemCode.CLOUD_CREDENTIALS, "tokens go to no address without encryption")
                .fact("cause", url.getScheme() + "://" + url.getHost())
                .fact("needed", "an address that begins with https://"));
      }
    }
  }

  private static AzureCloud of(String authority, String manager) {
    return new AzureCloud(URI.create(authority), URI.create(manager), manager, null);
  }

  static AzureCloud of(Environment environment) {
    Optional<String> manager = value(environment, "ARM_RESOURCE_MANAGER_ENDPOINT");
    Optional<String> host =
        value(environment, "ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST", "AZURE_AUTHORITY_HOST");
    AzureCloud named =
        switch (value(environment, "ARM_ENVIRONMENT", "AZURE_ENVIRONMENT")
            .orElse("public")
            .toLowerCase(Locale.ROOT)) {
          case "usgovernment", "usgov", "azureusgovernment", "azureusgovernmentcloud" -> US;
          case "china", "azurechina", "azurechinacloud" -> CHINA;
          default -> PUBLIC;
        };
    URI at = manager.map(m -> URI.create(m.replaceAll("/+$", ""))).orElse(named.manager());
    return new AzureCloud(
        host.map(URI::create).orElse(named.authority()),
        at,
        value(environment, "ARM_RESOURCE_MANAGER_AUDIENCE")
            .map(a -> a.replaceAll("/+$", ""))
            .orElse(manager.isPresent() ? at.toString() : named.audience()),
        null);
  }

  /// The first of several variables that is set.
  static Optional<String> value(Environment environment, String... names) {
    for (String name : names) {
      String value = environment.get(name);
      if (value != null && !value.isBlank()) {
        return Optional.of(value);
      }
    }
    return Optional.empty();
  }

  /// Whether Entra itself knows the authority; it is asked about it only then.
  boolean known() {
    return equals(PUBLIC) || equals(US) || equals(CHINA);
  }

  HttpClient.Builder http() {
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .connectTimeout(Duration.ofSeconds(5))
            .followRedirects(HttpClient.Redirect.NEVER); // a token must not follow
    if (trust != null) {
      builder.sslContext(trust);
    }
    return builder;
  }
}
