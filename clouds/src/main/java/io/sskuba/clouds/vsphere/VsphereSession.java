package io.sskuba.clouds.vsphere;

import io.sskuba.clouds.OwnServer;
import io.sskuba.io.TimeSource;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import java.util.function.Supplier;

/// Both APIs of a vCenter for one user. Nothing is asked before it is used; both sessions end when
/// it is closed.
record VsphereSession(OwnServer server, VimClient vim, VapiClient vapi) implements AutoCloseable {
  /// @param login resolves the file's credentials, once a session
  static VsphereSession open(ClusterSpec spec, TimeSource time, Supplier<VimClient.Login> login) {
    if (!(spec.target().settings() instanceof ProviderSettings.Vsphere file)) {
      throw new IllegalArgumentException("not a cluster of target vsphere");
    }
    OwnServer server = OwnServer.of(file.server(), spec, time);
    return new VsphereSession(
        server, new VimClient(server, login), new VapiClient(server, login));
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
