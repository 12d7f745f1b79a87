package io.sskuba.rehearsal.machine;

import java.nio.file.Path;

/// One simulated machine's hardware: what survives a reset.
///
/// @param name name in the plan; becomes the hostname unless the config names another
/// @param address address in the cluster's network, as Nodes and certificates carry it
/// @param twin loopback address that its processes bind
/// @param uuid SMBIOS UUID
/// @param platform Talos platform name, for example `metal` or `nocloud`
/// @param arch `amd64` or `arm64`
/// @param disk folder of its disk (EPHEMERAL: etcd data, logs), in the state folder
/// @param memory folder of what only memory may hold (STATE: config; key material), 0700
public record MachineIdentity(
    String name,
    String address,
    String twin,
    String uuid,
    String platform,
    String arch,
    String talosVersion,
    Path disk,
    Path memory) {}
