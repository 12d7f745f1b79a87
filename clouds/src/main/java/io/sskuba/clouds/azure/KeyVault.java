package io.sskuba.clouds.azure;

import com.azure.core.credential.TokenRequestContext;
import com.azure.core.exception.AzureException;
import com.azure.core.http.jdk.httpclient.JdkHttpClientBuilder;
import com.azure.identity.DefaultAzureCredential;
import com.azure.identity.DefaultAzureCredentialBuilder;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.clouds.BucketProblems;
import io.sskuba.clouds.HttpJson;
import io.sskuba.clouds.RemoteCall;
import io.sskuba.clouds.SecretProblems;
import io.sskuba.io.Json;
import io.sskuba.secret.age.KeyWrapping;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Azure Key Vault: keys that wrap, and secrets, by its REST API with the user's own credentials
/// (environment, federated, CLI, managed).
/// - Source: Key Vault REST API 7.4, "Wrap Key", "Unwrap Key", "Get Secret".
public final class KeyVault {
  private static final String VERSION = "?api-version=7.4";
  private static final String ALGORITHM = "RSA-OAEP-256";
  private static final Duration TOKEN = Duration.ofSeconds(30);

  private final HttpJson http = new HttpJson();
  private final UnaryOperator<String> tokens;

  public KeyVault() {
    this(new Tokens());
  }

  /// @param tokens an access token for a scope
  KeyVault(UnaryOperator<String> tokens) {
    this.tokens = tokens;
  }

  /// Made when first asked for a token.
  private static final class Tokens implements UnaryOperator<String> {
    private @Nullable DefaultAzureCredential credential;

    @Override
    public synchronized String apply(String scope) {
      try {
        return RemoteCall.run(TOKEN, () -> token(scope));
      } catch (AzureException | IllegalStateException | RemoteCall.Overdue e) {
        throw SecretProblems.denied(
            "Azure", BucketProblems.cause(e), "az login, or AZURE_CLIENT_ID and the like", e);
      }
    }

    private String token(String scope) {
      DefaultAzureCredential known = credential;
      if (known == null) {
        known =
            new DefaultAzureCredentialBuilder()
                .httpClient(new JdkHttpClientBuilder().build())
                .build();
        credential = known;
      }
      return known.getTokenSync(new TokenRequestContext().addScopes(scope)).getToken();
    }
  }

  /// A key by its URL, with or without a version. What is wrapped keeps the version that wrapped
  /// it, so that a rotated key still unwraps.
  public KeyWrapping key(String url) {
    return new KeyWrapping() {
      @Override
      public byte[] wrap(byte[] fileKey) {
        HttpJson.Answer answer =
            call(
                url + "/wrapkey",
                "wrapKey",
                Json.object()
                    .put("alg", ALGORITHM)
                    .put("value", Base64.getUrlEncoder().withoutPadding().encodeToString(fileKey)));
        String text =
            answer.body().path("kid").asText("") + "\n" + answer.body().path("value").asText("");
        return text.getBytes(StandardCharsets.UTF_8);
      }

      @Override
      public byte[] unwrap(byte[] wrapped) {
        String[] parts = new String(wrapped, StandardCharsets.UTF_8).split("\n", 2);
        // The version is taken, the place is not: a changed file must not lead to another vault.
        String version = parts[0].substring(parts[0].lastIndexOf('/') + 1);
        String at = hasVersion(url) ? url : url + "/" + version.replaceAll("[^A-Za-z0-9]", "");
        HttpJson.Answer answer =
            call(
                at + "/unwrapkey",
                "unwrapKey",
                Json.object()
                    .put("alg", ALGORITHM)
                    .put("value", parts.length == 2 ? parts[1] : ""));
        return Base64.getUrlDecoder().decode(answer.body().path("value").asText(""));
      }
    };
  }

  private static boolean hasVersion(String url) {
    return URI.create(url).getPath().split("/", -1).length > 3; // /keys/NAME/VERSION
  }

  /// @param vault name or URL
  public byte[] value(String vault, String name, String shown) {
    String base = vault.contains("://") ? vault : "https://" + vault + ".vault.azure.net";
    String url = base.replaceAll("/+$", "") + "/secrets/" + name;
    HttpJson.Answer answer = ask(url, null);
    if (answer.status() == 404) {
      throw SecretProblems.missing(shown, "there is no secret of this name");
    }
    require(answer, url, "get on secrets");
    return answer.body().path("value").asText("").getBytes(StandardCharsets.UTF_8);
  }

  private HttpJson.Answer call(String url, String right, ObjectNode body) {
    HttpJson.Answer answer = ask(url, body);
    require(answer, url, right + " on keys");
    return answer;
  }

  private HttpJson.Answer ask(String url, @Nullable ObjectNode body) {
    URI uri = URI.create(url + VERSION);
    return http.call(
        "Azure Key Vault",
        uri,
        Map.of("Authorization", "Bearer " + tokens.apply(scope(uri.getHost()))),
        body);
  }

  /// The clouds differ in the end of their names: `NAME.vault.azure.net`, `…azure.cn`.
  private static String scope(String host) {
    String lower = host.toLowerCase(Locale.ROOT);
    int vault = lower.indexOf(".vault.");
    return "https://" + (vault < 0 ? lower : lower.substring(vault + 1)) + "/.default";
  }

  private static void require(HttpJson.Answer answer, String url, String right) {
    if (answer.status() == 200) {
      return;
    }
    String cause =
        "status "
            + answer.status()
            + " "
            + answer.body().path("error").path("code").asText("").replaceAll("[^A-Za-z]", "");
    throw answer.status() == 401 || answer.status() == 403
        ? SecretProblems.denied(url, cause.strip(), right, null)
        : SecretProblems.unreachable(url, cause.strip(), null);
  }
}
