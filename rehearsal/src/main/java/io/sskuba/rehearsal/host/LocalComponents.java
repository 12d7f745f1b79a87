package io.sskuba.rehearsal.host;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.sskuba.rehearsal.plane.NotCalled;
import java.util.List;

/// What of a local cluster is real and what is simulated, for `status`.
final class LocalComponents {
  private final List<LocalMachine> machines;
  private final List<NotCalled> notCalled;

  LocalComponents(List<LocalMachine> machines, List<NotCalled> notCalled) {
    this.machines = machines;
    this.notCalled = notCalled;
  }

  void into(ArrayNode components) {
    List<LocalMachine> planes = machines.stream().filter(LocalMachine::controlPlane).toList();
    for (String program : LocalMachine.programs()) {
      long running = planes.stream().filter(m -> m.plane().pids().containsKey(program)).count();
      add(
          components,
          program,
          running == planes.size() && !planes.isEmpty(),
          true,
          running + " of " + planes.size() + " run as processes of this machine");
    }
    long answering = machines.stream().filter(m -> m.machine().configured()).count();
    add(
        components,
        "talos",
        answering == machines.size(),
        false,
        answering
            + " of "
            + machines.size()
            + " machines configured; the Talos API is on the wire, boot and disks are simulated");
    add(
        components,
        "kubelet",
        true,
        false,
        "real certificates, nodes and leases; containers are simulated: pods become Ready without running");
    for (String name : List.of("coredns", "kube-proxy", "kube-flannel")) {
      add(components, name, true, false, "pods are simulated");
    }
    for (NotCalled backend : notCalled) {
      add(
          components,
          backend.kind() + "/" + backend.name(),
          true,
          false,
          "not called, simulated: " + backend.backend());
    }
  }

  private static void add(
      ArrayNode components, String name, boolean ready, boolean real, String message) {
    components
        .addObject()
        .put("name", name)
        .put("ready", ready)
        .put("real", real)
        .put("message", message);
  }
}
