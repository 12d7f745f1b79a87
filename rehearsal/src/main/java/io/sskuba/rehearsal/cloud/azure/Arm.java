package io.sskuba.rehearsal.cloud.azure;

import io.sskuba.rehearsal.account.Account;
import io.sskuba.rehearsal.account.CloudFault;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.rehearsal.cloud.CloudRequest;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Resource ids and error texts of Azure Resource Manager.
/// - Source:
///   https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
final class Arm {
  static final String P = "azure-native:";
  static final String GROUP = P + "resources:ResourceGroup";
  static final String NETWORK = P + "network:VirtualNetwork";
  static final String SUBNET = P + "network:Subnet";
  static final String ADDRESS = P + "network:PublicIPAddress";
  static final String NAT = P + "network:NatGateway";
  static final String MEMBERS = P + "network:ApplicationSecurityGroup";
  static final String RULES = P + "network:NetworkSecurityGroup";
  static final String BALANCER = P + "network:LoadBalancer";
  static final String DOOR = P + "network:InboundNatRule";
  static final String CARD = P + "network:NetworkInterface";
  static final String HOSTS = P + "compute:AvailabilitySet";
  static final String MACHINE = P + "compute:VirtualMachine";
  static final String IDENTITY = P + "managedidentity:UserAssignedIdentity";
  static final String ROLE = P + "authorization:RoleAssignment";
  static final String RECORD = P + "dns:RecordSet";

  /// A rule of a load balancer, kept beside it because something listens for it here.
  static final String LISTENER = P + "network:LoadBalancer/loadBalancingRule";

  /// How a type's ids end, and the input that names the resource.
  record Kind(String path, String nameInput) {}

  private static final Map<String, Kind> KINDS =
      Map.ofEntries(
          Map.entry(NETWORK, new Kind("Microsoft.Network/virtualNetworks", "virtualNetworkName")),
          Map.entry(
              ADDRESS, new Kind("Microsoft.Network/publicIPAddresses", "publicIpAddressName")),
          Map.entry(NAT, new Kind("Microsoft.Network/natGateways", "natGatewayName")),
          Map.entry(
              MEMBERS,
              new Kind(
                  "Microsoft.Network/applicationSecurityGroups", "applicationSecurityGroupName")),
          Map.entry(
              RULES,
              new Kind("Microsoft.Network/networkSecurityGroups", "networkSecurityGroupName")),
          Map.entry(BALANCER, new Kind("Microsoft.Network/loadBalancers", "loadBalancerName")),
          Map.entry(CARD, new Kind("Microsoft.Network/networkInterfaces", "networkInterfaceName")),
          Map.entry(HOSTS, new Kind("Microsoft.Compute/availabilitySets", "availabilitySetName")),
          Map.entry(MACHINE, new Kind("Microsoft.Compute/virtualMachines", "vmName")),
          Map.entry(
              IDENTITY,
              new Kind("Microsoft.ManagedIdentity/userAssignedIdentities", "resourceName")));

  private Arm() {}

  static CloudFault fault(CloudFault.Kind kind, int status, String code, String message) {
    return new CloudFault(
        kind, "Status=" + status + " Code=\"" + code + "\" Message=\"" + message + "\"");
  }

  static CloudFault invalid(String code, String message) {
    return fault(CloudFault.Kind.INVALID, 400, code, message);
  }

  static String subscription(CloudRequest request) {
    return request.site().spec().target().settings() instanceof ProviderSettings.Azure azure
        ? azure.subscription()
        : "00000000-0000-0000-0000-000000000000";
  }

  static String group(String subscription, String name) {
    return "/subscriptions/" + subscription + "/resourceGroups/" + name;
  }

