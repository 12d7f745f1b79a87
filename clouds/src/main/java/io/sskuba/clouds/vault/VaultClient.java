package io.sskuba.clouds.vault;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.clouds.HttpJson;
import io.sskuba.clouds.SecretProblems;
import io.sskuba.io.Environment;
import io.sskuba.io.Json;
import io.sskuba.problem.SskubaException;
import io.sskuba.secret.age.KeyWrapping;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Vault or OpenBao at `VAULT_ADDR`, with the token of `VAULT_TOKEN` or of `~/.vault-token`, in the
/// namespace of `VAULT_NAMESPACE`.
/// - Source: Vault's HTTP API, "KV secrets engine" and "Transit secrets engine".
public final class VaultClient {
  private static final String WHAT = "Vault";

  private final Environment environment;
  private final HttpJson http = new HttpJson();

  public VaultClient(Environment environment) {
    this.environment = environment;
  }

  /// One field of a key-value secret, of either version of the engine: as Vault's own command line
  /// does, the mount is asked which.
  public byte[] value(String path, String key, String shown) {
    String clean = path.replaceAll("^/+|/+$", "");
    HttpJson.Answer mount = get("sys/internal/ui/mounts/" + clean);
    String at = clean;
    boolean second = false;
    if (mount.status() == 200) {
      String prefix = mount.body().path("data").path("path").asText("");
      second = mount.body().path("data").path("options").path("version").asText("").equals("2");
      if (second && clean.startsWith(prefix) && !clean.startsWith(prefix + "data/")) {
        at = prefix + "data/" + clean.substring(prefix.length());
      }
    }
    HttpJson.Answer answer = get(at);
    if (answer.status() == 404) {
      throw SecretProblems.missing(shown, "there is no secret " + clean);
    }
    require(answer, WHAT + "'s secret " + clean, "read on " + at);
    JsonNode data = answer.body().path("data");
    JsonNode value = (second ? data.path("data") : data).get(key);
    if (value == null || !value.isValueNode() || value.isNull()) {
      throw SecretProblems.missing(shown, "the secret has no field " + key);
    }
    return value.asText().getBytes(StandardCharsets.UTF_8);
  }

  /// A key of the transit engine, `KEY` or `MOUNT/KEY`.
  public KeyWrapping transit(String name) {
    int slash = name.lastIndexOf('/');
    String mount = slash < 0 ? "transit" : name.substring(0, slash);
    String key = name.substring(slash + 1);
    return new KeyWrapping() {
      @Override
      public byte[] wrap(byte[] fileKey) {
        ObjectNode body =
            Json.object().put("plaintext", Base64.getEncoder().encodeToString(fileKey));
        return text("encrypt", body, "ciphertext").getBytes(StandardCharsets.US_ASCII);
      }

      @Override
      public byte[] unwrap(byte[] wrapped) {
        ObjectNode body =
            Json.object().put("ciphertext", new String(wrapped, StandardCharsets.US_ASCII));
        return Base64.getDecoder().decode(text("decrypt", body, "plaintext"));
      }

      private String text(String operation, ObjectNode body, String field) {
        String path = mount + "/" + operation + "/" + key;
        String what = WHAT + "'s transit key " + name;
        HttpJson.Answer answer = http.call(WHAT, url(path), headers(), body);
        require(answer, what, "update on " + path);
        String text = answer.body().path("data").path(field).asText("");
        if (text.isEmpty()) {
          throw SecretProblems.unreachable(what, "its answer has no " + field, null);
        }
        return text;
      }
    };
  }

  private HttpJson.Answer get(String path) {
    return http.call(WHAT, url(path), headers(), null);
  }

  private static void require(HttpJson.Answer answer, String what, String right) {
    if (answer.status() == 200) {
      return;
    }
    String cause = "status " + answer.status();
    throw answer.status() == 403
        ? SecretProblems.denied(what, cause, right, null)
        : SecretProblems.unreachable(what, cause, null);
  }

  private URI url(String path) {
    String address = environment.get("VAULT_ADDR");
    if (address == null || address.isEmpty()) {
      throw SecretProblems.denied(
          WHAT, "VAULT_ADDR is not set", "VAULT_ADDR and VAULT_TOKEN", null);
    }
    try {
      URI base = URI.create(address.replaceAll("/+$", ""));
      return new URI(
          base.getScheme(), base.getAuthority(), base.getPath() + "/v1/" + path, null, null);
    } catch (java.net.URISyntaxException | IllegalArgumentException e) {
      throw SecretProblems.denied(WHAT, "VAULT_ADDR is no URL", "VAULT_ADDR", null);
    }
  }

  private Map<String, String> headers() {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("X-Vault-Token", token());
    headers.put("X-Vault-Request", "true");
    @Nullable String namespace = environment.get("VAULT_NAMESPACE");
    if (namespace != null && !namespace.isEmpty()) {
      headers.put("X-Vault-Namespace", namespace);
    }
    return headers;
  }

  private String token() {
    @Nullable String token = environment.get("VAULT_TOKEN");
    if (token != null && !token.isEmpty()) {
      return token;
    }
    try {
      return Files.readString(environment.home().resolve(".vault-token")).strip();
    } catch (IOException e) {
      throw noToken();
    }
  }

  private static SskubaException noToken() {
    return SecretProblems.denied(
        WHAT, "neither VAULT_TOKEN nor ~/.vault-token is there", "a token (vault login)", null);
  }
}
