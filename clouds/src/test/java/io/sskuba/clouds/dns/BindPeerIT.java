package io.sskuba.clouds.dns;

import io.sskuba.testkit.DnsPeers;
import io.sskuba.testkit.TestServices;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

class BindPeerIT extends ZoneWriterContract {
  @TempDir static Path folder;
  private static TestServices.Running server;

  @BeforeAll
  static void start() throws Exception {
    // BIND listens on addresses of interfaces only; the port is its own.
    server = DnsPeers.bind("127.0.0.1", folder.resolve("bind"));
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
}
