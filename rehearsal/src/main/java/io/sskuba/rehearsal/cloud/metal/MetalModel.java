package io.sskuba.rehearsal.cloud.metal;

import io.sskuba.infra.metal.MetalTarget;
import io.sskuba.rehearsal.account.Account;
import io.sskuba.rehearsal.account.CloudFault;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.rehearsal.account.Fabric;
import io.sskuba.rehearsal.cloud.CloudModel;
import io.sskuba.rehearsal.cloud.CloudRequest;
import io.sskuba.rehearsal.cloud.Site;
import io.sskuba.rehearsal.cloud.VirtualAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Machines that are there already: at each address of the file one in maintenance mode, until a
/// cluster has it.
///
/// What a scenario can do: `capacity: [{type: machine, zone: ADDRESS}]` for one that is switched
/// off; `machines: [{name: …, fault: …}]` for one that answers wrongly. The file's fingerprint is
/// checked for its form only; the simulated site shows its machines' own.
public final class MetalModel implements CloudModel {
  private static final String CONTROL_PLANE = "controlplane";

  @Override
  public String pkg() {
    return MetalTarget.PACKAGE;
  }

  @Override
  public String account() {
    return "metal";
  }

  @Override
  public Made create(CloudRequest request, Account.View account) throws CloudFault {
    if (!request.type().equals(MetalTarget.MACHINE)) {
      throw new CloudFault(CloudFault.Kind.INVALID, "unknown type " + request.type());
    }
    String address = request.text("address");
    if (request.scenario().unavailable("machine", address)) {
      throw new CloudFault(
          CloudFault.Kind.UNAVAILABLE,
          address + ":50000 does not answer: connection timed out; is the machine switched on?");
    }
    for (CloudResource other : account.ofType(MetalTarget.MACHINE)) {
      if (other.text("address").equals(address)) {
        throw new CloudFault(
            CloudFault.Kind.CONFLICT,
            address
                + " is not in maintenance mode: it asks for a client certificate, so it is a machine"
                + " of another cluster ("
                + other.name()
                + ")");
      }
    }
    Made made = made(request);
    if (request.text("role").equals(CONTROL_PLANE)) {
      List<String> all = new java.util.ArrayList<>(controlPlanes(cluster(request), "", account));
      all.add(address);
      VirtualAddress.settle(pkg(), request, all, account);
    }
    return made;
  }

  @Override
  public Made update(CloudRequest request, CloudResource before, Account.View account) {
    return made(request);
  }

  private static Made made(CloudRequest request) {
    Site site = request.site();
    String address = request.text("address");
    Map<String, Object> outputs = new LinkedHashMap<>();
    Fabric fabric = null;
    if (site != null) {
      outputs.put("talosVersion", site.spec().versions().talos());
      fabric = site.machine(address, request.name(), address, List.of());
    }
    return new Made(address, outputs, new TreeMap<>(request.map("tags")), fabric);
  }

  private static String cluster(CloudRequest request) {
    return request.site() == null ? "" : request.site().clusterId();
  }

  private static List<String> controlPlanes(String cluster, String without, Account.View account) {
    return account.ofType(MetalTarget.MACHINE).stream()
        .filter(m -> m.cluster().equals(cluster) && !m.id().equals(without))
        .filter(m -> m.text("role").equals(CONTROL_PLANE))
        .map(m -> m.text("address"))
        .toList();
  }

  /// Reset: the machine is as it was, in maintenance mode.
  @Override
  public void delete(CloudRequest request, CloudResource resource, Account.View account) {
    VirtualAddress.leave(
        resource.cluster(), controlPlanes(resource.cluster(), resource.id(), account), account);
  }
}
