package io.sskuba.rehearsal.machine;

import java.util.Optional;

/// How a control plane machine looks at its cluster's Kubernetes API for `talosctl health`.
@FunctionalInterface
public interface ClusterProbe {
  /// The checks of Talos that need the Kubernetes API.
  enum Check {
    NODES_REPORT("all k8s nodes to report"),
    STATIC_PODS("all control plane static pods to be running"),
    COMPONENTS("all control plane components to be ready"),
    NODES_READY("all k8s nodes to report ready"),
    KUBE_PROXY("kube-proxy to report ready"),
    COREDNS("coredns to report ready"),
    SCHEDULABLE("all k8s nodes to report schedulable");

    private final String words;

    Check(String words) {
      this.words = words;
    }

    public String words() {
      return words;
    }
  }

  /// One look. Must end within a few seconds.
  ///
  /// @return empty when all is well, else what is not
  Optional<String> failing(Check check) throws SkippedException, InterruptedException;

  /// The check does not apply: Talos prints `SKIP`.
  final class SkippedException extends Exception {
    public SkippedException() {
      super("SKIP");
    }
  }

  /// No view of Kubernetes: its checks are skipped.
  ClusterProbe NONE =
      check -> {
        throw new SkippedException();
      };
}
