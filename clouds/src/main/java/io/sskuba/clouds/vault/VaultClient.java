package io.sskuba.clouds.vault;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.clouds.BucketProblems;
import io.sskuba.clouds.HttpJson;
import io.sskuba.clouds.JobToken;
import io.sskuba.clouds.SecretProblems;
import io.sskuba.io.Environment;
import io.sskuba.io.Json;
import io.sskuba.problem.SskubaException;
import io.sskuba.secret.age.KeyWrapping;
import io.sskuba.toolchain.Authorities;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Vault or OpenBao at `VAULT_ADDR`, whose certificate Java's authorities or those of the file
/// `VAULT_CACERT` vouch for, in the namespace of `VAULT_NAMESPACE`, with the token of
/// `VAULT_TOKEN`; in a CI job that names a role (`VAULT_ROLE`, or GitLab's `VAULT_AUTH_ROLE`) with
/// a token that the job's own identity is exchanged for ([JobToken]); else of `~/.vault-token`.
///
/// The exchange is with the JWT sign-in at `VAULT_AUTH_PATH` (`jwt`). The job's identity is for the
/// audience `VAULT_JWT_AUDIENCE`, or else for Vault's own address; where the job is given one, it
/// is in `VAULT_ID_TOKEN` or `SSKUBA_ID_TOKEN`. What it was exchanged for is used until Vault
/// refuses it, and is then exchanged anew, once a call.
/// - Source: Vault's HTTP API, "KV secrets engine", "Transit secrets engine" and "JWT/OIDC auth
///   method"; https://docs.gitlab.com/ci/secrets/hashicorp_vault/ for the variables.
public final class VaultClient {
  private static final String WHAT = "Vault";

  private final Environment environment;
  private @Nullable HttpJson opened;
  private @Nullable String exchanged;

  public VaultClient(Environment environment) {
    this.environment = environment;
  }

  private synchronized HttpJson http() {
    HttpJson known = opened;
    if (known == null) {
      try {
        String authorities = setting("VAULT_CACERT", "");
        known = new HttpJson(Authorities.context(authorities.isEmpty() ? null : authorities, null));
      } catch (IOException e) {
        throw SecretProblems.denied(
            WHAT, BucketProblems.cause(e), "a file of certificates in VAULT_CACERT", e);
      }
      opened = known;
    }
    return known;
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
        HttpJson.Answer answer = call(path, body);
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
    return call(path, null);
  }

  private HttpJson.Answer call(String path, @Nullable ObjectNode body) {
    String token = token();
    HttpJson.Answer answer = http().call(WHAT, url(path), headers(token), body);
    if (answer.status() != 403 || !forget(token)) {
      return answer;
    }
    return http().call(WHAT, url(path), headers(token()), body);
  }

  /// Whether it was one that the job's identity was exchanged for: it may have ended.
  private synchronized boolean forget(String token) {
    if (!token.equals(exchanged)) {
      return false;
    }
    exchanged = null;
    return true;
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

  private Map<String, String> headers(String token) {
    Map<String, String> headers = new LinkedHashMap<>();
    if (!token.isEmpty()) {
      headers.put("X-Vault-Token", token);
    }
    headers.put("X-Vault-Request", "true");
    String namespace = setting("VAULT_NAMESPACE", "");
    if (!namespace.isEmpty()) {
      headers.put("X-Vault-Namespace", namespace);
    }
    return headers;
  }

  private String setting(String name, String otherwise) {
    String value = environment.get(name);
    return value == null || value.isEmpty() ? otherwise : value;
  }

  private synchronized String token() {
    String token = setting("VAULT_TOKEN", "");
    if (!token.isEmpty()) {
      return token;
    }
    String role = setting("VAULT_ROLE", setting("VAULT_AUTH_ROLE", ""));
    if (!role.isEmpty()) {
      Optional<Supplier<String>> job =
          JobToken.of(
              environment,
              setting("VAULT_JWT_AUDIENCE", setting("VAULT_ADDR", "")),
              WHAT,
              "VAULT_ID_TOKEN",
              "SSKUBA_ID_TOKEN");
      if (job.isPresent()) {
        String known = exchanged;
        if (known == null) {
          known = exchange(role, job.get().get());
          exchanged = known;
        }
        return known;
      }
    }
    try {
      return Files.readString(environment.home().resolve(".vault-token")).strip();
    } catch (IOException e) {
      throw noToken();
    }
  }

  private String exchange(String role, String identity) {
    String path = "auth/" + setting("VAULT_AUTH_PATH", "jwt").replaceAll("^/+|/+$", "") + "/login";
    HttpJson.Answer answer =
        http()
            .call(
                WHAT, url(path), headers(""), Json.object().put("role", role).put("jwt", identity));
    String token = answer.body().path("auth").path("client_token").asText("");
    if (answer.status() == 200 && !token.isEmpty()) {
      return token;
    }
    if (answer.status() == 400 || answer.status() == 403) {
      throw SecretProblems.denied(
          WHAT,
          "it does not take the CI job's identity: status " + answer.status(),
          "a role " + role + " at " + path + " whose bound audience and claims are this job's",
          null);
    }
    throw SecretProblems.unreachable(WHAT, "status " + answer.status() + " at " + path, null);
  }

  private static SskubaException noToken() {
    return SecretProblems.denied(
        WHAT,
        "neither VAULT_TOKEN nor ~/.vault-token is there, and no CI job's identity with VAULT_ROLE",
        "a token (vault login)",
        null);
  }
}
