package io.sskuba.rehearsal.machine;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.sskuba.net.AddressMap;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/// What the machines of one host share: event loops, threads, the address map, and each other.
///
/// A machine's own API, the discovery of members, and a worker's way to its control plane's trustd
/// all go through here.
public final class MachineNetwork implements AutoCloseable {
  private volatile AddressMap addresses;
  private final EventLoopGroup acceptors =
      new NioEventLoopGroup(1, new DefaultThreadFactory("machines-accept", true));
  private final EventLoopGroup workers =
      new NioEventLoopGroup(2, new DefaultThreadFactory("machines-io", true));
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("machine-", 0).factory());
  private final Map<String, SimMachine> machines = new ConcurrentHashMap<>();

  /// @param addresses cluster addresses to twins: of the machines and of the endpoint
  public MachineNetwork(AddressMap addresses) {
    this.addresses = addresses;
  }

  public AddressMap addresses() {
    return addresses;
  }

  /// Replaces the map, when machines come or go.
  public void addresses(AddressMap map) {
    addresses = map;
  }

  EventLoopGroup acceptors() {
    return acceptors;
  }

  EventLoopGroup workers() {
    return workers;
  }

  ExecutorService threads() {
    return threads;
  }

  void join(SimMachine machine) {
    machines.put(machine.identity().name(), machine);
  }

  void leave(SimMachine machine) {
    machines.remove(machine.identity().name(), machine);
  }

  /// Every machine, in the order of names.
  public List<SimMachine> machines() {
    Collection<SimMachine> all = machines.values();
    return all.stream()
        .sorted(java.util.Comparator.comparing(machine -> machine.identity().name()))
        .toList();
  }

  /// The machine with this address, twin, or name.
  public Optional<SimMachine> find(String name) {
    SimMachine named = machines.get(name);
    if (named != null) {
      return Optional.of(named);
    }
    return machines.values().stream().filter(machine -> machine.isCalled(name)).findFirst();
  }

  /// Ends the shared threads. Close the machines first. Idempotent.
  @Override
  public void close() {
    threads.shutdownNow();
    acceptors.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    workers.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
