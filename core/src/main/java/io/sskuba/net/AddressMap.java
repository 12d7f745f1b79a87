package io.sskuba.net;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The one map between a cluster's addresses and what dials them from this machine.
///
/// Configs, certificates and Node objects carry the cluster's addresses; processes on this machine
/// bind their loopback twins. On targets with real machines the map is empty and every address is
/// its own twin.
///
/// @param twins cluster address to loopback twin, for example `10.64.0.2` to `127.64.0.2`
/// @param blocks whole networks whose hosts have the same number in their twin network; asked after
///   `twins`
/// @param doors where the Talos API of a machine is dialled when that is not the machine's own
///   address: cluster address to `HOST:PORT`, for example a public address or a port of the load
///   balancer. The host is looked up in `twins` in its turn.
public record AddressMap(Map<String, String> twins, List<Block> blocks, Map<String, String> doors) {

  public static final AddressMap IDENTITY = new AddressMap(Map.of());

  public AddressMap {
    twins = Collections.unmodifiableMap(new LinkedHashMap<>(twins));
    blocks = List.copyOf(blocks);
    doors = Collections.unmodifiableMap(new LinkedHashMap<>(doors));
  }

  public AddressMap(Map<String, String> twins) {
    this(twins, List.of(), Map.of());
  }

  public AddressMap(Map<String, String> twins, List<Block> blocks) {
    this(twins, blocks, Map.of());
  }

  /// Where the Talos API of a machine is dialled from here.
  public record Dial(String host, int port) {}

  /// The door of `address` where it has one, else its twin at `port`.
  public Dial talos(String address, int port) {
    String door = doors.get(address);
    if (door == null) {
      return new Dial(twin(address), port);
    }
    int colon = door.lastIndexOf(':');
    return new Dial(twin(door.substring(0, colon)), Integer.parseInt(door.substring(colon + 1)));
  }

  /// A network and its twin, both IPv4 `A.B.C.D/N`.
  public record Block(String cidr, String twinCidr) {
    private String moved(String address, String from, String to) {
      int host = parse(address) - parse(from.substring(0, from.indexOf('/')));
      int bits = 32 - Integer.parseInt(from.substring(from.indexOf('/') + 1));
      long size = 1L << bits;
      if (host < 0 || host >= size) {
        return address;
      }
      int moved = parse(to.substring(0, to.indexOf('/'))) + host;
      return (moved >>> 24)
          + "."
          + (moved >>> 16 & 255)
          + "."
          + (moved >>> 8 & 255)
          + "."
          + (moved & 255);
    }
  }

  /// What to dial, or bind, for `address`.
  public String twin(String address) {
    String known = twins.get(address);
    if (known != null) {
      return known;
    }
    for (Block block : blocks) {
      String moved =
          isIpv4(address) ? block.moved(address, block.cidr(), block.twinCidr()) : address;
      if (!moved.equals(address)) {
        return moved;
      }
    }
    return address;
  }

  /// The cluster address behind a twin; the twin itself when it is none.
  public String address(String twin) {
    for (Map.Entry<String, String> entry : twins.entrySet()) {
      if (entry.getValue().equals(twin)) {
        return entry.getKey();
      }
    }
    for (Block block : blocks) {
      String moved = isIpv4(twin) ? block.moved(twin, block.twinCidr(), block.cidr()) : twin;
      if (!moved.equals(twin)) {
        return moved;
      }
    }
    return twin;
  }

  private static boolean isIpv4(String text) {
    return text.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
  }

  private static int parse(String address) {
    int out = 0;
    for (String part : address.split("\\.", -1)) {
      out = out << 8 | Integer.parseInt(part);
    }
    return out;
  }
}
