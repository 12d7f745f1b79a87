package io.sskuba.infra;

import io.sskuba.net.AddressMap;
import io.sskuba.spec.ClusterSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The outputs `endpoint` and `machines` of a plan, as [Target] puts them, read back.
public final class MachineOutputs {
  private MachineOutputs() {}

  /// The topology of the file with what the outputs say of addresses and doors.
  ///
  /// @param outputs empty before `up`
  /// @param endpoint host of the Kubernetes API where the outputs do not say it
  /// @param map twins and blocks of this target; the outputs' doors are added
  public static Topology topology(
      ClusterSpec spec, Map<String, Object> outputs, String endpoint, AddressMap map) {
    Map<String, String> doors = new LinkedHashMap<>(map.doors());
    List<Topology.Machine> machines = new ArrayList<>();
    for (Topology.Machine machine : OfflineTopology.of(spec).machines()) {
      String told = text(outputs, machine.name(), "address");
      String address = told.isEmpty() ? machine.address() : told;
      String door = text(outputs, machine.name(), "door");
      if (!door.isEmpty() && !address.isEmpty()) {
        doors.put(address, door);
      }
      machines.add(
          new Topology.Machine(
              machine.name(),
              machine.controlPlane(),
              machine.pool(),
              address,
              machine.arch(),
              machine.fingerprint()));
    }
    String told = outputs.get("endpoint") instanceof String text ? text : "";
    String host = told.isEmpty() ? endpoint : told;
    Set<String> names = new LinkedHashSet<>();
    names.add(spec.fqdn());
    if (spec.target().endpoint().host() != null) {
      names.add(spec.target().endpoint().host());
    }
    return new Topology(
        host, 6443, List.copyOf(names), machines, new AddressMap(map.twins(), map.blocks(), doors));
  }

  private static String text(Map<String, Object> outputs, String machine, String property) {
    return outputs.get("machines") instanceof Map<?, ?> machines
            && machines.get(machine) instanceof Map<?, ?> one
            && one.get(property) instanceof String text
        ? text
        : "";
  }
}
