package io.sskuba.rehearsal.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.channel.Channel;
import io.sskuba.io.Json;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.kube.KubeApi;
import io.sskuba.kube.KubeApis;
import io.sskuba.kube.KubeCredential;
import io.sskuba.kube.KubeStatusException;
import io.sskuba.net.AddressMap;
import io.sskuba.rehearsal.machine.NodeServices.Event;
import io.sskuba.rehearsal.machine.NodeServices.ServiceState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One simulated kubelet: certificate, Node, lease, status, pods, server.
///
/// A session is one client certificate's life on one API connection; when it breaks, another begins
/// after a pause.
final class SimKubelet {
  static final Duration LEASE = Duration.ofSeconds(10);
  private static final Duration REPORT = Duration.ofMinutes(5);
  private static final Duration CALL = Duration.ofSeconds(10);
  private static final long FIRST_PAUSE_MS = 250;
  private static final long LAST_PAUSE_MS = 5_000;

  /// A new cluster's API server is about to come: its first minute is looked at more closely.
  private static final long YOUNG_PAUSE_MS = 300;

  private static final Duration YOUNG = Duration.ofMinutes(1);
  private static final int MAX_EVENTS = 20;

  private final KubeletSpec spec;
  private final NodeObjects.Facts facts;
  private final TimeSource time;
  private final KubeletCredentials credentials;
  private final KubeletDoor door;
  private final Function<KubeletSpec, KubeApi> bootstrap;
  private final Supplier<Optional<KubeApi>> admin;
  private final KubeletLog log;
  private final Map<String, JsonNode> mirrors = new ConcurrentHashMap<>();
  private volatile boolean stopped;
  private volatile ServiceState state;
  private volatile @Nullable Channel server;
  private @Nullable Thread main;

  SimKubelet(
      KubeletSpec spec,
      TimeSource time,
      RandomSource random,
      KubeletDoor door,
      Function<KubeletSpec, KubeApi> bootstrap,
      Supplier<Optional<KubeApi>> admin) {
    this.spec = spec;
    this.bootstrap = bootstrap;
    this.facts = NodeObjects.Facts.of(spec);
    this.time = time;
    this.door = door;
    this.admin = admin;
    this.log = new KubeletLog(spec.log(), time);
    this.credentials =
        new KubeletCredentials(spec.nodeName(), spec.caCertificate(), spec.memory(), time, random);
    this.state = new ServiceState("kubelet", "Waiting", false, true, "", time.now(), List.of());
  }

  synchronized void start() {
    if (main == null) {
      main = Thread.ofVirtual().name("kubelet-" + spec.nodeName()).start(this::live);
    }
  }

