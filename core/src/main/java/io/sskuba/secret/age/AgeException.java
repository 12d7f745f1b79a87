package io.sskuba.secret.age;

/// Why an age file could not be read. Messages hold no key and no plaintext.
public final class AgeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /// What kind of "no" it is.
  public enum Reason {
    /// The bytes are not an age file, or were changed or cut short.
    CORRUPT,
    /// A well-formed file that none of the identities opens.
    NO_MATCH,
    /// Text that is no recipient or identity of a kind that we know.
    BAD_KEY
  }

  private final Reason reason;

  AgeException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  AgeException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  static AgeException corrupt(String message) {
    return new AgeException(Reason.CORRUPT, message);
  }

  static AgeException badKey(String message) {
    return new AgeException(Reason.BAD_KEY, message);
  }

  public Reason reason() {
    return reason;
  }
}
