package io.sskuba.rehearsal.machine;

import io.grpc.Status;
import io.grpc.StatusException;

/// Refusals in Talos's words.
final class Statuses {
  private Statuses() {}

  static StatusException notAuthorized() {
    return of(Status.Code.PERMISSION_DENIED, "not authorized");
  }

  static StatusException of(Status.Code code, String text) {
    return code.toStatus().withDescription(text).asException();
  }

  /// As Go's gRPC prints an error; it is what talosctl shows from a reply's metadata.
  static String goText(Status status) {
    String description = status.getDescription() == null ? "" : status.getDescription();
    return "rpc error: code = " + goCode(status.getCode()) + " desc = " + description;
  }

  private static String goCode(Status.Code code) {
    StringBuilder name = new StringBuilder();
    boolean upper = true;
    for (char c : code.name().toCharArray()) {
      if (c == '_') {
        upper = true;
      } else {
        name.append(upper ? c : Character.toLowerCase(c));
        upper = false;
      }
    }
    return code == Status.Code.CANCELLED ? "Canceled" : name.toString();
  }
}
