package io.sskuba.rehearsal.cloud.azure;

import io.sskuba.net.Cidr;
import io.sskuba.rehearsal.account.Account;
import io.sskuba.rehearsal.account.CloudFault;
import io.sskuba.rehearsal.account.CloudFault.Kind;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.rehearsal.cloud.CloudModel.Made;
import io.sskuba.rehearsal.cloud.CloudRequest;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// VNets, subnets, security groups, public addresses and network cards of simulated Azure.
final class AzureNetworks {
  private static final int RESERVED = 4;
  private static final int PRIORITY_MAX = 4096;
  private static final long ADDRESSES = 100;

  private AzureNetworks() {}

  /// Ranges and rules that Azure would not take.
  static void check(CloudRequest request, String id, Account.View account) throws CloudFault {
    switch (request.type()) {
      case Arm.SUBNET -> subnet(request, id, account);
      case Arm.RULES -> rules(request);
      default -> {}
    }
  }

  private static void subnet(CloudRequest request, String id, Account.View account)
      throws CloudFault {
    Cidr range = cidr(request.text("addressPrefix"));
    CloudResource network =
        account.require(
            Arm.NETWORK,
            id.substring(0, id.indexOf("/subnets/")),
            "Code=\"NotFound\" no such VNet");
    boolean inside = false;
    if (network.inputs().get("addressSpace") instanceof Map<?, ?> space
        && space.get("addressPrefixes") instanceof List<?> prefixes) {
      for (Object prefix : prefixes) {
        inside |= cidr(String.valueOf(prefix)).contains(range);
      }
    }
    if (!inside) {
      throw Arm.invalid(
          "NetcfgInvalidSubnet",
          "Subnet '"
              + Arm.name(id)
              + "' is not valid in virtual network '"
              + Arm.name(network.id())
              + "'.");
    }
    for (CloudResource other : account.ofType(Arm.SUBNET)) {
      boolean sibling = other.id().startsWith(network.id() + "/") && !other.id().equals(id);
      if (sibling && cidr(other.text("addressPrefix")).overlaps(range)) {
        throw Arm.invalid(
            "NetcfgSubnetRangesOverlap",
            "Subnet '"
                + Arm.name(id)
                + "' is not valid because its IP address range overlaps with"
                + " that of an existing subnet in virtual network '"
                + Arm.name(network.id())
                + "'.");
      }
    }
  }

  private static Cidr cidr(String text) throws CloudFault {
    Optional<Cidr> cidr = Cidr.parse(text);
    if (cidr.isEmpty()) {
      throw Arm.invalid(
          "InvalidAddressPrefixFormat", "Address prefix " + text + " is not formatted correctly.");
    }
    return cidr.get();
  }

  private static void rules(CloudRequest request) throws CloudFault {
    Map<String, String> taken = new HashMap<>();
    for (Map<String, Object> rule : Arm.maps(request.inputs().get("securityRules"))) {
      String name = String.valueOf(rule.get("name"));
      int priority = rule.get("priority") instanceof Number n ? n.intValue() : 0;
      if (priority < 100 || priority > PRIORITY_MAX) {
        throw Arm.invalid(
            "SecurityRuleInvalidPriority",
            "Security rule "
                + name
                + " has invalid Priority. Value provided: "
                + priority
                + " Allowed range 100-4096.");
      }
      String other = taken.put(rule.get("direction") + " " + priority, name);
      if (other != null) {
        throw Arm.invalid(
            "SecurityRuleConflict",
            "Security rule "
                + other
                + " conflicts with rule "
                + name
                + ". Rules cannot have the same Priority and Direction.");
      }
    }
  }

