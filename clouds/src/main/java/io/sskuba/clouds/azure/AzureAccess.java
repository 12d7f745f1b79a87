package io.sskuba.clouds.azure;

import com.azure.core.credential.AccessToken;
import com.azure.core.credential.TokenCredential;
import com.azure.core.credential.TokenRequestContext;
import com.azure.core.http.HttpClient;
import com.azure.core.http.jdk.httpclient.JdkHttpClientBuilder;
import com.azure.core.util.ConfigurationBuilder;
import com.azure.identity.AadCredentialBuilderBase;
import com.azure.identity.ClientAssertionCredentialBuilder;
import com.azure.identity.ClientCertificateCredentialBuilder;
import com.azure.identity.ClientSecretCredentialBuilder;
import com.azure.identity.ManagedIdentityCredentialBuilder;
import io.sskuba.io.Environment;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// How this user reaches Azure, in the engine's plugin's own order, so that both are the same
/// identity: a client certificate, a client secret, an identity token (of a CI job, of a workload),
/// the machine's managed identity, the Azure CLI. Variables are the plugin's `ARM_…` or the SDKs'
/// `AZURE_…`; the plugin, which reads the former only, is given those.
///
/// A token is kept until it is about to end, and then asked for anew.
/// - Source: pulumi-azure-native, provider/pkg/provider (order and names of variables);
///   https://learn.microsoft.com/java/api/overview/azure/identity-readme (environment variables)
///
/// Thread: any.
final class AzureAccess {
  private static final String CLIENT = "ARM_CLIENT_ID";
  private static final String TENANT = "ARM_TENANT_ID";

  /// A token that ends within this is not used again.
  private static final Duration SPARE = Duration.ofMinutes(5);

  private final AzureCloud cloud;
  private final TimeSource time;
  private final Supplier<Token> source;
  private final Map<String, String> variables;
  private final Optional<Instant> ends;
  private @Nullable Token held;

  /// @param value secret
  record Token(String value, Instant expires) {
    @Override
    public String toString() {
      return "a token until " + expires;
    }
  }

  private AzureAccess(
      AzureCloud cloud,
      TimeSource time,
      Supplier<Token> source,
      Map<String, String> variables,
      Optional<Instant> ends) {
    this.cloud = cloud;
    this.time = time;
    this.source = source;
    this.variables = Map.copyOf(variables);
    this.ends = ends;
  }

  static AzureAccess of(Environment environment, String subscription, TimeSource time) {
    return of(environment, subscription, time, AzureCloud.of(environment));
  }

  /// Calls nobody and starts nothing.
  static AzureAccess of(
      Environment environment, String subscription, TimeSource time, AzureCloud cloud) {
    return new Choice(environment, subscription, time, cloud).access();
  }

  AzureCloud cloud() {
    return cloud;
  }

  /// A token for Resource Manager.
  ///
  /// Errors: `CLOUD_CREDENTIALS`, and those of the library.
  synchronized String token() {
    Token known = held;
    if (known == null || known.expires().isBefore(time.now().plus(SPARE))) {
      known = source.get();
      held = known;
    }
    return known.value();
  }

  /// What the plugin needs to be the same identity. Secret.
  Map<String, String> variables() {
    return variables;
  }

  /// When no new token can be had any more; empty where it is renewed as long as anybody knows.
  Optional<Instant> ends() {
    return ends;
  }

  /// Which of the ways the environment shows.
  private static final class Choice {
    private final Environment environment;
    private final String subscription;
    private final TimeSource time;
    private final AzureCloud cloud;
    private final Map<String, String> variables = new LinkedHashMap<>();
    private final Optional<String> client;
    private final Optional<String> tenant;

    Choice(Environment environment, String subscription, TimeSource time, AzureCloud cloud) {
      this.environment = environment;
      this.subscription = subscription;
      this.time = time;
      this.cloud = cloud;
      this.client = value(CLIENT, "AZURE_CLIENT_ID");
      this.tenant = value(TENANT, "AZURE_TENANT_ID");
      variables.put("ARM_SUBSCRIPTION_ID", subscription);
    }

    private Optional<String> value(String... names) {
      return AzureCloud.value(environment, names);
    }

    AzureAccess access() {
      Optional<String> certificate =
          value("ARM_CLIENT_CERTIFICATE_PATH", "AZURE_CLIENT_CERTIFICATE_PATH");
      if (certificate.isPresent()) {
        return certificate(certificate.get());
      }
      Optional<String> secret = value("ARM_CLIENT_SECRET", "AZURE_CLIENT_SECRET");
      if (secret.isPresent()) {
        named("ARM_CLIENT_SECRET", secret.get());
        return made(
            http ->
                aad(new ClientSecretCredentialBuilder(), http).clientSecret(secret.get()).build());
      }
      if (client.isPresent() && tenant.isPresent()) {
        Optional<AzureAccess> federated = federated();
        if (federated.isPresent()) {
          return federated.get();
        }
      }
      if (value("ARM_USE_MSI").filter("true"::equals).isPresent()
          || value("IDENTITY_ENDPOINT", "MSI_ENDPOINT").isPresent()) {
        return managed();
      }
      AzureCli cli = new AzureCli(environment, time, subscription, cloud.audience());
      tenant.ifPresent(t -> variables.put(TENANT, t));
      return new AzureAccess(cloud, time, cli::token, variables, Optional.empty());
    }

