package io.sskuba.rehearsal.machine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// An etcd and a kubelet that are only states, for tests of the machine around them.
///
/// Faithful in what a machine relies on: etcd waits for a bootstrap unless its data says that it is
/// a member, a second bootstrap is refused once data was written, control planes of one [Etcd] join
/// it, and data outlives everything but a wipe.
final class InMemoryNodeServices implements NodeServices {
  /// The etcd that the control planes of one test cluster form.
  static final class Etcd {
    private final Map<String, Member> members = new LinkedHashMap<>();

    private synchronized void add(Member member) {
      members.put(member.hostname(), member);
    }

    private synchronized void remove(String hostname) {
      members.remove(hostname);
    }

    synchronized List<Member> members() {
      return List.copyOf(members.values());
    }
  }

  private final MachineIdentity machine;
  private final Etcd etcd;
  private final Path data;
  private String hostname = "";
  private boolean controlPlane;
  private boolean running;
  private boolean etcdUp;

  InMemoryNodeServices(MachineIdentity machine, Etcd etcd) {
    this.machine = machine;
    this.etcd = etcd;
    this.data = machine.disk().resolve("etcd-member");
  }

  @Override
  public synchronized void start(MachineConfigView config) {
    if (running) {
      return;
    }
    running = true;
    controlPlane = config.controlPlane();
    hostname = Hostnames.of(machine, config);
    log("kubelet", "kubelet starts");
    if (controlPlane && (Files.exists(data) || !etcd.members().isEmpty())) {
      join();
    }
  }

  private void join() {
    etcdUp = true;
    write(data, "member\n");
    etcd.add(
        new Member(
            hostname.hashCode() & 0xffffffffL,
            hostname,
            List.of("https://" + machine.address() + ":2380"),
            List.of("https://" + machine.address() + ":2379"),
            false));
    log("etcd", "ready to serve client requests");
  }

  @Override
  public synchronized void bootstrap() throws Refused {
    if (!running || !controlPlane) {
      throw new Refused("FAILED_PRECONDITION", "bootstrap is not available yet");
    }
    if (Files.exists(data)) {
      throw new Refused("ALREADY_EXISTS", "etcd data directory is not empty");
    }
    join();
  }

  @Override
  public synchronized List<ServiceState> services() {
    List<ServiceState> all = new ArrayList<>();
    if (!running) {
      return all;
    }
    if (controlPlane) {
      all.add(state("etcd", etcdUp ? "Running" : "Preparing", etcdUp));
    }
    all.add(state("kubelet", "Running", true));
    return all;
  }

  private static ServiceState state(String id, String state, boolean healthy) {
    Instant now = Instant.EPOCH;
    return new ServiceState(
        id, state, healthy, !healthy, "", now, List.of(new Event("Started " + id, state, now)));
  }

  @Override
  public synchronized List<Member> etcdMembers() throws Refused {
    if (!etcdUp) {
      throw new Refused("UNAVAILABLE", "etcd does not run");
    }
    return etcd.members();
  }

  @Override
  public @org.jspecify.annotations.Nullable Path log(String service) {
    Path file = machine.disk().resolve(service + ".log");
    return Files.exists(file) ? file : null;
  }

  @Override
  public synchronized void leave() {
    etcd.remove(hostname);
    etcdUp = false;
  }

  @Override
  public synchronized void stop() {
    running = false;
    etcdUp = false;
  }

  @Override
  public synchronized void wipe() throws IOException {
    etcd.remove(hostname);
    Files.deleteIfExists(data);
  }

  private void log(String service, String line) {
    write(machine.disk().resolve(service + ".log"), line + "\n");
  }

  private static void write(Path file, String text) {
    try {
      Files.createDirectories(file.getParent());
      Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
