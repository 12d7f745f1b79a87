package io.sskuba.rehearsal.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
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
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Many nodes without a machine of their own, for measurements at scale: one credential, one watch
/// of pods, one loop of leases.
///
/// They bring no certificates and have no server; everything else (Node, lease, pods) is what
/// [SimKubelets] does.
/// - Limits: 5,000 nodes; [#PARALLEL] requests at a time.
public final class FleetNodes implements AutoCloseable {
  private static final int MAX_NODES = 5_000;
  private static final int PARALLEL = 32;
  private static final Duration CALL = Duration.ofSeconds(30);
  private static final String LEASES =
      "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";

  private final KubeApi api;
  private final TimeSource time;
  private final PodRunner runner;
  private final Consumer<String> log;
  private final Map<String, Member> members = new ConcurrentHashMap<>();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean stopped;

  private static final class Member {
    private final PodRunner.Place place;
    private final String uid;
    private volatile boolean leased;

    Member(PodRunner.Place place, String uid) {
      this.place = place;
      this.uid = uid;
    }
  }

  /// What the nodes are like.
  ///
  /// @param address the first node's InternalIP; the others count up from it
  public record Shape(
      String prefix,
      String address,
      Map<String, String> labels,
      List<String> taints,
      Map<String, String> capacity,
      String kubernetesVersion,
      String talosVersion,
      String arch) {}

  /// @param api may write nodes, leases and pods; not closed here
  public FleetNodes(KubeApi api, TimeSource time, Consumer<String> log) {
    this.api = api;
    this.time = time;
    this.log = log;
    this.runner = new PodRunner(api, time, this::place, log);
  }

  private PodRunner.@Nullable Place place(String nodeName) {
    Member member = members.get(nodeName);
    return member == null ? null : member.place;
  }

  /// Registers `count` nodes, Ready at once, and returns when all are there.
  /// - Errors: the first refusal, or `UncheckedIOException` after `limit`.
  public void register(Shape shape, int count, Duration limit) throws InterruptedException {
    if (count < 0 || count > MAX_NODES) {
      throw new IllegalArgumentException("0 to " + MAX_NODES + " nodes, not " + count);
    }
    Deadline deadline = Deadline.after(time, limit);
    ConcurrentLinkedQueue<Integer> todo = new ConcurrentLinkedQueue<>();
    for (int i = 0; i < count; i++) {
      todo.add(i);
    }
    AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    inParallel(
        () -> {
          Integer index;
          while (!stopped && failure.get() == null && (index = todo.poll()) != null) {
            try {
              one(shape, index, deadline);
            } catch (UncheckedIOException | KubeStatusException e) {
              failure.compareAndSet(null, e);
            }
          }
        });
    RuntimeException first = failure.get();
    if (first != null) {
      throw first;
    }
    begin();
  }

  private void one(Shape shape, int index, Deadline deadline) {
    String name = shape.prefix() + index;
    String address = add(shape.address(), index);
    NodeObjects.Facts facts =
        new NodeObjects.Facts(
            name,
            address,
            shape.labels(),
            shape.taints(),
            shape.capacity(),
            shape.kubernetesVersion(),
            shape.talosVersion(),
            shape.arch(),
            KubeletDoor.PORT);
    JsonNode node;
    try {
      node =
          api.create("/api/v1/nodes", NodeObjects.node(facts, time.now(), false), deadline.left());
    } catch (KubeStatusException e) {
      if (e.code() != 409) {
        throw e;
      }
      node = api.get("/api/v1/nodes/" + name, CALL).orElseThrow(() -> e);
    }
    PodRunner.Place place = new PodRunner.Place(address, new PodAddresses(api, name, time));
    members.put(name, new Member(place, node.path("metadata").path("uid").asText()));
  }

  private synchronized void begin() {
    if (!threads.isEmpty() || stopped) {
      return;
    }
    threads.add(Thread.ofVirtual().name("fleet-pods").start(this::watch));
    threads.add(Thread.ofVirtual().name("fleet-leases").start(this::beat));
  }

  private void watch() {
    try {
      api.watch("/api/v1/pods", "fieldSelector=spec.nodeName!%3D", runner::on, () -> stopped);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Renews each lease every ten seconds, a tenth of them a second.
  private void beat() {
    int slice = 0;
    while (!stopped) {
      long began = time.nanos();
      ConcurrentLinkedQueue<Map.Entry<String, Member>> due = new ConcurrentLinkedQueue<>();
      for (Map.Entry<String, Member> entry : members.entrySet()) {
        if (Math.floorMod(entry.getKey().hashCode(), 10) == slice) {
          due.add(entry);
        }
      }
      slice = (slice + 1) % 10;
      try {
        inParallel(
            () -> {
              Map.Entry<String, Member> entry;
              while (!stopped && (entry = due.poll()) != null) {
                renew(entry.getKey(), entry.getValue());
              }
            });
        long left = Duration.ofSeconds(1).toNanos() - (time.nanos() - began);
        if (left > 0) {
          time.sleep(Duration.ofNanos(left));
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void renew(String name, Member member) {
    try {
      if (member.leased) {
        api.patch(
            LEASES + "/" + name,
            "application/merge-patch+json",
            NodeObjects.renewal(time.now()),
            CALL);
      } else {
        api.create(LEASES, NodeObjects.lease(name, member.uid, time.now()), CALL);
        member.leased = true;
      }
    } catch (KubeStatusException e) {
      member.leased = e.code() != 404;
    } catch (UncheckedIOException e) {
      if (!stopped) {
        log.accept("lease of " + name + ": " + e.getMessage());
      }
    }
  }

  private static void inParallel(Runnable work) throws InterruptedException {
    List<Thread> workers = new ArrayList<>();
    for (int i = 0; i < PARALLEL; i++) {
      workers.add(Thread.ofVirtual().name("fleet").start(work));
    }
    try {
      for (Thread worker : workers) {
        worker.join();
      }
    } catch (InterruptedException e) {
      workers.forEach(Thread::interrupt);
      throw e;
    }
  }

  /// The IPv4 address `index` after `address`.
  static String add(String address, int index) {
    long value = 0;
    for (String part : address.split("\\.", 4)) {
      value = value << 8 | Integer.parseInt(part);
    }
    value += index;
    return (value >> 24 & 255)
        + "."
        + (value >> 16 & 255)
        + "."
        + (value >> 8 & 255)
        + "."
        + (value & 255);
  }

  @Override
  public synchronized void close() {
    stopped = true;
    runner.stop();
    threads.forEach(Thread::interrupt);
  }
}
