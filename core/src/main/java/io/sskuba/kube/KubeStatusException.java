package io.sskuba.kube;

/// The API server's refusal.
public final class KubeStatusException extends RuntimeException {
  private final int code;
  private final String reason;

  public KubeStatusException(int code, String reason, String message) {
    super(code + " " + reason + ": " + message);
    this.code = code;
    this.reason = reason;
  }

  public int code() {
    return code;
  }

  public String reason() {
    return reason;
  }
}
