package io.sskuba.cli;

import io.sskuba.io.AtomicFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Hands a credential to the user: to standard output, or to a file of mode 0600.
final class Credentials {
  private Credentials() {}

  static void print(Session session, String text, @Nullable String file) throws IOException {
    if (file == null) {
      session.out().print(text);
      return;
    }
    AtomicFiles.write(
        session.environment().workingFolder().resolve(file), text.getBytes(StandardCharsets.UTF_8));
  }
}
