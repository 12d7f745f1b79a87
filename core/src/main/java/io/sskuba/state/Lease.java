package io.sskuba.state;

import java.time.Instant;

/// Who works on a cluster now.
///
/// @param bootId boot id and PID namespace of the holder's machine: a dead holder is dead at once
///   only if they are ours
/// @param pidStart start time of the process in clock ticks, so that a reused pid is not taken for
///   the holder
/// @param until end of the lease by the store's clock; 60 s, renewed every 15 s
public record Lease(
    String holder,
    String host,
    long pid,
    long pidStart,
    String bootId,
    String run,
    Instant until) {}
