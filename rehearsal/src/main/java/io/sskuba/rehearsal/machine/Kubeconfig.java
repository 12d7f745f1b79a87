package io.sskuba.rehearsal.machine;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusException;
import io.sskuba.net.AddressMap;
import io.sskuba.pki.Kubeconfigs;
import io.sskuba.pki.LeafCertificates;
import io.sskuba.pki.SecretsBundle;
import io.sskuba.pki.SecretsBundle.CertAndKey;
import io.sskuba.talos.api.common.Data;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
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
    SecretsBundle secrets =
        ConfigFacts.authorities(config)
            .filter(bundle -> !bundle.kubernetes().key().isEmpty())
            .orElseThrow(
                () ->
                    Statuses.of(
                        Status.Code.UNKNOWN, "error getting Kubernetes CA: none in the config"));
    CertAndKey client =
        new LeafCertificates(secrets, machine.time(), machine.options().random())
            .admin(lifetime(config));
    return Kubeconfigs.admin(
        string(config.string("cluster", "clusterName")),
        server(machine.network().addresses(), config),
        secrets.kubernetes().certificate(),
        client);
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

  private static String string(@Nullable String value) {
    return value == null ? "" : value;
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
