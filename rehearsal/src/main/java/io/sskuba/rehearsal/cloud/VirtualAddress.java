package io.sskuba.rehearsal.cloud;

import io.sskuba.infra.OfflineTopology;
import io.sskuba.rehearsal.account.Account;
import io.sskuba.rehearsal.account.CloudResource;
import java.util.List;
import java.util.Map;

/// What stands for the Kubernetes API where no load balancer is made: the virtual address that
/// Talos answers for on one control plane at a time, or the host or name that the user sees to. It
/// is nobody's resource: it is there while a control plane is.
public final class VirtualAddress {
  private static final int API_PORT = 6443;
  private static final String PLACE = ":site/virtualAddress:VirtualAddress";

  private VirtualAddress() {}

  /// Puts the address, for the control planes that are there now.
  ///
  /// @param pkg package of the machines
  /// @param machines the control planes' addresses
  public static void settle(
      String pkg, CloudRequest request, List<String> machines, Account.View account) {
    Site site = request.site();
    if (site == null) {
      return;
    }
    String address = OfflineTopology.of(site.spec()).endpointHost();
    String id = id(site.clusterId());
    List<Site.Backend> backends =
        machines.stream().map(m -> new Site.Backend(m, API_PORT)).toList();
    account.put(
        new CloudResource(
            id,
            pkg + PLACE,
            site.clusterId(),
            "virtual-address",
            Map.of("address", address),
            Map.of(),
            Map.of(),
            request.now(),
            site.listener(id, List.of(address), API_PORT, backends)));
  }

  /// Takes the address away with its last control plane.
  public static void leave(String cluster, List<String> machinesLeft, Account.View account) {
    if (machinesLeft.isEmpty() && account.find(id(cluster)).isPresent()) {
      account.remove(id(cluster));
    }
  }

  private static String id(String cluster) {
    return "virtual-address/" + cluster;
  }
}
