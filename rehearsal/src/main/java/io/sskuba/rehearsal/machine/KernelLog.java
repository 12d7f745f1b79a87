package io.sskuba.rehearsal.machine;

import com.google.protobuf.ByteString;
import io.sskuba.io.TimeSource;
import io.sskuba.talos.api.common.Data;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/// A plausible kernel log: what Linux says while it boots on this hardware, then what Talos logs.
///
/// The kernel's lines are the same at each boot, so they are made when they are read.
/// - Limits: [#KEPT_MAX] lines of Talos.
final class KernelLog {
  private static final int KEPT_MAX = 200;

  private record Line(long number, Instant at, String facility, String priority, String text) {}

  private final MachineIdentity machine;
  private final TimeSource time;
  private final Deque<Line> kept = new ArrayDeque<>();
  private Instant boot = Instant.EPOCH;
  private long next;
  private boolean open;

  KernelLog(MachineIdentity machine, TimeSource time) {
    this.machine = machine;
    this.time = time;
  }

  synchronized void restart(Instant at) {
    kept.clear();
    boot = at;
    open = true;
    notifyAll();
  }

  synchronized void shutDown() {
    open = false;
    notifyAll();
  }

  /// A line of Talos itself.
  synchronized void talos(String text) {
    kept.addLast(new Line(next++, time.now(), "user", "warning", "[talos] " + text));
    if (kept.size() > KEPT_MAX) {
      kept.removeFirst();
    }
    notifyAll();
  }

  /// Sends the log, as Talos does: one message a line.
  ///
  /// @param tail only what comes from now on
  void stream(boolean follow, boolean tail, Procedure.Replies<Data> replies)
      throws InterruptedException {
    long from;
    synchronized (this) {
      from = tail ? next : 0;
    }
    if (!tail) {
      for (Line line : kernelLines()) {
        replies.send(data(line));
      }
    }
    while (true) {
      List<Line> news = after(from, follow);
      for (Line line : news) {
        replies.send(data(line));
        from = line.number() + 1;
      }
      if (news.isEmpty() || !follow) {
        return;
      }
    }
  }

  private synchronized List<Line> after(long from, boolean wait) throws InterruptedException {
    while (true) {
      List<Line> news = kept.stream().filter(line -> line.number() >= from).toList();
      if (!news.isEmpty() || !wait || !open) {
        return news;
      }
      wait();
    }
  }

  private static Data data(Line line) {
    String text =
        String.format(
            Locale.ROOT,
            "%s: %7s: [%s]: %s\n",
            line.facility(),
            line.priority(),
            line.at(),
            line.text());
    return Data.newBuilder().setBytes(ByteString.copyFromUtf8(text)).build();
  }

  private synchronized List<Line> kernelLines() {
    String arch = machine.arch().equals("arm64") ? "aarch64" : "x86_64";
    List<String> texts =
        List.of(
            "Linux version 6.18.18-talos (@buildkitsandbox) (simulated) #1 SMP",
            "Command line: talos.platform="
                + machine.platform()
                + " console=tty0 init_on_alloc=1"
                + " slab_nomerge pti=on consoleblank=0 nvme_core.io_timeout=4294967295"
                + " printk.devkmsg=on ima_template=ima-ng ima_appraise=fix ima_hash=sha512",
            "Machine is simulated by sskuba: " + arch + ", no such kernel runs",
            "DMI: sskuba Simulated Machine, UUID " + machine.uuid(),
            "Memory: 8042916K/8388084K available",
            "smp: Brought up 1 node, 4 CPUs",
            "clocksource: Switched to clocksource tsc",
            "NET: Registered PF_INET protocol family",
            "NET: Registered PF_INET6 protocol family",
            "Key type .fscrypt registered",
            "virtio_blk virtio1: [vda] 41943040 512-byte logical blocks (21.5 GB/20.0 GiB)",
            "virtio_net virtio0 eth0: renamed from enp0s1",
            "EXT4-fs (vda6): mounted filesystem with ordered data mode",
            "XFS (vda6): Mounting V5 Filesystem",
            "Run /init as init process",
            "Run /sbin/init as init process");
    List<Line> lines = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      Instant at = boot.plus(Duration.ofMillis(i));
      lines.add(new Line(-1, at, "kern", i == 0 ? "notice" : "info", texts.get(i)));
    }
    return lines;
  }
}
