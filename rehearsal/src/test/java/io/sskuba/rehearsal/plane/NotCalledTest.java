package io.sskuba.rehearsal.plane;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.Json;
import io.sskuba.kube.KubeApi;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class NotCalledTest {
  @Test
  void namesWebhooksAndWhatThePoliciesMarked() {
    Lists api =
        new Lists(
            Map.of(
                "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
                """
                [{"metadata":{"name":"guard"},"webhooks":[
                  {"clientConfig":{"service":{"namespace":"a","name":"b"}}},
                  {"clientConfig":{"service":{"namespace":"a","name":"b"}}},
                  {"clientConfig":{"url":"https://x.example.internal"}}]}]
                """,
                "/apis/apiregistration.k8s.io/v1/apiservices",
                """
                [{"metadata":{"name":"v1."}},
                 {"metadata":{"name":"v1beta1.metrics.k8s.io",
                  "annotations":{"sskuba.io/simulated-api-service":"m/s"}}}]
                """,
                "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
                """
                [{"metadata":{"name":"w.x","annotations":
                  {"sskuba.io/simulated-conversion-webhook":"c/d"}}}]
                """));
    assertThat(NotCalled.list(api, Duration.ofSeconds(1)))
        .containsExactly(
            new NotCalled(
                "ValidatingWebhookConfiguration", "guard", "a/b, https://x.example.internal"),
            new NotCalled("APIService", "v1beta1.metrics.k8s.io", "m/s"),
            new NotCalled("CustomResourceDefinition", "w.x", "c/d"));
  }

  /// Collections as JSON arrays by path; nothing else is asked.
  private record Lists(Map<String, String> collections) implements KubeApi {
    @Override
    public List<JsonNode> list(String path, @Nullable String query, Duration limit) {
      List<JsonNode> items = new ArrayList<>();
      Json.parse(collections.getOrDefault(path, "[]")).forEach(items::add);
      return items;
    }

    @Override
    public Optional<JsonNode> get(String path, Duration limit) {
      throw new AssertionError(path);
    }

    @Override
    public JsonNode create(String path, JsonNode object, Duration limit) {
      throw new AssertionError(path);
    }

    @Override
    public JsonNode replace(String path, JsonNode object, Duration limit) {
      throw new AssertionError(path);
    }

    @Override
    public JsonNode apply(String path, JsonNode object, String manager, Duration limit) {
      throw new AssertionError(path);
    }

    @Override
    public JsonNode patch(String path, String type, JsonNode patch, Duration limit) {
      throw new AssertionError(path);
    }

    @Override
    public boolean delete(String path, @Nullable JsonNode options, Duration limit) {
      throw new AssertionError(path);
    }

    @Override
    public Raw raw(String path, Duration limit) {
      throw new AssertionError(path);
    }

    @Override
    public void watch(
        String path, @Nullable String query, WatchHandler handler, BooleanSupplier stop) {
      throw new AssertionError(path);
    }

    @Override
    public void close() {}
  }
}
