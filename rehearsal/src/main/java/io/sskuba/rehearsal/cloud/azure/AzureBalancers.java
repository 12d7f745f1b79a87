package io.sskuba.rehearsal.cloud.azure;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.rehearsal.account.Account;
import io.sskuba.rehearsal.account.CloudFault;
import io.sskuba.rehearsal.account.CloudFault.Kind;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.rehearsal.account.Fabric;
import io.sskuba.rehearsal.cloud.CloudModel.Made;
import io.sskuba.rehearsal.cloud.CloudRequest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Load balancers of simulated Azure. Each rule, and each NAT rule, is a port of the cluster's
/// endpoint on this machine that passes connections on to the cards that are in its pool, or that
/// name it.
///
/// Ports below 1024 are not opened: nothing that is simulated serves there, and not everybody may.
final class AzureBalancers {
  private static final int PRIVILEGED = 1024;
  private static final String POOL = "pool";

  private AzureBalancers() {}

  static Made balancer(
      CloudRequest request,
      String id,
      Optional<CloudResource> before,
      Map<String, Object> outputs,
      Account.View account)
      throws CloudFault {
    List<Object> frontends = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (Map<String, Object> given : Arm.maps(request.inputs().get("frontendIPConfigurations"))) {
      Map<String, Object> frontend = new LinkedHashMap<>(given);
      frontend.put("id", id + "/frontendIPConfigurations/" + given.get("name"));
      String address = Arm.text(given.get("publicIPAddress"), "id");
      AzureNetworks.alone(id, address, account);
      Optional<CloudResource> found = account.find(address);
      if (found.isPresent()) {
        names.add(found.get().out("ipAddress"));
        names.add(Arm.text(found.get().outputs().get("dnsSettings"), "fqdn"));
      } else {
        String kept =
            before
                .map(b -> Arm.text(b.outputs().get("frontendIPConfigurations"), "privateIPAddress"))
                .orElse("");
        String own =
            kept.isEmpty()
                ? AzureNetworks.free(request, Arm.text(given.get("subnet"), "id"), account)
                : kept;
        frontend.put("privateIPAddress", own);
        names.add(own);
      }
      frontends.add(frontend);
    }
    outputs.put("frontendIPConfigurations", frontends);
    outputs.put("backendAddressPools", parts(request, id, "backendAddressPools"));
    outputs.put("probes", parts(request, id, "probes"));
    for (Map<String, Object> rule : Arm.maps(request.inputs().get("loadBalancingRules"))) {
      listen(request, id, rule, names, account);
    }
    return new Made(id, outputs);
  }

  private static List<Object> parts(CloudRequest request, String id, String kind) {
    List<Object> out = new ArrayList<>();
    for (Map<String, Object> given : Arm.maps(request.inputs().get(kind))) {
      Map<String, Object> part = new LinkedHashMap<>(given);
      part.put("id", id + "/" + kind + "/" + given.get("name"));
      out.add(part);
    }
    return out;
  }

  private static void listen(
      CloudRequest request,
      String id,
      Map<String, Object> rule,
      List<String> names,
      Account.View account) {
    String name = String.valueOf(rule.get("name"));
    String listener = id + "/loadBalancingRules/" + name;
    int port = rule.get("frontendPort") instanceof Number n ? n.intValue() : 0;
    String pool = Arm.text(rule.get("backendAddressPool"), "id");
    @Nullable Fabric fabric =
        port < PRIVILEGED ? null : request.site().listener(listener, names, port, List.of());
    CloudResource made =
        new CloudResource(
            listener,
            Arm.LISTENER,
            request.site().clusterId(),
            request.name() + "/" + name,
            Map.of(POOL, pool, "backendPort", rule.getOrDefault("backendPort", port)),
            Map.of(),
            Map.of(),
            request.now(),
            fabric);
    account.put(fabric == null ? made : made.withFabric(backends(made, fabric, account, null)));
  }

