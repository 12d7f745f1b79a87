package io.sskuba.rehearsal.machine;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusException;
import io.sskuba.io.Yaml;
import io.sskuba.net.AddressMap;
import io.sskuba.talos.api.common.Data;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/// The admin kubeconfig that a control plane hands out: a fresh client certificate of the cluster's
/// Kubernetes authority each time.
/// - Source: Talos v1.13.9, `pkg/kubeconfig`. The server is the config's endpoint; its host is
///   translated to its twin, because that is what can be dialled here.
final class Kubeconfig {
  private static final Duration LIFETIME = Duration.ofHours(8760);
  private static final int TAR_BLOCK_BYTES = 512;

  private Kubeconfig() {}

  static Data archive(SimMachine machine) throws StatusException, IOException {
    MachineConfigView config = machine.config().orElseThrow();
    return Data.newBuilder()
        .setBytes(
            ByteString.copyFrom(
                tarGz(
                    text(machine, config).getBytes(StandardCharsets.UTF_8), machine.time().now())))
        .build();
  }

  private static String text(SimMachine machine, MachineConfigView config) throws StatusException {
    MachinePki.Issued issued;
    try {
      MachinePki.Authority authority =
          ConfigFacts.kubernetesAuthority(config)
              .orElseThrow(
                  () ->
                      Statuses.of(
                          Status.Code.UNKNOWN, "error getting Kubernetes CA: no CA in the config"));
      issued =
          MachinePki.client(
              authority,
              "admin",
              List.of("system:masters"),
              machine.time().now(),
              lifetime(config),
              machine.options().random().secure());
    } catch (GeneralSecurityException e) {
      throw Statuses.of(Status.Code.UNKNOWN, "error generating Kubernetes client certificate");
    }
    String cluster = string(config.string("cluster", "clusterName"));
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("apiVersion", "v1");
    root.put("kind", "Config");
    Map<String, Object> server = new LinkedHashMap<>();
    server.put("server", server(machine.network().addresses(), config));
    server.put("certificate-authority-data", string(config.string("cluster", "ca", "crt")));
    root.put("clusters", List.of(named(cluster, "cluster", server)));
    Map<String, Object> user = new LinkedHashMap<>();
    user.put("client-certificate-data", base64(issued.certificatePem()));
    user.put("client-key-data", base64(issued.keyPem()));
    root.put("users", List.of(named("admin@" + cluster, "user", user)));
    Map<String, Object> context = new LinkedHashMap<>();
    context.put("cluster", cluster);
    context.put("namespace", "default");
    context.put("user", "admin@" + cluster);
    root.put("contexts", List.of(named("admin@" + cluster, "context", context)));
    root.put("current-context", "admin@" + cluster);
    return Yaml.dump(root);
  }

  private static Duration lifetime(MachineConfigView config) {
    String set = config.string("cluster", "adminKubeconfig", "certLifetime");
    return set == null || set.isEmpty() ? LIFETIME : GoDurations.parse(set);
  }

  private static String server(AddressMap addresses, MachineConfigView config) {
    String endpoint = string(config.string("cluster", "controlPlane", "endpoint"));
    String host = URI.create(endpoint).getHost();
    if (host == null) {
      return endpoint;
    }
    String twin = addresses.twin(host);
    return twin.equals(host) ? endpoint : endpoint.replace("//" + host, "//" + twin);
  }

  private static Map<String, Object> named(String name, String kind, Map<String, Object> value) {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("name", name);
    entry.put(kind, value);
    return entry;
  }

  private static String string(@Nullable String value) {
    return value == null ? "" : value;
  }

  private static String base64(String pem) {
    return Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.US_ASCII));
  }

  /// One entry and, as Talos, no end-of-archive blocks.
  private static byte[] tarGz(byte[] content, Instant now) throws IOException {
    byte[] header = new byte[TAR_BLOCK_BYTES];
    put(header, 0, "kubeconfig");
    put(header, 100, "0000600");
    put(header, 108, "0000000");
    put(header, 116, "0000000");
    put(header, 124, String.format("%011o", content.length));
    put(header, 136, String.format("%011o", now.getEpochSecond()));
    put(header, 148, "        ");
    header[156] = '0';
    put(header, 257, "ustar");
    put(header, 263, "00");
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xff;
    }
    put(header, 148, String.format("%06o", sum));
    header[154] = 0;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(header);
      gzip.write(content);
      gzip.write(new byte[Math.floorMod(-content.length, TAR_BLOCK_BYTES)]);
    }
    return out.toByteArray();
  }

  private static void put(byte[] header, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, header, at, bytes.length);
  }
}
