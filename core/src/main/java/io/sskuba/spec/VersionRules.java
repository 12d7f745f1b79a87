package io.sskuba.spec;

import java.util.List;

/// Which Kubernetes a Talos release supports: six minor releases each.
/// - Source: Talos's support matrix and `pkg/machinery/compatibility` of each release.
public final class VersionRules {
  /// One row of the matrix: minor releases of Talos v1 and Kubernetes v1.
  private record Window(int talos, int kubernetesMin, int kubernetesMax) {}

  private static final List<Window> WINDOWS =
      List.of(
          new Window(10, 28, 33),
          new Window(11, 29, 34),
          new Window(12, 30, 35),
          new Window(13, 31, 36));

  private VersionRules() {}

  /// Checks two versions of the right form against each other.
  static void check(Section versions, String talos, String kubernetes, Issues issues) {
    Window window = null;
    for (Window candidate : WINDOWS) {
      if (major(talos) == 1 && minor(talos) == candidate.talos) {
        window = candidate;
      }
    }
    if (window == null) {
      issues.add(
          versions.valueAt("talos"),
          "versions.talos " + talos + " is not known to this release",
          "v1." + WINDOWS.getFirst().talos + " to v1." + WINDOWS.getLast().talos);
      return;
    }
    int minor = minor(kubernetes);
    if (major(kubernetes) != 1 || minor < window.kubernetesMin || minor > window.kubernetesMax) {
      String key = versions.has("kubernetes") ? "kubernetes" : "talos";
      issues.add(
          versions.valueAt(key),
          "Talos " + talos + " does not support Kubernetes " + kubernetes,
          "Kubernetes v1." + window.kubernetesMin + " to v1." + window.kubernetesMax);
    }
  }

  private static int major(String version) {
    return Integer.parseInt(version.substring(1, version.indexOf('.')));
  }

  private static int minor(String version) {
    int from = version.indexOf('.') + 1;
    return Integer.parseInt(version.substring(from, version.indexOf('.', from)));
  }
}