  void stop() {
    stopped = true;
    Thread thread;
    synchronized (this) {
      thread = main;
    }
    if (thread != null) {
      thread.interrupt();
      try {
        thread.join(Duration.ofSeconds(2));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    shut();
    become("Finished", false, "stopped");
  }

  ServiceState state() {
    return state;
  }

  private void live() {
    long pause = FIRST_PAUSE_MS;
    long born = time.nanos();
    while (!stopped) {
      long began = time.nanos();
      try {
        session();
        pause = FIRST_PAUSE_MS;
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException e) {
        if (stopped) {
          return;
        }
        become("Waiting", false, words(e));
        if (time.nanos() - began > Duration.ofSeconds(30).toNanos()) {
          pause = FIRST_PAUSE_MS;
        }
        try {
          time.sleep(Duration.ofMillis(pause));
        } catch (InterruptedException interrupted) {
          return;
        }
        boolean young = time.nanos() - born < YOUNG.toNanos();
        pause = Math.min(young ? YOUNG_PAUSE_MS : LAST_PAUSE_MS, pause * 2);
      }
    }
  }

  private static String words(RuntimeException e) {
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }

  private void session() throws InterruptedException {
    KubeletCredentials.Held held = certificate();
    KubeApi api = open(held.credential());
    PodRunner runner = null;
    Thread pulse = null;
    try {
      String uid = register(api);
      PodAddresses addresses = new PodAddresses(api, spec.nodeName(), time);
      PodRunner.Place place = new PodRunner.Place(spec.address(), addresses);
      runner = new PodRunner(api, time, name -> place, log::line);
      serve();
      become("Running", true, "node registered; containers are simulated");
      Thread watching = Thread.currentThread();
      Instant renewAt = held.renewAt();
      Instant ends = renewAt;
      boolean[] over = new boolean[1];
      pulse =
          Thread.ofVirtual()
              .name("lease-" + spec.nodeName())
              .start(() -> beat(api, uid, ends, over, watching));
      prepareMirrors(uid);
      Thread.ofVirtual().start(() -> keepMirrors(api, uid, over));
      PodRunner pods = runner;
      api.watch(
          "/api/v1/pods",
          "fieldSelector=spec.nodeName%3D" + spec.nodeName(),
          (type, pod) -> {
            if (type.equals("DELETED") && pod != null && isMirror(pod) && !stopped) {
              Thread.ofVirtual().start(() -> keepMirrors(api, uid, over));
            }
            pods.on(type, pod);
          },
          () -> stopped || over[0]);
    } catch (InterruptedException e) {
      if (stopped) {
        throw e;
      }
      // The lease's thread ended the session: its certificate is to be renewed or is refused.
    } finally {
      if (runner != null) {
        runner.stop();
      }
      if (pulse != null) {
        pulse.interrupt();
      }
      api.close();
    }
  }

  private KubeApi open(KubeCredential credential) {
    return KubeApis.open(spec.endpointUrl(), spec.caCertificate(), credential, AddressMap.IDENTITY);
  }

  private KubeletCredentials.Held certificate() throws InterruptedException {
    Optional<KubeletCredentials.Held> kept = credentials.kept();
    if (kept.isPresent()) {
      KubeletCredentials.Held held = kept.get();
      if (time.now().isBefore(held.renewAt())) {
        return held;
      }
      log.line("client certificate is due: asking for a new one");
      try (KubeApi api = open(held.credential())) {
        return credentials.request(api);
      }
    }
    KubeletCredentials.Held held = credentials.request(bootstrap.apply(spec));
    log.line("client certificate issued");
    return held;
  }

  /// Makes the Node, or brings an existing one up to date. Returns its UID.
  private String register(KubeApi api) {
    JsonNode node;
    try {
      node = api.create("/api/v1/nodes", NodeObjects.node(facts, time.now(), true), CALL);
      log.line("registered");
    } catch (KubeStatusException e) {
      if (e.code() == 401) {
        credentials.forget();
      }
      if (e.code() != 409) {
        throw e;
      }
      ObjectNode labels = Json.object();
      ObjectNode values = labels.putObject("metadata").putObject("labels");
      NodeObjects.labels(facts, true).forEach(values::put);
      node = api.patch(path(), "application/merge-patch+json", labels, CALL);
      report(api);
      log.line("registered again");
    }
    label();
    return node.path("metadata").path("uid").asText();
  }

  /// Labels that a kubelet may not set are set with the control plane's own credentials, as Talos
  /// does on control planes.
  private void label() {
    Map<String, String> refused = new LinkedHashMap<>(NodeObjects.labels(facts, false));
    refused.keySet().removeAll(NodeObjects.labels(facts, true).keySet());
    if (refused.isEmpty()) {
      return;
    }
    Optional<KubeApi> plane = admin.get();
    if (plane.isEmpty()) {
      log.line("labels that a kubelet may not set: " + refused.keySet());
      return;
    }
    ObjectNode labels = Json.object();
    ObjectNode values = labels.putObject("metadata").putObject("labels");
    refused.forEach(values::put);
    plane.get().patch(path(), "application/merge-patch+json", labels, CALL);
  }

  private String path() {
    return "/api/v1/nodes/" + spec.nodeName();
  }

  private void report(KubeApi api) {
    ObjectNode patch = Json.object();
    patch.set("status", NodeObjects.status(facts, time.now()));
    api.patch(path() + "/status", "application/strategic-merge-patch+json", patch, CALL);
  }

  /// Renews the lease, reports the status, and ends the session when the certificate is due.
  private void beat(KubeApi api, String uid, Instant renewAt, boolean[] over, Thread watching) {
    String lease = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
    long reported = time.nanos();
    long renewed = time.nanos();
    boolean exists = false;
    int refused = 0;
    while (!stopped && !over[0]) {
      Duration pause = LEASE;
      try {
        exists = renew(api, uid, lease, exists);
        long now = time.nanos();
        // After a gap the control plane may have written Unknown over our conditions.
        if (now - reported > REPORT.toNanos() || now - renewed > 3 * LEASE.toNanos()) {
          report(api);
          reported = now;
        }
        renewed = now;
        refused = 0;
      } catch (UncheckedIOException | KubeStatusException e) {
        if (stopped || Thread.currentThread().isInterrupted()) {
          return;
        }
        log.line("lease: " + e.getMessage());
        pause = Duration.ofSeconds(2);
        refused = e instanceof KubeStatusException s && s.code() == 401 ? refused + 1 : 0;
        exists = !(e instanceof KubeStatusException s) || s.code() != 404;
      }
      if (refused >= 3 || !time.now().isBefore(renewAt)) {
        if (refused >= 3) {
          credentials.forget();
        }
        over[0] = true;
        watching.interrupt();
        return;
      }
      try {
        time.sleep(pause);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private boolean renew(KubeApi api, String uid, String leases, boolean exists) {
    if (!exists) {
      try {
        api.create(leases, NodeObjects.lease(spec.nodeName(), uid, time.now()), CALL);
        return true;
      } catch (KubeStatusException e) {
        if (e.code() != 409) {
          throw e;
        }
      }
    }
    api.patch(
        leases + "/" + spec.nodeName(),
        "application/merge-patch+json",
        NodeObjects.renewal(time.now()),
        CALL);
    return true;
  }

  private void prepareMirrors(String nodeUid) {
    for (String text : spec.mirrorPods()) {
      ObjectNode pod = MirrorPods.of(text, spec.nodeName(), nodeUid);
      mirrors.put(pod.path("metadata").path("name").asText(), pod);
    }
  }

  /// Makes the mirror pods that are not there, until all are: a young API server lacks their
  /// namespace and priority class for a moment.
  private void keepMirrors(KubeApi api, String nodeUid, boolean[] over) {
    long pause = 200;
    while (!stopped && !over[0] && !mirrorOnce(api, nodeUid)) {
      try {
        time.sleep(Duration.ofMillis(pause));
      } catch (InterruptedException e) {
        return;
      }
      pause = Math.min(LAST_PAUSE_MS, pause * 2);
    }
  }

  private boolean mirrorOnce(KubeApi api, String nodeUid) {
    boolean all = true;
    for (Map.Entry<String, JsonNode> mirror : mirrors.entrySet()) {
      try {
        try {
          api.create("/api/v1/namespaces/kube-system/pods", mirror.getValue(), CALL);
        } catch (KubeStatusException e) {
          if (e.code() != 409) {
            throw e;
          }
          replaceForeign(api, mirror.getKey(), mirror.getValue(), nodeUid);
        }
      } catch (KubeStatusException | UncheckedIOException e) {
        all = false;
        if (!stopped) {
          log.line("mirror pod " + mirror.getKey() + ": " + e.getMessage());
        }
      }
    }
    return all;
  }

  /// A mirror pod of another config, or of a Node object that is gone, makes way for ours.
  private void replaceForeign(KubeApi api, String name, JsonNode pod, String nodeUid) {
    String path = "/api/v1/namespaces/kube-system/pods/" + name;
    JsonNode present = api.get(path, CALL).orElse(Json.object());
    String owner = present.path("metadata").path("ownerReferences").path(0).path("uid").asText();
    JsonNode hash = present.path("metadata").path("annotations").path(PodLife.MIRROR);
    if (owner.equals(nodeUid)
        && hash.equals(pod.path("metadata").path("annotations").path(PodLife.MIRROR))) {
      return;
    }
    ObjectNode options = Json.object();
    options.put("gracePeriodSeconds", 0);
    api.delete(path, options, CALL);
    api.create("/api/v1/namespaces/kube-system/pods", pod, CALL);
  }

  private boolean isMirror(JsonNode pod) {
    return mirrors.containsKey(pod.path("metadata").path("name").asText())
        && "kube-system".equals(pod.path("metadata").path("namespace").asText());
  }

  private void serve() {
    Channel current = server;
    if (current != null && current.isOpen()) {
      return;
    }
    try {
      server =
          door.open(
              spec.nodeName(), spec.address(), spec.twin(), KubeletDoor.PORT, spec.caCertificate());
      if (stopped) {
        shut();
      }
    } catch (IOException | RuntimeException e) {
      // A node without logs and exec is still a node.
      log.line("server on " + spec.twin() + ":" + KubeletDoor.PORT + ": " + e.getMessage());
    }
  }

  private void shut() {
    Channel current = server;
    if (current != null) {
      current.close().awaitUninterruptibly(1_000);
      server = null;
    }
  }

  private synchronized void become(String name, boolean healthy, String message) {
    ServiceState before = state;
    Instant now = time.now();
    List<Event> events = new ArrayList<>(before.events());
    boolean same = before.state().equals(name) && before.lastMessage().equals(message);
    if (!same) {
      events.add(new Event(message, name, now));
      log.line(name + ": " + message);
    }
    if (events.size() > MAX_EVENTS) {
      events.removeFirst();
    }
    state =
        new ServiceState(
            "kubelet",
            name,
            healthy,
            name.equals("Waiting"),
            message,
            same ? before.lastChange() : now,
            List.copyOf(events));
  }
}
