package io.sskuba.io;

/// A process that cannot be confused with another: not after a reboot, in another container, nor
/// when its pid is used again.
///
/// @param machine boot id and PID namespace, `BOOT/pid:[N]`; empty where the system tells neither
/// @param pid the process id within that namespace
/// @param start start time of the process: clock ticks since boot on Linux, else milliseconds since
///   1970; 0 when unknown
public record ProcessIdentity(String machine, long pid, long start) {}
