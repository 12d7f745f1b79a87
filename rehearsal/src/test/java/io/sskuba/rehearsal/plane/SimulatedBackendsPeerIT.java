package io.sskuba.rehearsal.plane;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What simulated pods would serve never blocks a real API server and controller-manager.
class SimulatedBackendsPeerIT {
  @SuppressWarnings("NullAway.Init") // set before all tests
  private static TestCluster cluster;

  @BeforeAll
  static void up() throws Exception {
    cluster = new TestCluster("127.205.2", 1);
    cluster.up();
    cluster.await("controllers", 20, () -> cluster.machines.getFirst().pids().size() == 4);
  }

  @AfterAll
  static void down() throws Exception {
    cluster.close();
  }

  @Test
  void anAggregatedApiBlocksNothing() throws Exception {
    String apply =
        cluster.kubectl(
            """
            apiVersion: apiregistration.k8s.io/v1
            kind: APIService
            metadata:
              name: v1beta1.metrics.k8s.io
            spec:
              group: metrics.k8s.io
              version: v1beta1
              groupPriorityMinimum: 100
              versionPriority: 100
              caBundle: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==
              service:
                namespace: monitoring
                name: metrics-server
                port: 443
            """,
            "apply",
            "--server-side",
            "-f",
            "-");
    assertThat(apply).startsWith("0\n");
    JsonNode service =
        cluster.get("/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io");
    assertThat(
            service
                .path("metadata")
                .path("annotations")
                .path(SimulatedBackends.API_SERVICE)
                .asText())
        .isEqualTo("monitoring/metrics-server");
    cluster.await(
        "Available",
        10,
        () ->
            cluster
                .get("/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io")
                .path("status")
                .path("conditions")
                .toString()
                .contains("\"True\""));
    namespaceComesAndGoes("aggregated");
    String discovery = cluster.kubectl(null, "api-resources", "--no-headers");
    assertThat(discovery).startsWith("0\n").doesNotContain("unable").doesNotContain("error");
    // The same file again: nothing changes, and no conflict.
    assertThat(cluster.kubectl(null, "delete", "apiservice", "v1beta1.metrics.k8s.io"))
        .startsWith("0\n");
  }

  @Test
  void aConversionWebhookBlocksNothing() throws Exception {
    String apply =
        cluster.kubectl(
            """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata:
              name: widgets.example.internal
            spec:
              group: example.internal
              scope: Namespaced
              names: {plural: widgets, singular: widget, kind: Widget}
              conversion:
                strategy: Webhook
                webhook:
                  conversionReviewVersions: [v1]
                  clientConfig:
                    service: {namespace: system, name: converter, path: /convert}
              versions:
              - name: v1
                served: true
                storage: true
                schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
              - name: v2
                served: true
                storage: false
                schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
            """,
            "apply",
            "-f",
            "-");
    assertThat(apply).startsWith("0\n");
    JsonNode crd =
        cluster.get(
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.internal");
    assertThat(crd.path("spec").path("conversion").path("strategy").asText()).isEqualTo("None");
    assertThat(crd.path("metadata").path("annotations").path(SimulatedBackends.CONVERSION).asText())
        .isEqualTo("system/converter");
    cluster.await(
        "CRD served",
        20,
        () -> cluster.call("GET", "/apis/example.internal/v2/widgets", null).code() == 200);
    assertThat(cluster.kubectl(null, "create", "namespace", "w")).startsWith("0\n");
    String widget =
        "{\"apiVersion\":\"example.internal/v2\",\"kind\":\"Widget\",\"metadata\":{\"name\":\"a\"}}";
    assertThat(
            cluster.call("POST", "/apis/example.internal/v2/namespaces/w/widgets", widget).code())
        .isEqualTo(201);
    assertThat(
            cluster
                .get("/apis/example.internal/v1/namespaces/w/widgets/a")
                .path("apiVersion")
                .asText())
        .isEqualTo("example.internal/v1");
    assertThat(cluster.kubectl(null, "delete", "namespace", "w", "--timeout=30s"))
        .startsWith("0\n");
  }

  @Test
  void aWebhookThatFailsClosedIsNotCalled() throws Exception {
    for (String kind : java.util.List.of("Validating", "Mutating")) {
      String apply =
          cluster.kubectl(
              """
              apiVersion: admissionregistration.k8s.io/v1
              kind: %sWebhookConfiguration
              metadata:
                name: closed
              webhooks:
              - name: closed.example.internal
                admissionReviewVersions: [v1]
                sideEffects: None
                failurePolicy: Fail
                clientConfig:
                  service: {namespace: system, name: guard}
                rules:
                - apiGroups: ["*"]
                  apiVersions: ["*"]
                  operations: ["*"]
                  resources: ["*/*"]
              """
                  .formatted(kind),
              "apply",
              "-f",
              "-");
      assertThat(apply).startsWith("0\n");
    }
    assertThat(cluster.kubectl(null, "create", "configmap", "admitted")).startsWith("0\n");
    namespaceComesAndGoes("guarded");
  }

  @Test
  void aSimulatedPodRefusesAtOnce() throws Exception {
    cluster.await(
        "service account",
        20,
        () ->
            cluster.call("GET", "/api/v1/namespaces/default/serviceaccounts/default", null).code()
                == 200);
    String pod =
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"web\"},\"spec\":"
            + "{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}";
    assertThat(cluster.call("POST", "/api/v1/namespaces/default/pods", pod).code()).isEqualTo(201);
    String status =
        "{\"status\":{\"phase\":\"Running\",\"podIP\":\"10.244.7.7\",\"podIPs\":[{\"ip\":\"10.244.7.7\"}]}}";
    assertThat(cluster.call("PATCH", "/api/v1/namespaces/default/pods/web/status", status).code())
        .isEqualTo(200);
    long began = System.nanoTime();
    TlsClient.Reply reply =
        cluster.call("GET", "/api/v1/namespaces/default/pods/web:8080/proxy/", null);
    assertThat(reply.code()).as(reply.body()).isGreaterThanOrEqualTo(500);
    assertThat(reply.body()).contains("10.244.7.7:8080");
    assertThat(System.nanoTime() - began).isLessThan(2_000_000_000L);
  }

  private static void namespaceComesAndGoes(String name) throws Exception {
    assertThat(cluster.kubectl(null, "create", "namespace", name)).startsWith("0\n");
    assertThat(cluster.kubectl(null, "delete", "namespace", name, "--timeout=30s"))
        .startsWith("0\n");
  }
}
