package io.sskuba.clouds.bigip;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.clouds.OwnServer;
import io.sskuba.io.Json;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// iControl REST of a Big-IP, read only, with a token of its own, which is given back at the end: a
/// user may hold a hundred.
/// - Errors: [Refused], [OwnServer.Unreachable].
/// - Source: F5's "iControl REST User Guide" and "BIG-IP iControl REST API reference"
public final class BigIpClient implements AutoCloseable {
  private static final String TOKEN = "X-F5-Auth-Token";

  private final OwnServer server;
  private final Supplier<Login> login;
  private @Nullable String token;

  /// A name and a password, in no text.
  public record Login(String user, String password) {
    @Override
    public String toString() {
      return "Login[" + user + "]";
    }
  }

  /// The Big-IP does not do what it was asked. The message holds the status and the path only.
  static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int status;

    Refused(int status, String message) {
      super(message);
      this.status = status;
    }

    int status() {
      return status;
    }
  }

  public BigIpClient(OwnServer server, Supplier<Login> login) {
    this.server = server;
    this.login = login;
  }

  /// Signs in, if it was not done yet.
  void open() {
    String _ = token();
  }

  private synchronized String token() {
    String known = token;
    if (known == null) {
      Login who = login.get();
      OwnServer.Answer answer =
          server.send(
              "POST",
              "/mgmt/shared/authn/login",
              Map.of("Content-Type", "application/json"),
              Json.object()
                  .put("username", who.user())
                  .put("password", who.password())
                  .put("loginProviderName", "tmos")
                  .toString());
      known = json(answer).path("token").path("token").asText("");
      if (answer.status() != 200 || known.isEmpty()) {
        int status = answer.status() == 200 ? 404 : answer.status();
        throw new Refused(status, "status " + answer.status() + " at /mgmt/shared/authn/login");
      }
      token = known;
    }
    return known;
  }

  /// Empty where there is no such thing.
  Optional<JsonNode> find(String path) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put(TOKEN, token());
    OwnServer.Answer answer = server.send("GET", path, headers, null);
    if (answer.status() == 401) { // the token ended, after 20 minutes
      synchronized (this) {
        token = null;
      }
      headers.put(TOKEN, token());
      answer = server.send("GET", path, headers, null);
    }
    if (answer.status() == 404) {
      return Optional.empty();
    }
    if (answer.status() != 200) {
      throw new Refused(
          answer.status(), "status " + answer.status() + " at " + path.split("[?]", 2)[0]);
    }
    return Optional.of(json(answer));
  }

  /// The items of a collection.
  JsonNode list(String path) {
    return find(path).orElseGet(Json::object).path("items");
  }

  static String inPartition(String partition) {
    return "?$filter=partition%20eq%20" + URLEncoder.encode(partition, StandardCharsets.UTF_8);
  }

  private static JsonNode json(OwnServer.Answer answer) {
    try {
      return answer.body().length == 0 ? Json.object() : Json.parse(answer.text());
    } catch (UncheckedIOException e) {
      return Json.object();
    }
  }

  /// What a failure is here.
  public Problem problem(RuntimeException failure) {
    if (failure instanceof SskubaException known) {
      return known.problem();
    }
    String name = "Big-IP " + server.address();
    String cause = String.valueOf(failure.getMessage());
    if (failure instanceof Refused refused) {
      ProblemCode code =
          switch (refused.status()) {
            case 401 -> ProblemCode.CLOUD_CREDENTIALS;
            case 403 -> ProblemCode.CLOUD_DENIED;
            case 404 -> ProblemCode.SPEC_INVALID;
            case 429, 503 -> ProblemCode.CLOUD_THROTTLED;
            default -> ProblemCode.CLOUD_UNASKED;
          };
      String summary =
          switch (code) {
            case CLOUD_CREDENTIALS ->
                name + " does not accept target.loadBalancer.bigip.credentials";
            case CLOUD_DENIED -> name + " denies its user to look";
            case SPEC_INVALID -> "target.loadBalancer.bigip.address: this is no Big-IP";
            case CLOUD_THROTTLED -> name + " is too busy to be asked";
            default -> name + " cannot be asked";
          };
      return Problem.of(code, summary).fact("cause", cause).next("sskuba-ctl explain " + code.id());
    }
    boolean untrusted = failure instanceof OwnServer.Unreachable e && e.untrusted();
    Problem problem =
        Problem.of(
                ProblemCode.CLOUD_UNASKED,
                untrusted
                    ? name + " shows a certificate that nobody vouches for"
                    : name + " cannot be reached")
            .fact("cause", cause);
    return untrusted
        ? problem.next("sskuba-ctl explain trust.bundle")
        : problem.next("sskuba-ctl explain " + ProblemCode.CLOUD_UNASKED.id());
  }

  @Override
  public void close() {
    String open;
    synchronized (this) {
      open = token;
      token = null;
    }
    if (open != null) {
      try {
        server.send("DELETE", "/mgmt/shared/authz/tokens/" + open, Map.of(TOKEN, open), null);
      } catch (RuntimeException e) {
        return; // it ends by itself, after 20 minutes
      } finally {
        server.close();
      }
    } else {
      server.close();
    }
  }
}
