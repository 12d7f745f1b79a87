package io.sskuba.toolchain;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// The pinned external programs (design, section 7).
public interface Toolchain {
  /// Programs that a cluster on this machine needs.
  List<String> LOCAL =
      List.of("pulumi", "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler");

  /// Verified paths of the programs, got first where they are missing: cache, offline folder or
  /// mirror, PATH, publisher's download, Go module proxy, in this order.
  /// - Idempotent: yes; a file lock lets one process get a program while the others wait for it.
  /// - Errors: `TOOL_MISSING`, `TOOL_BUILD_FAILED`.
  Map<String, Path> ensure(Collection<String> names, Consumer<String> progress)
      throws InterruptedException;

  /// The same toolchain, whose downloads go through an organisation's proxy and trust its
  /// authorities.
  default Toolchain through(Egress egress) {
    return this;
  }
}
