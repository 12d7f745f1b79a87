package io.sskuba.rehearsal.machine;

import java.time.Duration;

/// How long a simulated machine takes for what real hardware takes much longer for.
///
/// The defaults are short, so that a rehearsal is quick, and not zero, so that clients meet every
/// state on the way.
///
/// @param kernel power on until the API answers
/// @param install writing Talos to the disk (platforms in metal mode)
/// @param stop stopping services before a reboot, reset or shutdown
/// @param away a reboot, from the last packet to the kernel
/// @param service one service, from `Starting` to `Running`
public record BootTimes(
    Duration kernel, Duration install, Duration stop, Duration away, Duration service) {
  public static final BootTimes QUICK =
      new BootTimes(
          Duration.ofMillis(60),
          Duration.ofMillis(120),
          Duration.ofMillis(80),
          Duration.ofMillis(120),
          Duration.ofMillis(15));

  public BootTimes withKernel(Duration longer) {
    return new BootTimes(longer, install, stop, away, service);
  }
}