  static Made address(
      CloudRequest request,
      String id,
      Optional<CloudResource> before,
      Map<String, Object> outputs,
      Account.View account)
      throws CloudFault {
    String label = Arm.text(request.inputs().get("dnsSettings"), "domainNameLabel");
    String region = request.text("location");
    for (CloudResource other : account.ofType(Arm.ADDRESS)) {
      if (!label.isEmpty()
          && !other.id().equals(id)
          && other.text("location").equals(region)
          && Arm.text(other.inputs().get("dnsSettings"), "domainNameLabel").equals(label)) {
        throw Arm.fault(
            Kind.CONFLICT,
            409,
            "DnsRecordInUse",
            "DNS record "
                + label
                + "."
                + region
                + ".cloudapp.azure.com is already used by another"
                + " public IP.");
      }
    }
    if (before.isEmpty()) {
      long limit = request.scenario().quota("publicIPAddresses", ADDRESSES);
      if (account.ofType(Arm.ADDRESS).size() >= limit) {
        throw Arm.fault(
            Kind.QUOTA,
            400,
            "PublicIPCountLimitReached",
            "Cannot create more than "
                + limit
                + " public IP addresses for this subscription in"
                + " this region.");
      }
    }
    outputs.put(
        "ipAddress",
        before.map(b -> b.out("ipAddress")).orElseGet(() -> next(account.next("addresses"))));
    if (!label.isEmpty()) {
      outputs.put(
          "dnsSettings",
          Map.of("domainNameLabel", label, "fqdn", label + "." + region + ".cloudapp.azure.com"));
    }
    return new Made(id, outputs);
  }

  /// Of the range for benchmarks, which nobody routes.
  private static String next(long n) {
    long host = n % (1 << 17);
    return "198." + (18 + (host >> 16)) + "." + (host >> 8 & 255) + "." + (host & 255);
  }

  static Made card(
      CloudRequest request,
      String id,
      Optional<CloudResource> before,
      Map<String, Object> outputs,
      Account.View account)
      throws CloudFault {
    List<Object> configurations = new ArrayList<>();
    for (Map<String, Object> given : Arm.maps(request.inputs().get("ipConfigurations"))) {
      String subnet = Arm.text(given.get("subnet"), "id");
      alone(id, Arm.text(given.get("publicIPAddress"), "id"), account);
      Map<String, Object> configuration = new LinkedHashMap<>(given);
      configuration.put("id", id + "/ipConfigurations/" + given.get("name"));
      String kept =
          before
              .map(b -> Arm.text(b.outputs().get("ipConfigurations"), "privateIPAddress"))
              .orElse("");
      configuration.put("privateIPAddress", kept.isEmpty() ? free(request, subnet, account) : kept);
      configurations.add(configuration);
    }
    outputs.put("ipConfigurations", configurations);
    AzureBalancers.with(id, request.inputs(), outputs, account);
    return new Made(id, outputs);
  }

  /// A public address stands at one place.
  static void alone(String id, String address, Account.View account) throws CloudFault {
    if (address.isEmpty()) {
      return;
    }
    for (CloudResource other : account.all()) {
      if (!other.id().equals(id) && Arm.ids(other.inputs()).contains(address)) {
        throw Arm.invalid(
            "PublicIPAddressInUse",
            "Resource "
                + id
                + " is referencing public IP address "
                + address
                + " that is already allocated to resource "
                + other.id()
                + ".");
      }
    }
  }

  /// The first free address of a subnet; Azure keeps the first four and the last.
  static String free(CloudRequest request, String subnet, Account.View account) throws CloudFault {
    Cidr range = range(request, subnet, account);
    Set<String> taken = new HashSet<>();
    for (CloudResource card : account.ofType(Arm.CARD)) {
      taken.add(Arm.text(card.outputs().get("ipConfigurations"), "privateIPAddress"));
    }
    for (CloudResource balancer : account.ofType(Arm.BALANCER)) {
      taken.add(Arm.text(balancer.outputs().get("frontendIPConfigurations"), "privateIPAddress"));
    }
    long size = 1L << (range.bits() - range.prefix());
    for (long host = RESERVED; host < size - 1; host++) {
      String address = format(range.base().add(BigInteger.valueOf(host)));
      if (!taken.contains(address)) {
        return address;
      }
    }
    throw Arm.invalid(
        "SubnetIsFull",
        "Subnet "
            + Arm.name(subnet)
            + " with address prefix "
            + range
            + " does not have enough capacity for 1 IP addresses.");
  }

  /// A subnet of a landing zone is not in this account: its range is the file's, else a made-up
  /// one.
  private static Cidr range(CloudRequest request, String subnet, Account.View account)
      throws CloudFault {
    Optional<CloudResource> found = account.find(subnet);
    if (found.isPresent()) {
      return cidr(found.get().text("addressPrefix"));
    }
    String cidr = request.site().spec().target().network().cidr();
    return cidr(cidr == null ? "172.28.0.0/20" : cidr);
  }

  private static String format(BigInteger address) {
    int value = address.intValue();
    return (value >>> 24)
        + "."
        + (value >>> 16 & 255)
        + "."
        + (value >>> 8 & 255)
        + "."
        + (value & 255);
  }
}
