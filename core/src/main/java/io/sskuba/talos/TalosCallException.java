package io.sskuba.talos;

/// A call to a machine that ended with a gRPC status other than OK.
public final class TalosCallException extends RuntimeException {
  private final String status;
  private final String text;

  /// @param status name of the gRPC status, for example `UNAVAILABLE`, `ALREADY_EXISTS`
  public TalosCallException(String status, String text, Throwable cause) {
    super(status + ": " + text, cause);
    this.status = status;
    this.text = text;
  }

  public String status() {
    return status;
  }

  public String text() {
    return text;
  }
}