  static Made door(
      CloudRequest request,
      String id,
      Optional<CloudResource> before,
      Map<String, Object> outputs,
      Account.View account)
      throws CloudFault {
    CloudResource balancer =
        account
            .find(id.substring(0, id.indexOf("/inboundNatRules/")))
            .orElseThrow(
                () -> Arm.fault(Kind.NOT_FOUND, 404, "ResourceNotFound", "no load balancer"));
    long port = request.number("frontendPort", 0);
    for (Map<String, Object> rule : Arm.maps(balancer.inputs().get("loadBalancingRules"))) {
      refuseTaken(String.valueOf(rule.get("name")), id, rule.get("frontendPort"), port);
    }
    for (CloudResource other : account.ofType(Arm.DOOR)) {
      if (!other.id().equals(id) && other.id().startsWith(balancer.id() + "/")) {
        refuseTaken(Arm.name(other.id()), id, other.inputs().get("frontendPort"), port);
      }
    }
    List<String> names = new ArrayList<>();
    String address =
        Arm.text(balancer.inputs().get("frontendIPConfigurations"), "publicIPAddress", "id");
    account
        .find(address)
        .ifPresent(
            a -> {
              names.add(a.out("ipAddress"));
              names.add(Arm.text(a.outputs().get("dnsSettings"), "fqdn"));
            });
    Fabric fabric = request.site().listener(id, names, (int) port, List.of());
    CloudResource shown =
        new CloudResource(
            id,
            Arm.DOOR,
            request.site().clusterId(),
            request.name(),
            request.inputs(),
            outputs,
            Map.of(),
            request.now(),
            null);
    return new Made(id, outputs, Map.of(), backends(shown, fabric, account, null));
  }

  private static void refuseTaken(String name, String id, @Nullable Object taken, long port)
      throws CloudFault {
    if (taken instanceof Number number && number.longValue() == port) {
      throw Arm.invalid(
          "RulesUseSameFrontendPortProtocolAndIPConfig",
          "Load balancer rules "
              + name
              + " and "
              + Arm.name(id)
              + " with the same frontend port "
              + port
              + " and frontend IP configuration.");
    }
  }

  /// A card came or changed: the ports that lead to it know it.
  static void with(
      String card, Map<String, Object> inputs, Map<String, Object> outputs, Account.View account) {
    refresh(account, new Card(card, inputs, outputs, false));
  }

  /// A card goes.
  static void without(CloudResource card, Account.View account) {
    refresh(account, new Card(card.id(), card.inputs(), card.outputs(), true));
  }

  /// A card as it will be.
  private record Card(
      String id, Map<String, Object> inputs, Map<String, Object> outputs, boolean gone) {}

  private static void refresh(Account.View account, Card changed) {
    List<CloudResource> ports = new ArrayList<>(account.ofType(Arm.LISTENER));
    ports.addAll(account.ofType(Arm.DOOR));
    for (CloudResource port : ports) {
      Fabric fabric = port.fabric();
      if (fabric == null) {
        continue;
      }
      Fabric now = backends(port, fabric, account, changed);
      if (!now.equals(fabric)) {
        account.put(port.withFabric(now));
      }
    }
  }

  /// The port with the cards that lead from it now.
  private static Fabric backends(
      CloudResource port, Fabric fabric, Account.View account, @Nullable Card changed) {
    String target = port.type().equals(Arm.DOOR) ? port.id() : port.text(POOL);
    Set<String> addresses = new LinkedHashSet<>();
    for (CloudResource card : account.ofType(Arm.CARD)) {
      if (changed == null || !card.id().equals(changed.id())) {
        add(target, card.inputs(), card.outputs(), addresses);
      }
    }
    if (changed != null && !changed.gone()) {
      add(target, changed.inputs(), changed.outputs(), addresses);
    }
    ObjectNode inputs = fabric.inputs().deepCopy();
    ArrayNode list = inputs.putArray("backends");
    addresses.stream().sorted().forEach(list::add);
    inputs.put(
        "targetPort", port.inputs().get("backendPort") instanceof Number n ? n.intValue() : 0);
    return new Fabric(fabric.type(), inputs);
  }

  private static void add(
      String target, Map<String, Object> inputs, Map<String, Object> outputs, Set<String> into) {
    List<Map<String, Object>> given = Arm.maps(inputs.get("ipConfigurations"));
    List<Map<String, Object>> told = Arm.maps(outputs.get("ipConfigurations"));
    for (int i = 0; i < given.size() && i < told.size(); i++) {
      if (Arm.ids(given.get(i)).contains(target)) {
        into.add(String.valueOf(told.get(i).get("privateIPAddress")));
      }
    }
  }
}
