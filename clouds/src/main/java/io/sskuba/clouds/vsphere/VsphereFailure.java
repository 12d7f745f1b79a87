package io.sskuba.clouds.vsphere;

/// A vCenter's refusal. The message holds the fault's name and status, nothing that was sent.
final class VsphereFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  enum Kind {
    /// Name and password, or the session, are not accepted.
    CREDENTIALS,
    DENIED,
    NOT_FOUND,
    BUSY,
    /// What answers is no vCenter.
    STRANGER,
    OTHER
  }

  private final Kind kind;

  VsphereFailure(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  Kind kind() {
    return kind;
  }
}
