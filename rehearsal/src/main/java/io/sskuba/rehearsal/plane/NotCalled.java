package io.sskuba.rehearsal.plane;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.kube.KubeApi;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// Something that the API server of a real cluster would call and this one does not, because a
/// simulated pod would answer: `status` lists it as "not called, simulated".
///
/// @param kind `ValidatingWebhookConfiguration`, `MutatingWebhookConfiguration`, `APIService` or
///   `CustomResourceDefinition`
/// @param backend the Services (`NAMESPACE/NAME`) or URLs that it names
public record NotCalled(String kind, String name, String backend) {
  private static final String ADMISSION = "/apis/admissionregistration.k8s.io/v1/";

  /// All of a cluster, by kind, then as the API server lists them.
  /// - Limits: four lists, each within `limit`.
  /// - Errors: those of [KubeApi].
  public static List<NotCalled> list(KubeApi api, Duration limit) {
    List<NotCalled> all = new ArrayList<>();
    for (String kind : List.of("Validating", "Mutating")) {
      String path = ADMISSION + kind.toLowerCase(java.util.Locale.ROOT) + "webhookconfigurations";
      for (JsonNode object : api.list(path, null, limit)) {
        Set<String> backends = new LinkedHashSet<>();
        object.path("webhooks").forEach(w -> backends.add(backend(w.path("clientConfig"))));
        all.add(
            new NotCalled(
                kind + "WebhookConfiguration", name(object), String.join(", ", backends)));
      }
    }
    annotated(
        all,
        api.list("/apis/apiregistration.k8s.io/v1/apiservices", null, limit),
        "APIService",
        SimulatedBackends.API_SERVICE);
    annotated(
        all,
        api.list("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", null, limit),
        "CustomResourceDefinition",
        SimulatedBackends.CONVERSION);
    return all;
  }

  private static void annotated(
      List<NotCalled> all, List<JsonNode> objects, String kind, String annotation) {
    for (JsonNode object : objects) {
      JsonNode value = object.path("metadata").path("annotations").path(annotation);
      if (value.isTextual()) {
        all.add(new NotCalled(kind, name(object), value.asText()));
      }
    }
  }

  private static String backend(JsonNode clientConfig) {
    JsonNode service = clientConfig.path("service");
    return service.isObject()
        ? service.path("namespace").asText() + "/" + service.path("name").asText()
        : clientConfig.path("url").asText("unknown");
  }

  private static String name(JsonNode object) {
    return object.path("metadata").path("name").asText();
  }
}
