package io.sskuba.pki;

import io.sskuba.io.Yaml;
import io.sskuba.pki.SecretsBundle.CertAndKey;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Kubeconfig files as Talos writes them. Secrets as a whole.
public final class Kubeconfigs {
  private Kubeconfigs() {}

  /// The kubeconfig that Talos hands out: cluster NAME, user and context `admin@NAME`, namespace
  /// `default`.
  ///
  /// @param authority PEM of the Kubernetes CA
  /// @param client see [LeafCertificates#admin]
  public static String admin(
      String clusterName, String server, String authority, CertAndKey client) {
    return of(clusterName, server, authority, "admin", "admin", client);
  }

  /// A kubeconfig of one user, as Talos gives its controller-manager
  /// (`system:kube-controller-manager`) and scheduler.
  public static String component(
      String clusterName, String server, String authority, String user, CertAndKey client) {
    return of(clusterName, server, authority, user, "default", client);
  }

  private static String of(
      String clusterName,
      String server,
      String authority,
      String user,
      String context,
      CertAndKey client) {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("apiVersion", "v1");
    root.put("kind", "Config");
    root.put(
        "clusters",
        List.of(
            map(
                "name",
                clusterName,
                "cluster",
                map("server", server, "certificate-authority-data", base64(authority)))));
    root.put(
        "users",
        List.of(
            map(
                "name",
                user + "@" + clusterName,
                "user",
                map(
                    "client-certificate-data",
                    base64(client.certificate()),
                    "client-key-data",
                    base64(client.key())))));
    Map<String, Object> detail = map("cluster", clusterName, "namespace", "default");
    detail.put("user", user + "@" + clusterName);
    root.put("contexts", List.of(map("name", context + "@" + clusterName, "context", detail)));
    root.put("current-context", context + "@" + clusterName);
    return Yaml.dump(root);
  }

  private static Map<String, Object> map(String k1, Object v1, String k2, Object v2) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put(k1, v1);
    map.put(k2, v2);
    return map;
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
