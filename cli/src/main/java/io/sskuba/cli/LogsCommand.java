package io.sskuba.cli;

import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.state.ClusterRecord;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
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
  private static final int READ_MAX = 8 << 20;
  private static final int LOGS = 20_000;
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
    if (tail < 0) {
      throw SskubaException.of(ProblemCode.USAGE, "--tail is a number of lines, not " + tail);
    }
    ClusterRecord record = NameArgument.require(session, name);
    Path disks = session.ports().store().folder(record.key()).resolve("disks");
    List<Path> logs = new ArrayList<>();
    if (Files.isDirectory(disks)) {
      try (Stream<Path> files = Files.walk(disks, 3)) {
        files.filter(f -> f.toString().endsWith(".log")).sorted().limit(LOGS).forEach(logs::add);
      }
    }
    boolean chosen = node != null || service != null;
    boolean any = false;
    for (Path log : logs) {
      String machine = disks.relativize(log).getName(0).toString();
      String unit = log.getFileName().toString().replace(".log", "");
      if ((node != null && !machine.equals(node)) || (service != null && !unit.equals(service))) {
        continue;
      }
      any = true;
      if (chosen) {
        session.out().print(lastLines(log));
      } else {
        session.out().println(machine + "  " + unit + "  " + Files.size(log) + " bytes");
      }
    }
    if (chosen && !any) {
      throw new SskubaException(
          Problem.of(ProblemCode.USAGE, "no such log of " + record.shown())
              .fact("node", node == null ? "any" : node)
              .fact("service", service == null ? "any" : service)
              .next("sskuba-ctl logs " + record.shown()));
    }
    return 0;
  }

  /// Reads no more than the end of a log, whatever its size and its bytes are.
  private String lastLines(Path log) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
      long from = Math.max(0, file.length() - READ_MAX);
      file.seek(from);
      byte[] bytes = new byte[(int) Math.min(READ_MAX, file.length() - from)];
      int read = Math.max(0, file.read(bytes));
      List<String> lines = new String(bytes, 0, read, StandardCharsets.UTF_8).lines().toList();
      StringBuilder text = new StringBuilder();
      lines
          .subList(Math.max(0, lines.size() - tail), lines.size())
          .forEach(line -> text.append(line).append('\n'));
      return text.toString();
    }
  }
}
