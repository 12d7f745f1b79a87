package io.sskuba.cli;

import java.net.InetAddress;
import java.net.UnknownHostException;

/// What counts as this machine. Names are not looked up, but for `localhost`.
final class Loopback {
  private static final int MAX_PORT = 65_535;

  private Loopback() {}

  /// Whether a host without a port is this machine.
  static boolean isHost(String host) {
    String bare = host.replaceAll("^\\[|\\]$", "");
    return bare.equals("localhost") || (literal(bare) && isLoopback(bare));
  }

  /// Whether `HOST:PORT` is a port of this machine.
  static boolean isHostPort(String text) {
    int colon = text.lastIndexOf(':');
    if (colon <= 0 || !isHost(text.substring(0, colon))) {
      return false;
    }
    String port = text.substring(colon + 1);
    return port.matches("[0-9]{1,5}")
        && Integer.parseInt(port) > 0
        && Integer.parseInt(port) <= MAX_PORT;
  }

  private static boolean literal(String host) {
    return host.contains(":") || host.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
