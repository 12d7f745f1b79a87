package io.sskuba.dns;

/// Where a cluster's names are kept, as its record says it.
///
/// @param server `HOST` or `HOST:PORT`, [#SIMULATED] where there is none
/// @param rehearsed nothing but this machine may be asked, and no key is resolved
public record NamePlace(String server, String zone, boolean rehearsed) {
  public static final String SIMULATED = "simulated";

  public boolean simulated() {
    return server.equals(SIMULATED);
  }
}
