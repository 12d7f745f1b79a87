package io.sskuba.pki;

import io.sskuba.io.Yaml;
import io.sskuba.pki.SecretsBundle.CertAndKey;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Talos's `secrets.yaml` (v1.13): what `talosctl gen secrets` writes and `--with-secrets` reads.
///
/// The text is a secret as a whole: never log it, never write it unsealed.
public final class SecretsBundleYaml {
  private SecretsBundleYaml() {}

  public static String write(SecretsBundle bundle) {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("cluster", pair("id", bundle.clusterId(), "secret", bundle.clusterSecret()));
    root.put(
        "secrets",
        pair(
            "bootstraptoken",
            bundle.bootstrapToken(),
            "secretboxencryptionsecret",
            bundle.secretboxEncryptionSecret()));
    root.put("trustdinfo", Map.of("token", bundle.trustdToken()));
    Map<String, Object> certs = new LinkedHashMap<>();
    certs.put("etcd", encoded(bundle.etcd()));
    certs.put("k8s", encoded(bundle.kubernetes()));
    certs.put("k8saggregator", encoded(bundle.aggregator()));
    certs.put("k8sserviceaccount", Map.of("key", base64(bundle.serviceAccountKey())));
    certs.put("os", encoded(bundle.os()));
    root.put("certs", certs);
    return Yaml.dump(root);
  }

  /// Reads and checks a bundle: every value there, every certificate and key readable.
  /// - Errors: [IllegalArgumentException] that lists every problem by key and quotes no value.
  public static SecretsBundle read(String yaml) {
    Object document;
    try {
      document = Yaml.load(yaml);
    } catch (RuntimeException e) {
      // The parser's message may quote the text, which is secret: it is not passed on.
      throw new IllegalArgumentException("secrets bundle is not YAML");
    }
    Reader reader = new Reader(document);
    SecretsBundle bundle =
        new SecretsBundle(
            reader.text("cluster", "id"),
            reader.text("cluster", "secret"),
            reader.text("secrets", "bootstraptoken"),
            reader.text("secrets", "secretboxencryptionsecret"),
            reader.text("trustdinfo", "token"),
            reader.certAndKey("etcd"),
            reader.certAndKey("k8s"),
            reader.certAndKey("k8saggregator"),
            reader.key("certs", "k8sserviceaccount", "key"),
            reader.certAndKey("os"));
    if (!reader.problems.isEmpty()) {
      throw new IllegalArgumentException(
          "secrets bundle is incomplete: " + String.join("; ", reader.problems));
    }
    return bundle;
  }

  private static Map<String, Object> pair(String k1, Object v1, String k2, Object v2) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put(k1, v1);
    map.put(k2, v2);
    return map;
  }

  private static Map<String, Object> encoded(CertAndKey pair) {
    return pair("crt", base64(pair.certificate()), "key", base64(pair.key()));
  }

  private static String base64(String pem) {
    return Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.UTF_8));
  }

  private static final class Reader {
    private final @Nullable Object root;
    private final List<String> problems = new ArrayList<>();

    Reader(@Nullable Object root) {
      this.root = root;
    }

    String text(String... path) {
      Object value = root;
      for (String key : path) {
        value = value instanceof Map<?, ?> map ? map.get(key) : null;
      }
      if (value instanceof String text && !text.isEmpty()) {
        return text;
      }
      problems.add(String.join(".", path) + " is required");
      return "";
    }

    CertAndKey certAndKey(String name) {
      String certificate = decoded("certs", name, "crt");
      if (!certificate.isEmpty()) {
        check(() -> Pem.holder(certificate), "certs." + name + ".crt");
      }
      return new CertAndKey(certificate, key("certs", name, "key"));
    }

    String key(String... path) {
      String pem = decoded(path);
      if (!pem.isEmpty()) {
        check(() -> Pem.privateKey(pem), String.join(".", path));
      }
      return pem;
    }

    private String decoded(String... path) {
      String text = text(path);
      try {
        return new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8);
      } catch (IllegalArgumentException e) {
        problems.add(String.join(".", path) + " is not base64");
        return "";
      }
    }

    private void check(Runnable parse, String path) {
      try {
        parse.run();
      } catch (RuntimeException e) {
        problems.add(path + " is invalid: " + e.getMessage());
      }
    }
  }
}
