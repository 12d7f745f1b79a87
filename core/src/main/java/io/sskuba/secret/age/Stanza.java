package io.sskuba.secret.age;

import java.util.List;

/// One recipient stanza of a header: `-> TYPE ARGUMENTS…` and its body.
record Stanza(List<String> arguments, byte[] body) {
  Stanza {
    arguments = List.copyOf(arguments);
  }

  String type() {
    return arguments.getFirst();
  }
}
