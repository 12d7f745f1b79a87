package io.sskuba.clouds.dns;

import io.sskuba.testkit.DnsPeers;
import io.sskuba.testkit.TestServices;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

class KnotPeerIT extends ZoneWriterContract {
  @TempDir static Path folder;
  private static TestServices.Running server;

  @BeforeAll
  static void start() throws Exception {
    server = DnsPeers.knot("127.213.4.1", folder.resolve("knot"));
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Override
  TestServices.Running server() {
    return server;
  }

  /// Knot answers with BADKEY.
  @Override
  io.sskuba.problem.ProblemCode notAllowed() {
    return io.sskuba.problem.ProblemCode.DNS_KEY;
  }
}
