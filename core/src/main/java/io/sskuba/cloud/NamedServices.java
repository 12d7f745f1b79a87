package io.sskuba.cloud;

import io.sskuba.infra.Platform.Finding;
import io.sskuba.io.Environment;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.secret.SecretResolver;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.GitUrls;
import io.sskuba.toolchain.Egress;
import io.sskuba.toolchain.WebProbe;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Looks at what a cluster file names besides its cloud: whether the git repository lets us in,
/// whether the Teleport proxy answers. For real clusters only: a rehearsal contacts no host.
final class NamedServices {
  private static final int SSH_PORT = 22;
  private static final int TLS_PORT = 443;

  private final Environment environment;
  private final SecretResolver secrets;

  NamedServices(Environment environment, SecretResolver secrets) {
    this.environment = environment;
    this.secrets = secrets;
  }

  private WebProbe probe(ClusterSpec spec) throws IOException {
    ClusterSpec.@Nullable Proxy proxy = spec.proxy();
    String bundle = spec.trustBundle();
    return new WebProbe(
        environment,
        new Egress(
            proxy == null ? null : proxy.http(),
            proxy == null ? null : proxy.https(),
            proxy == null ? List.of() : proxy.no(),
            bundle == null ? null : Files.readString(Path.of(bundle))));
  }

  /// What `git ls-remote` would ask first. A folder is ours to make; of a server that speaks SSH
  /// only that it does is known, since its key is used by the cluster, not here.
  List<Finding> git(ClusterSpec spec) throws InterruptedException {
    ClusterSpec.@Nullable GitOps gitops = spec.gitops();
    if (gitops == null || GitUrls.isFolder(gitops.url())) {
      return List.of();
    }
    try {
      return GitUrls.isHttps(gitops.url()) ? https(spec, gitops) : ssh(spec, gitops.url());
    } catch (SskubaException e) {
      return List.of(
          stops(
              ProblemCode.GIT_DENIED,
              "gitops.token cannot be had",
              e.problem().summary(),
              "give the token where gitops.token says"));
    } catch (IOException e) {
      return List.of(unreachable(gitops.url(), cause(e)));
    }
  }

  private List<Finding> https(ClusterSpec spec, ClusterSpec.GitOps gitops)
      throws IOException, InterruptedException {
    String base = gitops.url().replaceAll("/+$", "");
    Map<String, String> headers =
        gitops.token() == null
            ? Map.of()
            : Map.of("Authorization", basic(secrets.resolve(gitops.token()).reveal()));
    WebProbe.Answer answer =
        probe(spec).get(URI.create(base + "/info/refs?service=git-upload-pack"), headers);
    return switch (answer.status()) {
      case 200 ->
          answer.start().contains("git-upload-pack")
              ? List.of()
              : List.of(unreachable(base, "it answers, but is no git repository"));
      case 401, 403 ->
          List.of(
              stops(
                  ProblemCode.GIT_DENIED,
                  "gitops.url " + base + " does not let us in",
                  "status " + answer.status(),
                  "give gitops.token the right to read and write this repository"));
      case 404 ->
          List.of(
              stops(
                  ProblemCode.GIT_UNREACHABLE,
                  "gitops.url " + base + " has no repository, or none for this token",
                  "status 404",
                  "make the repository, or give gitops.token the right to it"));
      default -> List.of(unreachable(base, "status " + answer.status()));
    };
  }

  /// A token is the password of any user to the servers that teams use.
  private static String basic(String token) {
    byte[] pair = ("git:" + token).getBytes(StandardCharsets.UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(pair);
  }

  private List<Finding> ssh(ClusterSpec spec, String url) throws IOException {
    String rest = url.startsWith("ssh://") ? url.substring("ssh://".length()) : url;
    String host = rest.substring(rest.indexOf('@') + 1).split("[:/]", 2)[0];
    int port = url.startsWith("ssh://") ? URI.create(url).getPort() : -1;
    String greeting = probe(spec).greeting(host, port < 0 ? SSH_PORT : port);
    return greeting.startsWith("SSH-2.0")
        ? List.of()
        : List.of(unreachable(url, "it answers, but not by SSH 2.0"));
  }

  /// Teleport's own page for whoever wants to know whether it is there.
  List<Finding> access(ClusterSpec spec) {
    ClusterSpec.@Nullable Teleport teleport = spec.access().teleport();
    if (teleport == null) {
      return List.of();
    }
    String proxy = teleport.proxy();
    String at = proxy.contains(":") ? proxy : proxy + ":" + TLS_PORT;
    try {
      WebProbe.Answer _ = probe(spec).get(URI.create("https://" + at + "/webapi/ping"), Map.of());
      return List.of();
    } catch (IOException e) {
      return List.of(
          stops(
              ProblemCode.ACCESS_UNREACHABLE,
              "access.teleport.proxy " + proxy + " does not answer by TLS",
              cause(e),
              "look at the name, the port and trust.bundle"));
    }
  }

  private static Finding unreachable(String url, String cause) {
    return stops(
        ProblemCode.GIT_UNREACHABLE,
        "gitops.url " + url + " cannot be reached",
        cause,
        "look at the address, proxy and trust.bundle");
  }

  private static String cause(IOException e) {
    String message = String.valueOf(e.getMessage());
    return e.getClass().getSimpleName() + " " + message.lines().findFirst().orElse("").strip();
  }

  private static Finding stops(ProblemCode code, String what, String cause, String help) {
    return new Finding(true, Problem.of(code, what).fact("cause", cause).fact("do", help));
  }
}
