package io.sskuba.rehearsal.kubelet;

import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.kube.KubeApi;
import io.sskuba.kube.KubeApis;
import io.sskuba.kube.KubeCredential;
import io.sskuba.net.AddressMap;
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
  private final Map<Bootstrap, KubeApi> bootstraps = new ConcurrentHashMap<>();

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

  /// What a bootstrap connection is for; never printed, since it holds a token.
  private record Bootstrap(String endpoint, String token, String ca) {
    @Override
    public String toString() {
      return "Bootstrap[hidden]";
    }
  }

  /// One connection for all kubelets that bootstrap with the same token.
  private KubeApi bootstrap(KubeletSpec spec) {
    return bootstraps.computeIfAbsent(
        new Bootstrap(spec.endpointUrl(), spec.bootstrapToken(), spec.caCertificate()),
        key ->
            KubeApis.open(
                key.endpoint(),
                key.ca(),
                new KubeCredential.BearerToken(key.token()),
                AddressMap.IDENTITY));
  }

  @Override
  public void start(KubeletSpec spec) {
    kubelets
        .computeIfAbsent(
            spec.nodeName(), _ -> new SimKubelet(spec, time, random, door, this::bootstrap, admin))
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
    bootstraps.values().forEach(KubeApi::close);
    door.close();
  }
}
