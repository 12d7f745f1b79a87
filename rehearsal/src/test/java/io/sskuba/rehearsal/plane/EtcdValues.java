package io.sskuba.rehearsal.plane;

import io.sskuba.io.Json;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;

/// What etcd itself holds under a key.
final class EtcdValues {
  private EtcdValues() {}

  static String read(TestCluster cluster, String key) throws Exception {
    String request =
        Json.compact(
            Json.object()
                .put(
                    "key",
                    Base64.getEncoder().encodeToString(key.getBytes(StandardCharsets.UTF_8))));
    TlsClient.Reply reply =
        cluster
            .etcdTls()
            .post(
                cluster.twin(0),
                PlaneDeviations.ETCD_CLIENT_PORT,
                "/v3/kv/range",
                request,
                Duration.ofSeconds(5));
    String value = Json.parse(reply.body()).path("kvs").path(0).path("value").asText("");
    return new String(Base64.getDecoder().decode(value), StandardCharsets.ISO_8859_1);
  }
}
