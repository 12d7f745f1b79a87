package io.sskuba.images;

import io.sskuba.infra.Choices;
import io.sskuba.infra.Target;
import io.sskuba.infra.vsphere.VsphereFacts;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.ClusterSpec;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// An image that the account itself has to hold.
///
/// @param key [Choices#imageKey]
/// @param talos version with its `v`
/// @param platform as the factory names it, for example `aws`
/// @param given the name that the file gives it; null where it gives none
public record WantedImage(
    String key,
    String talos,
    String arch,
    String platform,
    Schematic schematic,
    @Nullable String given) {
  /// Digits of the schematic's id that a name bears.
  private static final int SHORT = 12;

  private static final Pattern VERSION = Pattern.compile("v1\\.([0-9]{1,3})\\..*");

  /// Releases whose extensions are called `…-production`.
  private static final int FIRST_MINOR = 8;

  private static final int LAST_MINOR = 13;

  /// NVIDIA's open modules (Turing and later: every G instance) and what containers need of the
  /// driver, of the branch that its maker calls production. The factory takes the versions that fit
  /// the Talos release.
  /// - Source:
  ///   https://docs.siderolabs.com/talos/v1.13/configure-your-talos-cluster/hardware-and-drivers/nvidia-gpu
  private static final List<String> NVIDIA =
      List.of(
          "siderolabs/nvidia-container-toolkit-production",
          "siderolabs/nvidia-open-gpu-kernel-modules-production");

  /// What VMware's tools ask a machine for its address.
  private static final String GUEST_AGENT = "siderolabs/vmtoolsd-guest-agent";

  private static final String VMWARE = "vmware";

  /// The file's, else `sskuba-talos-VERSION-KEY-SCHEMATIC`: unique in an account and region.
  public String name() {
    return given != null ? given : composed();
  }

  private String composed() {
    return "sskuba-talos-" + talos + "-" + key + "-" + schematic.id().substring(0, SHORT);
  }

  /// The factory's file: an OVA for vSphere, else a raw disk, compressed by gzip.
  public String file() {
    return platform + "-" + arch + (platform.equals(VMWARE) ? ".ova" : ".raw.gz");
  }

  /// The images that a file's machines need and nobody publishes: those with a driver for GPUs, and
  /// on vSphere every one, by the name that the file gives the library's item.
  ///
  /// Errors: `SPEC_UNSUPPORTED` for a Talos version whose extensions are not known here.
  public static List<WantedImage> of(ClusterSpec spec) {
    Set<WantedImage> wanted = new LinkedHashSet<>();
    boolean vsphere = spec.target().provider() == ClusterSpec.Provider.VSPHERE;
    String talos = spec.versions().talos();
    for (Target.Slot machine : Target.machines(spec)) {
      boolean gpu = machine.pool().gpu() != null;
      if (machine.made() && (gpu || vsphere)) {
        String key = Choices.imageKey(machine.arch(), gpu);
        wanted.add(
            new WantedImage(
                key,
                talos,
                machine.arch(),
                vsphere ? VMWARE : spec.target().provider().word(),
                vsphere ? withAgent(talos, gpu) : nvidia(talos),
                vsphere ? VsphereFacts.itemsOf(spec).get(key) : null));
      }
    }
    return new ArrayList<>(wanted);
  }

  private static Schematic withAgent(String talos, boolean gpu) {
    List<String> extensions = new ArrayList<>(gpu ? nvidia(talos).extensions() : List.of());
    extensions.add(GUEST_AGENT);
    return new Schematic(List.of(), extensions);
  }

  static Schematic nvidia(String talos) {
    Matcher version = VERSION.matcher(talos);
    if (version.matches()) {
      int minor = Integer.parseInt(version.group(1));
      if (minor >= FIRST_MINOR && minor <= LAST_MINOR) {
        return new Schematic(List.of(), NVIDIA);
      }
    }
    throw new SskubaException(
        Problem.of(
                ProblemCode.SPEC_UNSUPPORTED,
                "the NVIDIA extensions of Talos " + talos + " are not known to this release")
            .fact("available", "Talos v1." + FIRST_MINOR + " to v1." + LAST_MINOR));
  }
}
