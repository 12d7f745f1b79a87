package io.sskuba.cli;

import io.sskuba.state.ClusterRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "logs",
    description = "The logs of a cluster's machines on this machine: etcd, kube-apiserver, …",
    footer = {
      "",
      "Examples:",
      "  sskuba-ctl logs demo                                         what there is",
      "  sskuba-ctl logs demo --node demo-control-plane-1 --service etcd"
    })
final class LogsCommand implements Callable<Integer> {
  private static final int LINES = 200;
  private final Session session;
  @Mixin Common common;

  @Parameters(paramLabel = "NAME", description = "Name or FQDN of the cluster.")
  String name = "";

  @Option(names = "--node", paramLabel = "NODE", description = "One machine.")
  @Nullable String node;

  @Option(names = "--service", paramLabel = "SERVICE", description = "One service.")
  @Nullable String service;

  @Option(
      names = "--tail",
      paramLabel = "N",
      defaultValue = "" + LINES,
      description = "Last lines of each (200).")
  int tail = LINES;

  LogsCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws IOException {
    ClusterRecord record = NameArgument.require(session, name);
    Path disks = session.ports().store().folder(record.key()).resolve("disks");
    List<Path> logs = new ArrayList<>();
    if (Files.isDirectory(disks)) {
      try (Stream<Path> files = Files.walk(disks, 3)) {
        files.filter(f -> f.toString().endsWith(".log")).sorted().forEach(logs::add);
      }
    }
    boolean chosen = node != null || service != null;
    for (Path log : logs) {
      String machine = disks.relativize(log).getName(0).toString();
      String unit = log.getFileName().toString().replace(".log", "");
      if ((node != null && !machine.equals(node)) || (service != null && !unit.equals(service))) {
        continue;
      }
      if (!chosen) {
        session.out().println(machine + "  " + unit + "  " + Files.size(log) + " bytes");
        continue;
      }
      try (Stream<String> lines = Files.lines(log)) {
        List<String> all = lines.toList();
        all.subList(Math.max(0, all.size() - tail), all.size()).forEach(session.out()::println);
      }
    }
    return 0;
  }
}
