package io.sskuba.kube;

import io.sskuba.io.TimeSource;
import io.sskuba.io.Yaml;
import io.sskuba.net.AddressMap;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Ways to open a [KubeApi].
/// - Errors: `IllegalArgumentException` when the kubeconfig lacks what is needed; opening contacts
///   nobody.
public final class KubeApis {
  private KubeApis() {}

  /// The current context of a kubeconfig. Data is inline (`*-data`, `token`): files, plugins and
  /// `insecure-skip-tls-verify` are refused, since nothing that we make has them.
  ///
  /// @param addresses translates the server's host to what this machine dials
  public static KubeApi fromKubeconfig(String yaml, AddressMap addresses) {
    if (!(Yaml.load(yaml) instanceof Map<?, ?> config)) {
      throw new IllegalArgumentException("not a kubeconfig");
    }
    String contextName = text(config, "current-context");
    Map<?, ?> context = named(config, "contexts", contextName, "context");
    Map<?, ?> cluster = named(config, "clusters", text(context, "cluster"), "cluster");
    Map<?, ?> user = named(config, "users", text(context, "user"), "user");
    if (Boolean.TRUE.equals(cluster.get("insecure-skip-tls-verify"))) {
      throw new IllegalArgumentException("kubeconfig without TLS verification is refused");
    }
    KubeCredential credential;
    if (user.get("client-certificate-data") != null) {
      credential =
          new KubeCredential.ClientCertificate(
              decoded(user, "client-certificate-data"), decoded(user, "client-key-data"));
    } else {
      credential = new KubeCredential.BearerToken(text(user, "token"));
    }
    return open(
        text(cluster, "server"),
        decoded(cluster, "certificate-authority-data"),
        credential,
        addresses);
  }

  /// @param server such as `https://10.64.0.1:6443`
  /// @param caPem the one CA that is trusted
  public static KubeApi open(
      String server, String caPem, KubeCredential credential, AddressMap addresses) {
    URI base = URI.create(server);
    String host = base.getHost();
    if (!"https".equals(base.getScheme()) || host == null) {
      throw new IllegalArgumentException("an API server's URL is https://HOST[:PORT]: " + server);
    }
    int port = base.getPort() < 0 ? 443 : base.getPort();
    String dialled =
        addresses.twin(host.startsWith("[") ? host.substring(1, host.length() - 1) : host);
    String literal = dialled.contains(":") ? "[" + dialled + "]" : dialled;
    return new HttpKubeApi(
        URI.create("https://" + literal + ":" + port), caPem, credential, TimeSource.system());
  }

  private static Map<?, ?> named(Map<?, ?> config, String list, String name, String key) {
    if (config.get(list) instanceof List<?> entries) {
      for (Object entry : entries) {
        if (entry instanceof Map<?, ?> map
            && name.equals(map.get("name"))
            && map.get(key) instanceof Map<?, ?> found) {
          return found;
        }
      }
    }
    throw new IllegalArgumentException("kubeconfig: no `" + name + "` in " + list);
  }

  private static String text(Map<?, ?> map, String key) {
    @Nullable Object value = map.get(key);
    if (value == null) {
      throw new IllegalArgumentException("kubeconfig: `" + key + "` is missing");
    }
    return String.valueOf(value);
  }

  private static String decoded(Map<?, ?> map, String key) {
    try {
      return new String(Base64.getMimeDecoder().decode(text(map, key)), StandardCharsets.US_ASCII);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("kubeconfig: `" + key + "` is missing or not base64");
    }
  }
}
