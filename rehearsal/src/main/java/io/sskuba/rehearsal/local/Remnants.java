package io.sskuba.rehearsal.local;

import io.sskuba.infra.Infrastructure.StateResource;
import io.sskuba.infra.Platform.Remnant;
import io.sskuba.infra.local.LocalNetwork;
import io.sskuba.infra.local.LocalPlan;
import io.sskuba.io.AtomicFiles;
import io.sskuba.rehearsal.host.HostProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// What a local cluster may leave behind, and how one looks whether it did.
public final class Remnants {
  private static final int TALOS_PORT = 50000;
  private static final int API_PORT = 6443;
  private static final int ETCD_PORT = 2379;

  private Remnants() {}

  /// Looks at a resource that the engine destroyed: its addresses must be free, its process dead.
  public static Remnant of(
      LocalNetwork network,
      Map<String, Integer> indexes,
      StateResource resource,
      HostProcess host) {
    String id = String.valueOf(resource.id());
    switch (resource.type()) {
      case LocalPlan.HOST -> {
        long pid = host.ping();
        return new Remnant(
            resource.type(),
            id,
            resource.name(),
            pid < 0,
            "dial its socket",
            pid < 0 ? "no host process answers" : "pid " + pid + " answers");
      }
      case LocalPlan.LOAD_BALANCER -> {
        return free(resource, id, List.of(network.endpointTwin() + ":" + API_PORT));
      }
      case LocalPlan.MACHINE -> {
        Integer index = indexes.get(resource.name());
        if (index == null) {
          return new Remnant(
              resource.type(),
              id,
              resource.name(),
              true,
              "look at the allotment",
              "no address is allotted");
        }
        String twin = network.twin(LocalNetwork.FIRST_MACHINE_HOST + index);
        return free(
            resource,
            id,
            List.of(twin + ":" + TALOS_PORT, twin + ":" + API_PORT, twin + ":" + ETCD_PORT));
      }
      default -> {
        return new Remnant(
            resource.type(),
            id,
            resource.name(),
            true,
            "bind its addresses",
            "it is no process of its own");
      }
    }
  }

  private static Remnant free(StateResource resource, String id, List<String> sockets) {
    for (String socket : sockets) {
      int colon = socket.lastIndexOf(':');
      if (!Slots.binds(socket.substring(0, colon), Integer.parseInt(socket.substring(colon + 1)))) {
        return new Remnant(
            resource.type(),
            id,
            resource.name(),
            false,
            "bind its addresses",
            socket + " is in use");
      }
    }
    return new Remnant(
        resource.type(),
        id,
        resource.name(),
        true,
        "bind its addresses",
        String.join(", ", sockets) + " free");
  }

  /// Ends and removes host process, stray programs, memory-backed folder and disks.
  public static List<Remnant> sweep(Path runtime, Path disks, HostProcess host)
      throws InterruptedException {
    List<Remnant> seen = new ArrayList<>();
    try {
      host.stop();
      long pid = host.ping();
      seen.add(
          new Remnant(
              "process",
              "host",
              "host process",
              pid < 0,
              "dial its socket",
              pid < 0 ? "no host process answers" : "pid " + pid + " answers"));
      HostProcess.killStrays(runtime);
      seen.add(folder("memory-backed folder", runtime));
      seen.add(folder("disks", disks));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return seen;
  }

  private static Remnant folder(String name, Path folder) throws IOException {
    AtomicFiles.deleteTree(folder);
    boolean gone = !Files.exists(folder);
    return new Remnant(
        "folder", folder.toString(), name, gone, "look for it", gone ? "not there" : "still there");
  }
}
