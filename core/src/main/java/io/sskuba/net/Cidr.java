package io.sskuba.net;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// An IP network in CIDR notation, IPv4 or IPv6. Its text has at most 49 characters; zone ids and
/// IPv4-mapped IPv6 are refused.
///
/// @param base the network address; host bits are zero
/// @param prefix length of the network part in bits
/// @param bits 32 or 128
public record Cidr(BigInteger base, int prefix, int bits) {
  private static final int TEXT_MAX = 49;

  public Cidr {
    if ((bits != 32 && bits != 128) || prefix < 0 || prefix > bits) {
      throw new IllegalArgumentException("not a network: /" + prefix + " of " + bits + " bits");
    }
    if (base.signum() < 0
        || base.bitLength() > bits
        || !base.equals(networkOf(base, prefix, bits))) {
      throw new IllegalArgumentException("host bits are set");
    }
  }

  /// Parses `ADDRESS/PREFIX`. Empty when it is not one, or when host bits are set: see [#aligned].
  public static Optional<Cidr> parse(String text) {
    Parts parts = Parts.of(text);
    if (parts == null
        || !parts.address.equals(networkOf(parts.address, parts.prefix, parts.bits))) {
      return Optional.empty();
    }
    return Optional.of(new Cidr(parts.address, parts.prefix, parts.bits));
  }

  /// The network that `text` lies in when only its host bits are wrong: `10.0.0.1/8` is
  /// `10.0.0.0/8`.
  public static Optional<Cidr> aligned(String text) {
    Parts parts = Parts.of(text);
    return parts == null
        ? Optional.empty()
        : Optional.of(
            new Cidr(networkOf(parts.address, parts.prefix, parts.bits), parts.prefix, parts.bits));
  }

  /// Whether `text` is an IPv4 or IPv6 address. Never asks a resolver.
  public static boolean isAddress(String text) {
    return Address.of(text) != null;
  }

  /// The one spelling of an address: `0:0::1` is `::1`, so that two spellings of one are found.
  /// Throws `IllegalArgumentException` when it is no address.
  public static String canonical(String address) {
    Address parsed = Address.of(address);
    if (parsed == null) {
      throw new IllegalArgumentException("not an IP address");
    }
    return format(parsed.value, parsed.bits);
  }

  public boolean isIpv4() {
    return bits == 32;
  }

  /// Whether the address lies in this network; false for one of the other family or no address.
  public boolean contains(String address) {
    Address parsed = Address.of(address);
    return parsed != null
        && parsed.bits == bits
        && networkOf(parsed.value, prefix, bits).equals(base);
  }

  public boolean contains(Cidr other) {
    return other.bits == bits
        && other.prefix >= prefix
        && networkOf(other.base, prefix, bits).equals(base);
  }

  public boolean overlaps(Cidr other) {
    return contains(other) || other.contains(this);
  }

  /// Addresses in all, network and broadcast address included.
  public BigInteger size() {
    return BigInteger.ONE.shiftLeft(bits - prefix);
  }

  /// The `n`th address counted from the network address: host 0 of `10.0.0.0/24` is `10.0.0.0`.
  /// Throws `IllegalArgumentException` when the network has no such address.
  public String host(long n) {
    BigInteger offset = BigInteger.valueOf(n);
    if (n < 0 || offset.compareTo(size()) >= 0) {
      throw new IllegalArgumentException("no address " + n + " in " + this);
    }
    return format(base.add(offset), bits);
  }

  /// Whether `address` can be a machine's: in this network and, on IPv4 networks with room for it,
  /// neither the network nor the broadcast address.
  public boolean usable(String address) {
    if (!contains(address)) {
      return false;
    }
    if (!isIpv4() || prefix >= 31) {
      return true;
    }
    String spelled = canonical(address);
    return !spelled.equals(host(0)) && !spelled.equals(host(size().longValueExact() - 1));
  }

  @Override
  public String toString() {
    return format(base, bits) + "/" + prefix;
  }

  private static BigInteger networkOf(BigInteger address, int prefix, int bits) {
    int hostBits = bits - prefix;
    return address.shiftRight(hostBits).shiftLeft(hostBits);
  }

