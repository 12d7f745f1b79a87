package io.sskuba.rehearsal.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.io.TimeSource;
import io.sskuba.kube.KubeApi;
import io.sskuba.kube.KubeStatusException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// What a young API server refuses and takes a moment later. The texts are those of kube-apiserver
/// v1.36.3.
class ManifestApplierTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private final AtomicInteger asked = new AtomicInteger();

  @Test
  void aServiceWaitsForTheAllocatorOfItsRange() throws Exception {
    KubeApi api =
        refusing(
            2,
            422,
            "Invalid",
            "Service \"kube-dns\" is invalid: spec.clusterIPs: Invalid value: [\"10.96.0.10\"]: failed"
                + " to allocate IP 10.96.0.10: the provided network does not match the current range");

    assertThat(ManifestApplier.apply(api, List.of(service()), TimeSource.system(), LIMIT))
        .isEqualTo(1);
    assertThat(asked).hasValue(3);
  }

  @Test
  void anObjectThatIsWrongIsRefusedAtOnce() {
    KubeApi api =
        refusing(1, 422, "Invalid", "Service \"kube-dns\" is invalid: spec.ports: Required");

    assertThatThrownBy(
            () -> ManifestApplier.apply(api, List.of(service()), TimeSource.system(), LIMIT))
        .isInstanceOf(KubeStatusException.class)
        .hasMessageContaining("Service kube-dns");
    assertThat(asked).hasValue(1);
  }

  @Test
  void whatIsThereStays() throws Exception {
    KubeApi api = refusing(1, 409, "AlreadyExists", "services \"kube-dns\" already exists");

    assertThat(ManifestApplier.apply(api, List.of(service()), TimeSource.system(), LIMIT)).isZero();
  }

  private static ObjectNode service() {
    ObjectNode service = Json.object().put("apiVersion", "v1").put("kind", "Service");
    service.putObject("metadata").put("name", "kube-dns").put("namespace", "kube-system");
    return service;
  }

  /// An API server that refuses the first `times` objects.
  private KubeApi refusing(int times, int code, String reason, String message) {
    return (KubeApi)
        Proxy.newProxyInstance(
            KubeApi.class.getClassLoader(),
            new Class<?>[] {KubeApi.class},
            (_, method, arguments) -> {
              assertThat(method.getName()).isEqualTo("create");
              if (asked.incrementAndGet() <= times) {
                throw new KubeStatusException(code, reason, message);
              }
              return arguments[1];
            });
  }
}