  /// The id that the inputs name.
  static String id(CloudRequest request) {
    String group = group(subscription(request), request.text("resourceGroupName"));
    return switch (request.type()) {
      case GROUP -> group;
      case SUBNET ->
          group
              + "/providers/Microsoft.Network/virtualNetworks/"
              + request.text("virtualNetworkName")
              + "/subnets/"
              + request.text("subnetName");
      case DOOR ->
          group
              + "/providers/Microsoft.Network/loadBalancers/"
              + request.text("loadBalancerName")
              + "/inboundNatRules/"
              + request.text("inboundNatRuleName");
      case ROLE ->
          request.text("scope")
              + "/providers/Microsoft.Authorization/roleAssignments/"
              + request.text("roleAssignmentName");
      case RECORD ->
          group
              + "/providers/Microsoft.Network/dnszones/"
              + request.text("zoneName")
              + "/"
              + request.text("recordType")
              + "/"
              + request.text("relativeRecordSetName");
      default -> {
        Kind kind = KINDS.get(request.type());
        if (kind == null) {
          throw new IllegalArgumentException("no such type in simulated Azure: " + request.type());
        }
        yield group + "/providers/" + kind.path() + "/" + request.text(kind.nameInput());
      }
    };
  }

  static String name(String id) {
    return id.substring(id.lastIndexOf('/') + 1);
  }

  /// `Microsoft.Network/loadBalancers`, as answers tell it.
  static String path(String type) {
    Kind kind = KINDS.get(type);
    return kind == null ? type : kind.path();
  }

  /// Every id that a value mentions.
  static Set<String> ids(@Nullable Object value) {
    Set<String> ids = new LinkedHashSet<>();
    collect(value, ids);
    return ids;
  }

  private static void collect(@Nullable Object value, Set<String> into) {
    switch (value) {
      case String text when text.toLowerCase(Locale.ROOT).startsWith("/subscriptions/") ->
          into.add(text);
      case Map<?, ?> map -> map.values().forEach(v -> collect(v, into));
      case List<?> list -> list.forEach(v -> collect(v, into));
      case null, default -> {}
    }
  }

  /// What an id names: a resource, or the one that the part belongs to.
  static Optional<CloudResource> owner(Account.View account, String id) {
    Optional<CloudResource> found = account.find(id);
    if (found.isPresent()) {
      return found;
    }
    int part = id.lastIndexOf('/');
    int kind = part < 0 ? -1 : id.lastIndexOf('/', part - 1);
    return kind < 0 ? Optional.empty() : account.find(id.substring(0, kind));
  }

  /// Whether an id names a resource of this account, or a part that it has.
  static boolean exists(Account.View account, String id) {
    if (account.find(id).isPresent()) {
      return true;
    }
    Optional<CloudResource> owner = owner(account, id);
    return owner.isPresent() && hasPart(owner.get().inputs(), owner.get().id(), id);
  }

  /// Whether inputs list the part that an id names: `…/probes/http` is the item `http` of `probes`.
  static boolean hasPart(Map<String, Object> inputs, String owner, String id) {
    String[] part = id.substring(owner.length() + 1).split("/", -1);
    return part.length == 2
        && maps(inputs.get(part[0])).stream().anyMatch(m -> part[1].equals(m.get("name")));
  }

  /// Everything in this account that mentions the resource or a part of it, itself left out.
  static List<CloudResource> users(Account.View account, CloudResource resource) {
    List<CloudResource> users = new ArrayList<>();
    for (CloudResource other : account.all()) {
      boolean mine = other.id().startsWith(resource.id() + "/");
      if (!mine
          && !other.id().equals(resource.id())
          && ids(other.inputs()).stream()
              .anyMatch(i -> i.equals(resource.id()) || i.startsWith(resource.id() + "/"))) {
        users.add(other);
      }
    }
    return users;
  }

  /// A nested value of inputs or outputs, as text; empty when it is not there. Of a list, the
  /// first.
  static String text(@Nullable Object value, String... path) {
    @Nullable Object at = value;
    for (String step : path) {
      while (at instanceof List<?> list) {
        at = list.isEmpty() ? null : list.getFirst();
      }
      at = at instanceof Map<?, ?> map ? map.get(step) : null;
    }
    return at == null ? "" : String.valueOf(at);
  }

  /// The maps of a list input.
  static List<Map<String, Object>> maps(@Nullable Object value) {
    List<Map<String, Object>> out = new ArrayList<>();
    if (value instanceof List<?> list) {
      for (Object item : list) {
        if (item instanceof Map<?, ?> map) {
          Map<String, Object> copy = new java.util.LinkedHashMap<>();
          map.forEach((k, v) -> copy.put(String.valueOf(k), v));
          out.add(copy);
        }
      }
    }
    return out;
  }
}
