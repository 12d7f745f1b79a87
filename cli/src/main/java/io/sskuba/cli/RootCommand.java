package io.sskuba.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
    name = "sskuba-ctl",
    description = "Hardened, short-lived Kubernetes clusters from one small file.",
    synopsisHeading = "Usage: ",
    customSynopsis = "sskuba-ctl COMMAND [OPTIONS]",
    footer = {
      "",
      "Examples:",
      "  sskuba-ctl apply -f cluster.yaml             make the cluster, or go on where a run stopped",
      "  sskuba-ctl status demo                       how it is",
      "  sskuba-ctl exec demo -- kubectl get pods -A  use it",
      "  sskuba-ctl delete demo                       take everything away, with a receipt",
      "",
      "Your own kubeconfig is never touched. sskuba-ctl COMMAND --help says more."
    })
final class RootCommand implements Runnable {
  @Spec CommandSpec spec;
  @Mixin Common common;

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut(), spec.commandLine().getColorScheme());
  }
}