    private AzureAccess certificate(String path) {
      named("ARM_CLIENT_CERTIFICATE_PATH", path);
      Optional<String> password =
          value("ARM_CLIENT_CERTIFICATE_PASSWORD", "AZURE_CLIENT_CERTIFICATE_PASSWORD");
      password.ifPresent(p -> variables.put("ARM_CLIENT_CERTIFICATE_PASSWORD", p));
      return made(
          http -> {
            ClientCertificateCredentialBuilder builder =
                aad(new ClientCertificateCredentialBuilder(), http);
            if (password.isPresent() || path.endsWith(".pfx") || path.endsWith(".p12")) {
              builder.pfxCertificate(path);
              builder.clientCertificatePassword(password.orElse(""));
            } else {
              builder.pemCertificate(path);
            }
            return builder.build();
          });
    }

    private Optional<AzureAccess> federated() {
      Optional<Assertion> assertion = Assertion.of(environment);
      if (assertion.isEmpty()) {
        return Optional.empty();
      }
      named("ARM_USE_OIDC", "true");
      variables.putAll(assertion.get().variables());
      AzureAccess access =
          made(
              http ->
                  aad(new ClientAssertionCredentialBuilder(), http)
                      .clientAssertion(assertion.get().token())
                      .build());
      return Optional.of(
          new AzureAccess(cloud, time, access.source, access.variables, assertion.get().ends()));
    }

    private AzureAccess managed() {
      variables.put("ARM_USE_MSI", "true");
      client.ifPresent(id -> variables.put(CLIENT, id));
      return made(
          http -> {
            ConfigurationBuilder configuration = new ConfigurationBuilder();
            for (String name :
                new String[] {
                  "IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT", "MSI_SECRET"
                }) {
              value(name).ifPresent(v -> configuration.putProperty(name, v));
            }
            ManagedIdentityCredentialBuilder builder =
                new ManagedIdentityCredentialBuilder()
                    .configuration(configuration.build())
                    .httpClient(http);
            client.ifPresent(builder::clientId);
            return builder.build();
          });
    }

    /// An application's own variables.
    private void named(String variable, String value) {
      variables.put(CLIENT, client.orElseThrow(() -> incomplete(CLIENT)));
      variables.put(TENANT, tenant.orElseThrow(() -> incomplete(TENANT)));
      variables.put(variable, value);
    }

    private static SskubaException incomplete(String variable) {
      return new SskubaException(
          Problem.of(ProblemCode.CLOUD_CREDENTIALS, "the credentials of Azure are incomplete")
              .fact("cause", variable + " is not set, nor its AZURE_ counterpart"));
    }

    private <B extends AadCredentialBuilderBase<B>> B aad(B builder, HttpClient http) {
      builder
          // An empty one, and first, since it sets all else anew: what counts is what this class
          // was given.
          .configuration(new ConfigurationBuilder().build())
          .httpClient(http)
          .authorityHost(cloud.authority().toString())
          .clientId(client.orElseThrow())
          .tenantId(tenant.orElseThrow());
      if (!cloud.known()) {
        // Each builder declares it for itself.
        disableDiscovery(builder);
      }
      return builder;
    }

    private static void disableDiscovery(AadCredentialBuilderBase<?> builder) {
      switch (builder) {
        case ClientSecretCredentialBuilder b -> b.disableInstanceDiscovery();
        case ClientCertificateCredentialBuilder b -> b.disableInstanceDiscovery();
        case ClientAssertionCredentialBuilder b -> b.disableInstanceDiscovery();
        default -> {}
      }
    }

    /// The library's credential, made when first asked for a token: it costs a quarter of a second.
    private AzureAccess made(Function<HttpClient, TokenCredential> maker) {
      TokenRequestContext request =
          new TokenRequestContext().addScopes(cloud.audience() + "/.default");
      Supplier<TokenCredential> once =
          new Supplier<>() {
            private @Nullable TokenCredential credential;

            @Override
            public synchronized TokenCredential get() {
              TokenCredential known = credential;
              if (known == null) {
                known = maker.apply(new JdkHttpClientBuilder(cloud.http()).build());
                credential = known;
              }
              return known;
            }
          };
      return new AzureAccess(
          cloud,
          time,
          () -> {
            AccessToken token = once.get().getTokenSync(request);
            return new Token(token.getToken(), token.getExpiresAt().toInstant());
          },
          variables,
          Optional.empty());
    }
  }
}
