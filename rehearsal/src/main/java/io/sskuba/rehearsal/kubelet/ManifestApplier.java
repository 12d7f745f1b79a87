package io.sskuba.rehearsal.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.TimeSource;
import io.sskuba.kube.KubeApi;
import io.sskuba.kube.KubeStatusException;
import io.sskuba.wait.Deadline;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Brings manifests into a cluster: those that let kubelets join first, then namespaces and custom
/// resource definitions, then the rest side by side.
///
/// What exists stays as it is, as with Talos: a user's change to CoreDNS survives a reboot of the
/// control plane.
/// - Limits: the given deadline for all of it; an object is tried again while the API server cannot
///   take it yet.
/// - Errors: the last refusal, or `UncheckedIOException`, when the deadline passed.
/// - Idempotent: yes.
public final class ManifestApplier {
  private static final Duration CALL = Duration.ofSeconds(10);
  private static final String FIELD_MANAGER = "talos";

  private final KubeApi api;
  private final TimeSource time;

  /// `apiVersion/kind` to the collection's name and whether it is namespaced.
  private final Map<String, Resource> resources = new ConcurrentHashMap<>();

  private record Resource(String plural, boolean namespaced) {}

  private static final Map<String, Resource> KNOWN =
      Map.ofEntries(
          Map.entry("v1/Namespace", new Resource("namespaces", false)),
          Map.entry("v1/Secret", new Resource("secrets", true)),
          Map.entry("v1/ConfigMap", new Resource("configmaps", true)),
          Map.entry("v1/Service", new Resource("services", true)),
          Map.entry("v1/ServiceAccount", new Resource("serviceaccounts", true)),
          Map.entry("apps/v1/Deployment", new Resource("deployments", true)),
          Map.entry("apps/v1/DaemonSet", new Resource("daemonsets", true)),
          Map.entry(
              "rbac.authorization.k8s.io/v1/ClusterRole", new Resource("clusterroles", false)),
          Map.entry(
              "rbac.authorization.k8s.io/v1/ClusterRoleBinding",
              new Resource("clusterrolebindings", false)),
          Map.entry(
              "apiextensions.k8s.io/v1/CustomResourceDefinition",
              new Resource("customresourcedefinitions", false)));

  private ManifestApplier(KubeApi api, TimeSource time) {
    this.api = api;
    this.time = time;
    resources.putAll(KNOWN);
  }

  /// Applies all of `objects` within 60 s. Returns how many were new.
  public static int apply(KubeApi api, List<ObjectNode> objects) throws InterruptedException {
    return apply(api, objects, TimeSource.system(), Duration.ofSeconds(60));
  }

  public static int apply(KubeApi api, List<ObjectNode> objects, TimeSource time, Duration limit)
      throws InterruptedException {
    ManifestApplier applier = new ManifestApplier(api, time);
    Deadline deadline = Deadline.after(time, limit);
    List<List<ObjectNode>> waves = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (ObjectNode object : objects) {
      waves.get(wave(object)).add(object);
    }
    int made = 0;
    for (List<ObjectNode> wave : waves) {
      made += applier.sideBySide(wave, deadline);
    }
    return made;
  }

  /// 0: what kubelets need to join; 1: what other objects stand on; 2: the rest.
  private static int wave(ObjectNode object) {
    String name = object.path("metadata").path("name").asText();
    return switch (object.path("kind").asText()) {
      case "Secret" -> name.startsWith("bootstrap-token-") ? 0 : 2;
      case "ClusterRoleBinding" -> name.startsWith("system-bootstrap-") ? 0 : 2;
      case "Namespace", "CustomResourceDefinition" -> 1;
      default -> 2;
    };
  }

  private int sideBySide(List<ObjectNode> wave, Deadline deadline) throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    boolean[] fresh = new boolean[wave.size()];
    List<RuntimeException> failures = new java.util.concurrent.CopyOnWriteArrayList<>();
    for (int i = 0; i < wave.size(); i++) {
      int index = i;
      threads.add(
          Thread.ofVirtual()
              .name("manifest")
              .start(
                  () -> {
                    try {
                      fresh[index] = one(wave.get(index), deadline);
                    } catch (InterruptedException e) {
                      Thread.currentThread().interrupt();
                    } catch (RuntimeException e) {
                      failures.add(e);
                    }
                  }));
    }
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      threads.forEach(Thread::interrupt);
      throw e;
    }
    if (!failures.isEmpty()) {
      throw failures.getFirst();
    }
    int count = 0;
    for (boolean made : fresh) {
      count += made ? 1 : 0;
    }
    return count;
  }

  private boolean one(ObjectNode object, Deadline deadline) throws InterruptedException {
    long pause = 50;
    while (true) {
      try {
        api.create(collection(object) + "?fieldManager=" + FIELD_MANAGER, object, CALL);
        return true;
      } catch (KubeStatusException e) {
        if (e.code() == 409 && e.reason().equals("AlreadyExists")) {
          return false;
        }
        if (!passing(e) || deadline.passed()) {
          throw new KubeStatusException(
              e.code(), e.reason(), label(object) + ": " + e.getMessage());
        }
      } catch (UncheckedIOException e) {
        if (deadline.passed()) {
          throw e;
        }
      }
      time.sleep(Duration.ofMillis(pause));
      pause = Math.min(1_000, pause * 2);
    }
  }

  /// Whether a young API server may take the same object a moment later. 403 and 404: RBAC
  /// defaults, a namespace or a definition that is not there yet. 422 for a Service: the allocator
  /// of its range is not ready (kubernetes v1.36.3, ipallocator/cidrallocator.go, getAllocator),
  /// which a slow machine shows for seconds.
  private static boolean passing(KubeStatusException e) {
    return e.code() >= 500
        || e.code() == 403
        || e.code() == 404
        || e.code() == 429
        || (e.code() == 422 && String.valueOf(e.getMessage()).contains("failed to allocate IP"));
  }

  private static String label(ObjectNode object) {
    return object.path("kind").asText() + " " + object.path("metadata").path("name").asText();
  }

  private String collection(ObjectNode object) {
    String version = object.path("apiVersion").asText();
    String root = (version.contains("/") ? "/apis/" : "/api/") + version;
    Resource resource = resource(root, version, object.path("kind").asText());
    if (!resource.namespaced()) {
      return root + "/" + resource.plural();
    }
    String namespace = object.path("metadata").path("namespace").asText("default");
    return root + "/namespaces/" + namespace + "/" + resource.plural();
  }

  private Resource resource(String root, String version, String kind) {
    Resource known = resources.get(version + "/" + kind);
    if (known != null) {
      return known;
    }
    JsonNode discovered =
        api.get(root, CALL)
            .orElseThrow(
                () -> new KubeStatusException(404, "NotFound", version + " is not served"));
    for (JsonNode entry : discovered.path("resources")) {
      String plural = entry.path("name").asText();
      if (!plural.contains("/")) {
        resources.put(
            version + "/" + entry.path("kind").asText(),
            new Resource(plural, entry.path("namespaced").asBoolean()));
      }
    }
    Resource found = resources.get(version + "/" + kind);
    if (found == null) {
      throw new KubeStatusException(404, "NotFound", version + " " + kind + " is not served");
    }
    return found;
  }
}
