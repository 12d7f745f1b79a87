package io.sskuba.cli;

import io.sskuba.state.ClusterRecord;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "shell",
    description = "A shell with KUBECONFIG and TALOSCONFIG of a cluster set, for that shell alone.",
    footer = {"", "Example:", "  sskuba-ctl shell demo"})
final class ShellCommand implements Callable<Integer> {
  private final Session session;
  @Mixin Common common;

  @Parameters(paramLabel = "NAME", description = "Name or FQDN of the cluster.")
  String name = "";

  ShellCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws Exception {
    ClusterRecord record = NameArgument.require(session, name);
    @Nullable String shell = session.environment().get("SHELL");
    session.err().println("kubectl and talosctl speak to " + record.shown() + "; exit leaves");
    return new ClusterProcess(session).run(record, List.of(shell == null ? "/bin/sh" : shell));
  }
}
