package io.sskuba.clouds.vsphere;

import io.sskuba.clouds.OwnServer;
import io.sskuba.io.TimeSource;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import java.util.function.Supplier;

/// Both APIs of a vCenter for one user. Nothing is asked before it is used; both sessions end when
/// it is closed.
record VsphereSession(OwnServer server, VimClient vim, VapiClient vapi) implements AutoCloseable {
  /// The second API is entered only by who was let into the first: a wrong password is tried once,
  /// since servers lock out who tries often.
  ///
  /// @param login resolves the file's credentials
  static VsphereSession open(ClusterSpec spec, TimeSource time, Supplier<VimClient.Login> login) {
    if (!(spec.target().settings() instanceof ProviderSettings.Vsphere file)) {
      throw new IllegalArgumentException("not a cluster of target vsphere");
    }
    OwnServer server = OwnServer.of(file.server(), spec, time);
    VimClient vim = new VimClient(server, login);
    return new VsphereSession(
        server,
        vim,
        new VapiClient(
            server,
            () -> {
              String _ = vim.user();
              return login.get();
            }));
  }

  @Override
  public void close() {
    Thread other = Thread.ofVirtual().name("vsphere logout").start(vapi::close);
    vim.close();
    try {
      other.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    server.close();
  }
}
