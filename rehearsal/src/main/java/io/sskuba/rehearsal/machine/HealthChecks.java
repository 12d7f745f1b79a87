package io.sskuba.rehearsal.machine;

import io.grpc.Status;
import io.grpc.StatusException;
import io.sskuba.talos.api.cluster.HealthCheckProgress;
import io.sskuba.talos.api.cluster.HealthCheckRequest;
import io.sskuba.talos.api.machine.ServiceInfo;
import io.sskuba.wait.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// `talosctl health` on the server: one check after another, each until it holds or the caller's
/// time is up.
/// - Source: `pkg/cluster/check` of Talos v1.13.9: names, order, wording.
final class HealthChecks {
  private static final Duration LOOK = Duration.ofMillis(250);
  private static final Duration WAIT_MAX = Duration.ofMinutes(30);

  private record Nodes(List<SimMachine> controlPlanes, List<SimMachine> workers) {
    List<SimMachine> all() {
      List<SimMachine> all = new ArrayList<>(controlPlanes);
      all.addAll(workers);
      return all;
    }
  }

  @FunctionalInterface
  private interface Look {
    /// Empty when all is well, else what is not.
    Optional<String> failing() throws ClusterProbe.SkippedException, InterruptedException;
  }

  private record Check(String name, Look look) {}

  private HealthChecks() {}

  static void run(
      SimMachine machine,
      Caller caller,
      HealthCheckRequest request,
      Procedure.Replies<HealthCheckProgress> replies)
      throws StatusException, InterruptedException {
    MachineApi.controlPlaneOnly(machine, "cluster health check");
    Nodes nodes = nodes(machine, request);
    String addresses =
        nodes.all().stream()
            .map(node -> "\"" + node.identity().address() + "\"")
            .collect(Collectors.joining(" ", "[", "]"));
    say(replies, "discovered nodes: " + addresses);
    Duration asked = GoDurations.of(request.getWaitTimeout());
    Deadline deadline =
        Deadline.after(
            machine.time(), asked.isZero() || asked.compareTo(WAIT_MAX) > 0 ? WAIT_MAX : asked);
    for (Check check : checks(machine, nodes)) {
      await(machine, check, deadline, replies);
    }
  }

  private static void await(
      SimMachine machine,
      Check check,
      Deadline deadline,
      Procedure.Replies<HealthCheckProgress> replies)
      throws StatusException, InterruptedException {
    String last = "";
    String words = "...";
    while (true) {
      String line = "waiting for " + check.name() + ": " + words;
      if (!line.equals(last)) {
        say(replies, line);
        last = line;
      }
      if (words.equals("OK") || words.equals("SKIP")) {
        return;
      }
      if (deadline.passed()) {
        throw Statuses.of(Status.Code.DEADLINE_EXCEEDED, "context deadline exceeded");
      }
      if (!words.equals("...")) {
        machine.time().sleep(LOOK);
      }
      try {
        words = check.look().failing().orElse("OK");
      } catch (ClusterProbe.SkippedException e) {
        words = "SKIP";
      }
    }
  }

  private static void say(Procedure.Replies<HealthCheckProgress> replies, String line)
      throws InterruptedException {
    replies.send(HealthCheckProgress.newBuilder().setMessage(line).build());
  }

  private static Nodes nodes(SimMachine machine, HealthCheckRequest request)
      throws StatusException {
    List<SimMachine> controlPlanes = new ArrayList<>();
    List<SimMachine> workers = new ArrayList<>();
    var info = request.getClusterInfo();
    for (String name : info.getControlPlaneNodesList()) {
      controlPlanes.add(machine.peer(name));
    }
    for (String name : info.getWorkerNodesList()) {
      workers.add(machine.peer(name));
    }
    if (controlPlanes.isEmpty() && workers.isEmpty()) {
      for (SimMachine member : machine.members()) {
        (member.controlPlane() ? controlPlanes : workers).add(member);
      }
    }
    return new Nodes(controlPlanes, workers);
  }

  private static List<Check> checks(SimMachine machine, Nodes nodes) {
    List<Check> checks = new ArrayList<>();
    checks.add(new Check("etcd to be healthy", () -> unhealthy(nodes.controlPlanes(), "etcd")));
    checks.add(
        new Check(
            "etcd members to be consistent across nodes",
            () -> inconsistent(nodes.controlPlanes())));
    checks.add(
        new Check(
            "etcd members to be control plane nodes", () -> strangers(nodes.controlPlanes())));
    checks.add(new Check("apid to be ready", () -> unhealthy(nodes.all(), "apid")));
    checks.add(new Check("all nodes memory sizes", Optional::empty));
    checks.add(new Check("all nodes disk sizes", Optional::empty));
    checks.add(new Check("no diagnostics", Optional::empty));
    checks.add(
        new Check("kubelet to be healthy", () -> unhealthy(nodes.controlPlanes(), "kubelet")));
    checks.add(new Check("all nodes to finish boot sequence", () -> unbooted(nodes.all())));
    for (ClusterProbe.Check check : ClusterProbe.Check.values()) {
      checks.add(new Check(check.words(), () -> machine.options().probe().failing(check)));
    }
    return checks;
  }

  private static Optional<String> unhealthy(List<SimMachine> nodes, String service) {
    List<String> problems = new ArrayList<>();
    for (SimMachine node : nodes) {
      Optional<ServiceInfo> found =
          node.serviceList().stream().filter(info -> info.getId().equals(service)).findFirst();
      String address = node.identity().address();
      if (found.isEmpty()) {
        problems.add(address + ": service \"" + service + "\" not found");
      } else if (!found.get().getState().equals("Running")) {
        problems.add(
            address
                + ": service \""
                + service
                + "\" not in expected state \"Running\": current"
                + " state ["
                + found.get().getState()
                + "] "
                + found.get().getHealth().getLastMessage());
      } else if (!found.get().getHealth().getUnknown() && !found.get().getHealth().getHealthy()) {
        problems.add(address + ": service is not healthy: " + service);
      }
    }
    return some(problems);
  }

  private static Optional<String> inconsistent(List<SimMachine> nodes) {
    List<String> first = List.of();
    for (SimMachine node : nodes) {
      List<String> members;
      try {
        members = names(node);
      } catch (NodeServices.Refused e) {
        return Optional.of(node.identity().address() + ": " + e.getMessage());
      }
      if (!first.isEmpty() && !first.equals(members)) {
        return Optional.of("etcd member lists of the nodes differ");
      }
      first = members;
    }
    return Optional.empty();
  }

  private static Optional<String> strangers(List<SimMachine> nodes) {
    if (nodes.isEmpty()) {
      return Optional.empty();
    }
    List<String> expected =
        List.copyOf(new TreeSet<>(nodes.stream().map(SimMachine::hostname).toList()));
    try {
      List<String> members = names(nodes.getFirst());
      return members.equals(expected)
          ? Optional.empty()
          : Optional.of("etcd members " + members + " are not the control planes " + expected);
    } catch (NodeServices.Refused e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private static List<String> names(SimMachine node) throws NodeServices.Refused {
    return List.copyOf(
        new TreeSet<>(
            node.services().etcdMembers().stream().map(NodeServices.Member::hostname).toList()));
  }

  private static Optional<String> unbooted(List<SimMachine> nodes) {
    return some(
        nodes.stream()
            .filter(node -> node.stage() != Stage.RUNNING)
            .map(node -> node.identity().address() + ": stage " + node.stage().word())
            .toList());
  }

  private static Optional<String> some(List<String> problems) {
    return problems.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", problems));
  }
}
