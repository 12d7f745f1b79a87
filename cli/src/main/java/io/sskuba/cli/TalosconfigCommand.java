package io.sskuba.cli;

import io.sskuba.apply.Kubeconfigs;
import io.sskuba.state.ClusterRecord;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "talosconfig",
    description = "Print a cluster's talosconfig. Your own is never touched.",
    footer = {"", "Example:", "  sskuba-ctl talosconfig demo --out demo.talosconfig"})
final class TalosconfigCommand implements Callable<Integer> {
  private final Session session;
  @Mixin Common common;

  @Parameters(paramLabel = "NAME", description = "Name or FQDN of the cluster.")
  String name = "";

  @Option(names = "--out", paramLabel = "FILE", description = "Write it there (mode 0600) instead.")
  @Nullable String out;

  TalosconfigCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws IOException {
    ClusterRecord record = NameArgument.require(session, name);
    Credentials.print(session, Kubeconfigs.talosconfig(session.ports(), record.key()), out);
    return 0;
  }
}
