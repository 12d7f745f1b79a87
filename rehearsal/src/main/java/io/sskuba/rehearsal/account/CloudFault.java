package io.sskuba.rehearsal.account;

/// A simulated cloud says no. The message is in the shape of the real provider's.
public final class CloudFault extends Exception {
  /// What kind of no: tests and the provider's own retries go by it, users by the text.
  public enum Kind {
    /// Retried by the provider itself, as real ones do.
    THROTTLED,
    QUOTA,
    CAPACITY,
    DENIED,
    EXPIRED,
    INVALID,
    CONFLICT,
    /// Something still uses what is to be deleted; retried by the provider itself for a while.
    DEPENDENCY,
    NOT_FOUND,
    UNAVAILABLE
  }

  private final Kind kind;

  public CloudFault(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
