package io.sskuba.pki;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;

/// IP addresses as text, without ever asking a resolver.
final class Addresses {
  private static final Pattern V4 =
      Pattern.compile("(25[0-5]|2[0-4]\\d|1?\\d?\\d)(\\.(25[0-5]|2[0-4]\\d|1?\\d?\\d)){3}");
  private static final Pattern V6 = Pattern.compile("[0-9a-fA-F:.]{2,45}");

  private Addresses() {}

  static boolean isAddress(String text) {
    return V4.matcher(text).matches() || (text.contains(":") && V6.matcher(text).matches());
  }

  /// Errors: [IllegalArgumentException] when it is none.
  static byte[] parse(String text) {
    if (!isAddress(text)) {
      throw new IllegalArgumentException("not an IP address: " + text);
    }
    try {
      return InetAddress.getByName(text).getAddress();
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("not an IP address: " + text, e);
    }
  }
}
