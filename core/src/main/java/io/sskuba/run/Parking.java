package io.sskuba.run;

/// A wish to stop at the next safe point. Set by the first Ctrl-C; read at phase boundaries and in
/// waits.
public final class Parking {
  private volatile boolean requested;

  public void request() {
    requested = true;
  }

  public boolean requested() {
    return requested;
  }
}
