package io.sskuba.rehearsal.plane;

import java.nio.file.Path;
import java.util.Map;

/// Admission policies that keep what simulated pods would serve from blocking the API.
///
/// An APIService with a Service behind it becomes a local one: it is Available at once, discovery
/// does not list its group, and neither namespace deletion nor garbage collection waits for it. A
/// CRD's conversion webhook becomes the strategy `None`. What was there is kept as an annotation,
/// from which [NotCalled] lists it. The alternative, to answer TLS for the Service, would still
/// block as soon as the Service or its pods are not there (a namespace that holds both could never
/// be deleted), which is what a real cluster does and a rehearsal must not.
///
/// They are read from files, not made through the API: so they hold from the first request on, no
/// user can delete them, and nothing of ours shows up in the cluster.
final class SimulatedBackends {
  /// The Service (`NAMESPACE/NAME`) that an APIService named.
  static final String API_SERVICE = "sskuba.io/simulated-api-service";

  /// The Service or URL that a CRD's conversion named.
  static final String CONVERSION = "sskuba.io/simulated-conversion-webhook";

  static final String FILE = "simulated-backends.yaml";

  private SimulatedBackends() {}

  /// The entry of the AdmissionConfiguration.
  static Map<String, Object> plugin(Path folder) {
    return PlaneFiles.ordered(
        "name",
        "MutatingAdmissionPolicy",
        "configuration",
        PlaneFiles.ordered(
            "apiVersion",
            "apiserver.config.k8s.io/v1",
            "kind",
            "MutatingAdmissionPolicyConfiguration",
            "staticManifestsDir",
            folder.toString()));
  }

  static String manifests() {
    return MANIFESTS.replace("API_SERVICE", API_SERVICE).replace("CONVERSION", CONVERSION);
  }

  private static final String MANIFESTS =
      """
      apiVersion: admissionregistration.k8s.io/v1
      kind: MutatingAdmissionPolicy
      metadata:
        name: api-services.sskuba.static.k8s.io
      spec:
        failurePolicy: Fail
        reinvocationPolicy: Never
        matchConstraints:
          resourceRules:
          - apiGroups: ["apiregistration.k8s.io"]
            apiVersions: ["*"]
            operations: ["CREATE", "UPDATE"]
            resources: ["apiservices"]
        matchConditions:
        - name: has-a-service
          expression: has(object.spec.service)
        mutations:
        - patchType: JSONPatch
          jsonPatch:
            expression: >-
              (has(object.metadata.annotations) ? [] :
                [JSONPatch{op: "add", path: "/metadata/annotations", value: {}}]) +
              [JSONPatch{op: "add",
                path: "/metadata/annotations/" + jsonpatch.escapeKey("API_SERVICE"),
                value: object.spec.service.namespace + "/" + object.spec.service.name},
               JSONPatch{op: "remove", path: "/spec/service"}] +
              (has(object.spec.caBundle) ?
                [JSONPatch{op: "remove", path: "/spec/caBundle"}] : []) +
              (has(object.spec.insecureSkipTLSVerify) ?
                [JSONPatch{op: "remove", path: "/spec/insecureSkipTLSVerify"}] : [])
      ---
      apiVersion: admissionregistration.k8s.io/v1
      kind: MutatingAdmissionPolicyBinding
      metadata:
        name: api-services.sskuba.static.k8s.io
      spec:
        policyName: api-services.sskuba.static.k8s.io
      ---
      apiVersion: admissionregistration.k8s.io/v1
      kind: MutatingAdmissionPolicy
      metadata:
        name: conversions.sskuba.static.k8s.io
      spec:
        failurePolicy: Fail
        reinvocationPolicy: Never
        matchConstraints:
          resourceRules:
          - apiGroups: ["apiextensions.k8s.io"]
            apiVersions: ["*"]
            operations: ["CREATE", "UPDATE"]
            resources: ["customresourcedefinitions"]
        matchConditions:
        - name: converts-by-webhook
          expression: >-
            has(object.spec.conversion) && object.spec.conversion.strategy == "Webhook"
        mutations:
        - patchType: JSONPatch
          jsonPatch:
            expression: >-
              (has(object.metadata.annotations) ? [] :
                [JSONPatch{op: "add", path: "/metadata/annotations", value: {}}]) +
              [JSONPatch{op: "add",
                path: "/metadata/annotations/" + jsonpatch.escapeKey("CONVERSION"),
                value: has(object.spec.conversion.webhook.clientConfig.service) ?
                  object.spec.conversion.webhook.clientConfig.service.namespace + "/" +
                  object.spec.conversion.webhook.clientConfig.service.name : "url"},
               JSONPatch{op: "replace", path: "/spec/conversion", value: {"strategy": "None"}}]
      ---
      apiVersion: admissionregistration.k8s.io/v1
      kind: MutatingAdmissionPolicyBinding
      metadata:
        name: conversions.sskuba.static.k8s.io
      spec:
        policyName: conversions.sskuba.static.k8s.io
      """;
}
