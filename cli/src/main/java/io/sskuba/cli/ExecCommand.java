package io.sskuba.cli;

import io.sskuba.state.ClusterRecord;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "exec",
    description =
        "Run a command with KUBECONFIG and TALOSCONFIG of a cluster, for that process alone.",
    footer = {
      "",
      "kubectl and talosctl are your own, or the toolchain's, got when first asked for.",
      "",
      "Examples:",
      "  sskuba-ctl exec demo -- kubectl get nodes",
      "  sskuba-ctl exec demo -- talosctl services"
    })
final class ExecCommand implements Callable<Integer> {
  private final Session session;
  @Mixin Common common;

  @Parameters(index = "0", paramLabel = "NAME", description = "Name or FQDN of the cluster.")
  String name = "";

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "CMD",
      description = "The command and its arguments.")
  List<String> command = List.of();

  ExecCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws Exception {
    ClusterRecord record = NameArgument.require(session, name);
    return new ClusterProcess(session).run(record, command);
  }
}
