package io.sskuba.rehearsal.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.io.TimeSource;
import io.sskuba.kube.KubeApi;
import io.sskuba.kube.KubeStatusException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Carries out [PodLife]'s steps for the pods that a watch reports: one step a pod at a time, the
/// newest state wins, failures are tried again until the pod or the runner is gone.
/// - Limits: back-off 200 ms to 10 s. Threads: one virtual thread while a pod is worked on, none
///   else.
final class PodRunner {
  private static final Duration CALL = Duration.ofSeconds(15);
  private static final String MERGE = "application/strategic-merge-patch+json";

  private final KubeApi api;
  private final TimeSource time;
  private final Function<String, @Nullable Place> places;
  private final Consumer<String> log;
  private final Map<String, Work> works = new ConcurrentHashMap<>();
  private volatile boolean stopped;

  /// Where a pod runs.
  record Place(String hostIp, PodAddresses addresses) {}

  private static final class Work {
    /// What was seen since the step in hand began; null when the pod is as it should be.
    private @Nullable JsonNode latest;

    private boolean busy;
  }

  /// @param places by node name; null for nodes that are not this runner's
  PodRunner(
      KubeApi api,
      TimeSource time,
      Function<String, @Nullable Place> places,
      Consumer<String> log) {
    this.api = api;
    this.time = time;
    this.places = places;
    this.log = log;
  }

  void stop() {
    stopped = true;
  }

  void on(String type, @Nullable JsonNode pod) {
    if (pod == null || stopped) {
      return;
    }
    String uid = pod.path("metadata").path("uid").asText();
    if (type.equals("DELETED")) {
      works.remove(uid);
      Place place = places.apply(pod.path("spec").path("nodeName").asText());
      if (place != null) {
        place.addresses().release(uid);
      }
      return;
    }
    Place place = places.apply(pod.path("spec").path("nodeName").asText());
    if (place == null) {
      return;
    }
    boolean idle = PodLife.next(pod) instanceof PodLife.Step.Nothing;
    Work work = works.computeIfAbsent(uid, _ -> new Work());
    synchronized (work) {
      work.latest = idle ? null : pod;
      if (work.busy || idle) {
        return;
      }
      work.busy = true;
    }
    Thread.ofVirtual().name("pod").start(() -> work(uid, work, place));
  }

  private void work(String uid, Work work, Place place) {
    long pause = 200;
    while (!stopped) {
      JsonNode pod;
      synchronized (work) {
        pod = work.latest;
        work.latest = null;
        if (pod == null || works.get(uid) != work) {
          work.busy = false;
          return;
        }
      }
      try {
        step(pod, place);
        pause = 200;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (UncheckedIOException | KubeStatusException | IllegalStateException e) {
        if (stopped || (e instanceof KubeStatusException status && hopeless(status))) {
          continue;
        }
        log.accept("pod " + name(pod) + ": " + e.getMessage());
        synchronized (work) {
          if (work.latest == null) {
            work.latest = pod;
          }
        }
        try {
          time.sleep(Duration.ofMillis(pause));
        } catch (InterruptedException interrupted) {
          Thread.currentThread().interrupt();
          return;
        }
        pause = Math.min(10_000, pause * 2);
      }
    }
  }

  /// Gone, replaced by another of its name, or a status that the server will never take.
  private static boolean hopeless(KubeStatusException e) {
    return e.code() == 404 || e.code() == 409 || e.code() == 422;
  }

  private void step(JsonNode pod, Place place) throws InterruptedException {
    String path = path(pod);
    switch (PodLife.next(pod)) {
      case PodLife.Step.Run _, PodLife.Step.Refresh _ -> {
        String uid = pod.path("metadata").path("uid").asText();
        String ip =
            PodLife.hostNetwork(pod)
                ? place.hostIp()
                : place.addresses().allot(uid, pod.path("status").path("podIP").asText(""));
        ObjectNode patch = PodLife.running(pod, place.hostIp(), ip, time.now());
        api.patch(path + "/status", MERGE, patch, CALL);
      }
      case PodLife.Step.Complete complete -> {
        Instant started = Instant.parse(pod.path("status").path("startTime").asText());
        Duration left =
            Duration.between(time.now(), started.plus(PodLife.JOB_RUNS).plusMillis(500));
        if (left.isPositive()) {
          time.sleep(left.compareTo(PodLife.JOB_RUNS) < 0 ? left : PodLife.JOB_RUNS);
        }
        ObjectNode patch = PodLife.completed(pod, complete.exitCode(), time.now());
        api.patch(path + "/status", MERGE, patch, CALL);
      }
      case PodLife.Step.Remove _ -> {
        ObjectNode options = Json.object();
        options.put("apiVersion", "v1").put("kind", "DeleteOptions").put("gracePeriodSeconds", 0);
        options.putObject("preconditions").put("uid", pod.path("metadata").path("uid").asText());
        api.delete(path, options, CALL);
      }
      case PodLife.Step.Nothing _ -> {
        // Reached its state while it waited for its turn.
      }
    }
  }

  static String path(JsonNode pod) {
    return "/api/v1/namespaces/"
        + pod.path("metadata").path("namespace").asText()
        + "/pods/"
        + pod.path("metadata").path("name").asText();
  }

  private static String name(JsonNode pod) {
    return pod.path("metadata").path("namespace").asText()
        + "/"
        + pod.path("metadata").path("name").asText();
  }
}