  private record Parts(BigInteger address, int prefix, int bits) {
    static @Nullable Parts of(String text) {
      int slash = text.indexOf('/');
      if (slash < 0 || text.length() > TEXT_MAX) {
        return null;
      }
      Address address = Address.of(text.substring(0, slash));
      int prefix = decimal(text.substring(slash + 1), 3);
      if (address == null || prefix < 0 || prefix > address.bits) {
        return null;
      }
      return new Parts(address.value, prefix, address.bits);
    }
  }

  /// The number, or -1: ASCII digits only, no leading zero (which some readers take for octal).
  private static int decimal(String text, int digitsMax) {
    if (text.isEmpty()
        || text.length() > digitsMax
        || (text.length() > 1 && text.charAt(0) == '0')) {
      return -1;
    }
    int n = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      n = n * 10 + (c - '0');
    }
    return n;
  }

  private record Address(BigInteger value, int bits) {
    static @Nullable Address of(String text) {
      if (text.length() > TEXT_MAX) {
        return null;
      }
      return text.indexOf(':') >= 0 ? address6(text) : address4(text);
    }
  }

  private static @Nullable Address address4(String text) {
    String[] parts = text.split("\\.", -1);
    if (parts.length != 4) {
      return null;
    }
    byte[] octets = new byte[4];
    for (int i = 0; i < 4; i++) {
      int n = decimal(parts[i], 3);
      if (n < 0 || n > 255) {
        return null;
      }
      octets[i] = (byte) n;
    }
    return new Address(new BigInteger(1, octets), 32);
  }

  /// RFC 4291 §2.2 forms 1 and 2; the dotted form 3 is refused, nothing here needs it.
  private static @Nullable Address address6(String text) {
    int gap = text.indexOf("::");
    if (gap >= 0 && text.indexOf("::", gap + 1) >= 0) {
      return null;
    }
    String[] head = groups(gap < 0 ? text : text.substring(0, gap));
    String[] tail = gap < 0 ? new String[0] : groups(text.substring(gap + 2));
    int given = head.length + tail.length;
    if (gap < 0 ? given != 8 : given > 7) {
      return null;
    }
    byte[] octets = new byte[16];
    return fill(octets, 0, head) && fill(octets, 16 - 2 * tail.length, tail)
        ? new Address(new BigInteger(1, octets), 128)
        : null;
  }

  private static String[] groups(String text) {
    return text.isEmpty() ? new String[0] : text.split(":", -1);
  }

  private static boolean fill(byte[] octets, int from, String[] groups) {
    for (int g = 0; g < groups.length; g++) {
      String group = groups[g];
      if (group.isEmpty() || group.length() > 4) {
        return false;
      }
      int n = 0;
      for (int i = 0; i < group.length(); i++) {
        int digit = group.charAt(i) < 128 ? Character.digit(group.charAt(i), 16) : -1;
        if (digit < 0) {
          return false;
        }
        n = n * 16 + digit;
      }
      octets[from + 2 * g] = (byte) (n >> 8);
      octets[from + 2 * g + 1] = (byte) n;
    }
    return true;
  }

  private static String format(BigInteger address, int bits) {
    byte[] octets = new byte[bits / 8];
    byte[] magnitude = address.toByteArray();
    for (int i = 0; i < octets.length && i < magnitude.length; i++) {
      octets[octets.length - 1 - i] = magnitude[magnitude.length - 1 - i];
    }
    return bits == 32 ? format4(octets) : format6(octets);
  }

  private static String format4(byte[] octets) {
    try {
      return InetAddress.getByAddress(octets).getHostAddress();
    } catch (UnknownHostException e) {
      throw new IllegalStateException("four octets are an address", e);
    }
  }

  /// RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups as `::`.
  private static String format6(byte[] octets) {
    int[] groups = new int[8];
    for (int i = 0; i < 8; i++) {
      groups[i] = ((octets[2 * i] & 0xff) << 8) | (octets[2 * i + 1] & 0xff);
    }
    int best = -1;
    int bestLength = 1;
    for (int i = 0; i < 8; i++) {
      int end = i;
      while (end < 8 && groups[end] == 0) {
        end++;
      }
      if (end - i > bestLength) {
        best = i;
        bestLength = end - i;
      }
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      if (i == best) {
        text.append("::");
        i += bestLength - 1;
        continue;
      }
      if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
        text.append(':');
      }
      text.append(Integer.toHexString(groups[i]));
    }
    return text.toString();
  }
}
