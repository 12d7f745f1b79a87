package io.sskuba.cli;

import io.sskuba.io.Json;
import io.sskuba.run.RunEvent;
import io.sskuba.state.ClusterRecord;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "events",
    description = "What happened to a cluster, oldest first; -o json prints JSON lines.",
    footer = {"", "Example:", "  sskuba-ctl events demo -o json"})
final class EventsCommand implements Callable<Integer> {
  private final Session session;
  @Mixin Common common;
  @Mixin OutputOption output;

  @Parameters(paramLabel = "NAME", description = "Name or FQDN of the cluster.")
  String name = "";

  EventsCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    ClusterRecord record = NameArgument.require(session, name);
    for (RunEvent event : EventLog.of(session, record.key())) {
      session
          .out()
          .println(
              session.json()
                  ? Json.compact(event.toJson())
                  : RunEvent.rfc3339(event.time())
                      + "  "
                      + event.phase()
                      + "  "
                      + event.kind().word()
                      + "  "
                      + event.message()
                      + (event.observation() == null ? "" : ": " + event.observation()));
    }
    return 0;
  }
}
