package io.sskuba.rehearsal.local;

import io.sskuba.infra.local.LocalNetwork;
import io.sskuba.net.Cidr;
import io.sskuba.spec.ClusterSpec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/// Which address ranges of this machine can be given to a new cluster.
public final class Slots {
  private static final int TALOS_PORT = 50000;

  private Slots() {}

  /// Whether the slot's own network overlaps neither pods nor services.
  public static boolean fits(ClusterSpec spec, int slot) {
    if (spec.target().network().cidr() != null) {
      return true;
    }
    Cidr own = Cidr.parse(LocalNetwork.of(slot).cidr()).orElseThrow();
    return !overlaps(own, spec.target().network().podCidr())
        && !overlaps(own, spec.target().network().serviceCidr());
  }

  private static boolean overlaps(Cidr own, String list) {
    for (String other : list.split(",", -1)) {
      if (Cidr.parse(other.trim()).map(own::overlaps).orElse(false)) {
        return true;
      }
    }
    return false;
  }

  /// Whether endpoint and first machine can be bound now: clusters of other users and state folders
  /// share the loopback range.
  public static boolean isFree(int slot) {
    LocalNetwork network = LocalNetwork.of(slot);
    return binds(network.endpointTwin(), 6443)
        && binds(network.twin(LocalNetwork.FIRST_MACHINE_HOST), TALOS_PORT);
  }

  static boolean binds(String twin, int port) {
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(InetAddress.getByName(twin), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
