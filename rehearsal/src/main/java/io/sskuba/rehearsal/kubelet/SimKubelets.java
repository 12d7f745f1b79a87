package io.sskuba.rehearsal.kubelet;

import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.kube.KubeApi;
import io.sskuba.rehearsal.machine.NodeServices.ServiceState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/// The simulated kubelets of one cluster, each with its own credentials, on shared threads.
public final class SimKubelets implements Kubelets {
  private final TimeSource time;
  private final RandomSource random;
  private final Supplier<Optional<KubeApi>> admin;
  private final KubeletDoor door;
  private final Map<String, SimKubelet> kubelets = new ConcurrentHashMap<>();

  public SimKubelets(TimeSource time, RandomSource random) {
    this(time, random, Optional::empty);
  }

  /// @param admin the control plane's own API client, for labels that a kubelet may not set; it is
  ///   not closed here
  public SimKubelets(TimeSource time, RandomSource random, Supplier<Optional<KubeApi>> admin) {
    this.time = time;
    this.random = random;
    this.admin = admin;
    this.door = new KubeletDoor(time, random);
  }

  @Override
  public void start(KubeletSpec spec) {
    kubelets
        .computeIfAbsent(spec.nodeName(), _ -> new SimKubelet(spec, time, random, door, admin))
        .start();
  }

  @Override
  public void stop(String nodeName) {
    SimKubelet kubelet = kubelets.remove(nodeName);
    if (kubelet != null) {
      kubelet.stop();
    }
  }

  @Override
  public ServiceState service(String nodeName) {
    SimKubelet kubelet = kubelets.get(nodeName);
    return kubelet == null
        ? new ServiceState("kubelet", "Waiting", false, true, "", time.now(), List.of())
        : kubelet.state();
  }

  @Override
  public void close() {
    List<Thread> stopping =
        kubelets.keySet().stream().map(name -> Thread.ofVirtual().start(() -> stop(name))).toList();
    try {
      for (Thread thread : stopping) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    door.close();
  }
}
