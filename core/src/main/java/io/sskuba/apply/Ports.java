package io.sskuba.apply;

import io.sskuba.dns.Zones;
import io.sskuba.io.Environment;
import io.sskuba.io.Places;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.kube.KubeApi;
import io.sskuba.net.AddressMap;
import io.sskuba.secret.KeyRing;
import io.sskuba.state.StateStore;
import io.sskuba.talos.TalosNodes;
import io.sskuba.toolchain.Toolchain;
import java.util.function.BiFunction;
import java.util.function.Function;

/// Everything outside the engine that the use cases reach, as ports. Made once by the front end.
///
/// @param platforms the platform of a target; empty where this release has none
/// @param zones the zones of clusters' names
/// @param talos opens Talos connections through an address map
/// @param kube opens a Kubernetes API from a kubeconfig through an address map
public record Ports(
    TimeSource time,
    RandomSource random,
    Environment environment,
    Places places,
    StateStore store,
    Toolchain toolchain,
    KeyRing keys,
    Platforms platforms,
    Zones zones,
    Function<AddressMap, TalosNodes> talos,
    BiFunction<String, AddressMap, KubeApi> kube) {

  /// The same ports for a rehearsal: it asks nobody outside this machine, for state or keys.
  public Ports ofThisMachine() {
    return withStateHere(keys.ofThisMachine());
  }

  /// The same ports for a real cluster of this machine: its state is here, and no other is asked.
  public Ports withStateHere() {
    return withStateHere(keys);
  }

  private Ports withStateHere(KeyRing opening) {
    return new Ports(
        time,
        random,
        environment,
        places,
        store.ofThisMachine(),
        toolchain,
        opening,
        platforms,
        zones,
        talos,
        kube);
  }
}
