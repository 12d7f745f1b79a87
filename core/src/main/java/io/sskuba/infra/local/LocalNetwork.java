package io.sskuba.infra.local;

import io.sskuba.net.AddressMap;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Addresses of one cluster on this machine: a private network, and the loopback block that its
/// processes bind.
///
/// Slot `s` has the network `10.(64+s/16).((s%16)*16).0/20` and the block
/// `127.(64+s/16).((s%16)*16).0/20`; a host has the same number in both. Host 1 is the endpoint,
/// machines start at host 2. A network that the file names replaces the `10.` one; the block stays.
/// - Limits: slots 0-511; hosts up to the smaller of both networks, broadcast address excluded.
///
/// @param slot the slot allotted to the cluster
/// @param base first address of the network
/// @param prefix its prefix length
public record LocalNetwork(int slot, int base, int prefix) {
  public static final int SLOT_MAX = 511;
  public static final int ENDPOINT_HOST = 1;
  public static final int FIRST_MACHINE_HOST = 2;
  private static final int BLOCK_PREFIX = 20;

  public LocalNetwork {
    if (slot < 0 || slot > SLOT_MAX) {
      throw new IllegalArgumentException("slot " + slot + " is not within 0-" + SLOT_MAX);
    }
    if (prefix < 8 || prefix > 29) {
      throw new IllegalArgumentException(
          "a network of prefix /" + prefix + " cannot hold a cluster");
    }
    if ((base & hostMask(prefix)) != 0) {
      throw new IllegalArgumentException("host bits are set in the network's address");
    }
  }

  /// The slot's own network.
  public static LocalNetwork of(int slot) {
    return new LocalNetwork(slot, slotBase(10, slot), BLOCK_PREFIX);
  }

  /// The network that the file names, or the slot's own when it names none.
  /// - Errors: `IllegalArgumentException` when `cidr` is not an IPv4 network of /8 to /29.
  public static LocalNetwork of(int slot, @Nullable String cidr) {
    if (cidr == null) {
      return of(slot);
    }
    int slash = cidr.indexOf('/');
    if (slash < 0) {
      throw new IllegalArgumentException("not a network: " + cidr);
    }
    return new LocalNetwork(
        slot, parse(cidr.substring(0, slash)), Integer.parseInt(cidr.substring(slash + 1)));
  }

  private static int slotBase(int first, int slot) {
    return first << 24 | (64 + slot / 16) << 16 | slot % 16 * 16 << 8;
  }

  private static int hostMask(int prefix) {
    return (int) ((1L << (32 - prefix)) - 1);
  }

  public String cidr() {
    return format(base) + "/" + prefix;
  }

  /// The loopback block, `127.…/20`.
  public String twinCidr() {
    return format(slotBase(127, slot)) + "/" + BLOCK_PREFIX;
  }

  /// Highest host number that can be used.
  public int hostMax() {
    return Math.min(hostMask(prefix), hostMask(BLOCK_PREFIX)) - 1;
  }

  public String address(int host) {
    return format(base + checked(host));
  }

  /// What a process of this host binds.
  public String twin(int host) {
    return format(slotBase(127, slot) + checked(host));
  }

  public String endpoint() {
    return address(ENDPOINT_HOST);
  }

  public String endpointTwin() {
    return twin(ENDPOINT_HOST);
  }

  /// The map of the endpoint and these machine indexes (0 is the first machine).
  public AddressMap addresses(Collection<Integer> indexes) {
    Map<String, String> twins = new LinkedHashMap<>();
    twins.put(endpoint(), endpointTwin());
    for (int index : indexes) {
      int host = FIRST_MACHINE_HOST + index;
      twins.put(address(host), twin(host));
    }
    return new AddressMap(twins);
  }

  private int checked(int host) {
    if (host < 1 || host > hostMax()) {
      throw new IllegalArgumentException("no host " + host + " in " + cidr());
    }
    return host;
  }

  private static int parse(String address) {
    String[] parts = address.split("\\.", -1);
    if (parts.length != 4) {
      throw new IllegalArgumentException("not an IPv4 address: " + address);
    }
    int out = 0;
    for (String part : parts) {
      if (!part.matches("0|[1-9][0-9]{0,2}") || Integer.parseInt(part) > 255) {
        throw new IllegalArgumentException("not an IPv4 address: " + address);
      }
      out = out << 8 | Integer.parseInt(part);
    }
    return out;
  }

  private static String format(int address) {
    return (address >>> 24)
        + "."
        + (address >>> 16 & 255)
        + "."
        + (address >>> 8 & 255)
        + "."
        + (address & 255);
  }
}
