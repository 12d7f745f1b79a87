package io.sskuba.rehearsal.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.TimeSource;
import io.sskuba.kube.KubeApi;
import io.sskuba.wait.Deadline;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/// The pod addresses of one node, from the `podCIDR` that the controller-manager gave it.
///
/// A node that got none within [#WAIT] (the pod network has no room for it) uses a block of
/// 100.64.0.0/10 instead, so that its pods still run.
/// - Limits: the block's size less two.
final class PodAddresses {
  static final Duration WAIT = Duration.ofSeconds(5);
  private static final AtomicInteger NEXT_SPARE = new AtomicInteger();

  private final KubeApi api;
  private final String nodeName;
  private final TimeSource time;
  private final Map<String, String> byUid = new HashMap<>();
  private final Set<String> used = new HashSet<>();
  private int network = -1;
  private int size;
  private int next = 2;

  PodAddresses(KubeApi api, String nodeName, TimeSource time) {
    this.api = api;
    this.nodeName = nodeName;
    this.time = time;
  }

  /// The pod's address: the one it has, or a free one. Blocks while the node's block is unknown.
  synchronized String allot(String uid, String present) throws InterruptedException {
    String held = byUid.get(uid);
    if (held != null) {
      return held;
    }
    if (!present.isEmpty() && used.add(present)) {
      byUid.put(uid, present);
      return present;
    }
    if (network == -1) {
      learn();
    }
    for (int tried = 0; tried < size; tried++) {
      int host = next;
      next = next + 1 >= size - 1 ? 2 : next + 1;
      String address = text(network + host);
      if (used.add(address)) {
        byUid.put(uid, address);
        return address;
      }
    }
    throw new IllegalStateException("no free pod address on " + nodeName);
  }

  synchronized void release(String uid) {
    String address = byUid.remove(uid);
    if (address != null) {
      used.remove(address);
    }
  }

  private void learn() throws InterruptedException {
    Deadline deadline = Deadline.after(time, WAIT);
    long pause = 100;
    while (true) {
      String cidr =
          api.get("/api/v1/nodes/" + nodeName, Duration.ofSeconds(10))
              .map((JsonNode node) -> node.path("spec").path("podCIDR").asText(""))
              .orElse("");
      if (cidr.matches("[0-9.]+/[0-9]+")) {
        block(cidr);
        return;
      }
      if (deadline.passed()) {
        int block = NEXT_SPARE.getAndIncrement() & 0x3fff;
        block("100." + (64 + (block >> 8)) + "." + (block & 0xff) + ".0/24");
        return;
      }
      // Ever more slowly: with too small a pod network, hundreds of nodes wait here in vain.
      time.sleep(Duration.ofMillis(pause));
      pause *= 2;
    }
  }

  private void block(String cidr) {
    int slash = cidr.indexOf('/');
    int bits = Integer.parseInt(cidr.substring(slash + 1));
    size = 1 << Math.clamp(32 - bits, 2, 16);
    int value = 0;
    for (String part : cidr.substring(0, slash).split("\\.", 4)) {
      value = (value << 8) | Integer.parseInt(part);
    }
    network = value & -size;
  }

  private static String text(int address) {
    return ((address >>> 24) & 255)
        + "."
        + ((address >>> 16) & 255)
        + "."
        + ((address >>> 8) & 255)
        + "."
        + (address & 255);
  }
}
