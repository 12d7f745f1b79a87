package io.sskuba.apply;

import io.sskuba.infra.Platform;
import io.sskuba.io.Places;
import io.sskuba.problem.Problem;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecReader;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The use case `doctor`: looks at this machine, and says what to do.
public final class Checkup {
  /// A local cluster's disk: an empty etcd is 123 MB, programs 0.5 GB.
  private static final long DISK_NEEDED = 2L << 30;

  private Checkup() {}

  public enum Level {
    OK,
    NOTE,
    WARNING,
    BROKEN
  }

  /// @param next a command or setting that helps; empty where nothing has to be done
  public record Finding(String subject, Level level, String observed, String next) {}

  /// Findings about the folders, the identity and the addresses of this machine.
  public static List<Finding> machine(Ports ports) {
    List<Finding> findings = new ArrayList<>();
    Places places = ports.places();
    findings.add(writable("state", places.localState(), "SSKUBA_STATE_URL"));
    findings.add(writable("cache", places.cache(), "SSKUBA_CACHE_DIR"));
    findings.add(writable("config", places.config(), "SSKUBA_CONFIG_DIR"));
    findings.add(writable("runtime", places.runtime(), "SSKUBA_RUNTIME_DIR"));
    findings.add(
        places.runtimeInMemory()
            ? new Finding("key material", Level.OK, places.runtime() + " is memory-backed", "")
            : new Finding(
                "key material",
                Level.WARNING,
                places.runtime() + " lies on a disk",
                "export SSKUBA_RUNTIME_DIR=/dev/shm/sskuba"));
    findings.add(
        ports.keys().hasIdentity()
            ? new Finding("identity", Level.OK, "there", "")
            : new Finding("identity", Level.NOTE, "none yet; apply makes one on first use", ""));
    return findings;
  }

  /// One finding about a cluster file.
  public static Finding file(byte[] bytes, String name, Path folder) {
    try {
      return new Finding(
          name, Level.OK, "valid, " + SpecReader.read(bytes, name, folder, false).fqdn(), "");
    } catch (SskubaException e) {
      return new Finding(
          name, Level.BROKEN, e.problem().summary(), "sskuba-ctl validate --file " + name);
    }
  }

  /// What a look at the file's account, machines and services shows; nothing where the file is not
  /// valid, or its target is this machine. Changes nothing.
  public static List<Finding> target(Ports ports, byte[] bytes, String name, Path folder)
      throws InterruptedException {
    ClusterSpec spec;
    try {
      spec = SpecReader.read(bytes, name, folder, false);
    } catch (SskubaException e) {
      return List.of(); // said by the finding about the file
    }
    String subject = spec.target().provider().word();
    Optional<Platform> platform = ports.platforms().of(spec.target().provider(), false);
    if (platform.isEmpty() || spec.target().provider() == ClusterSpec.Provider.LOCAL) {
      return List.of();
    }
    Optional<Platform.Cluster> existing =
        ports.store().find(spec.metadata().name()).map(record -> ClusterFacts.of(record, spec));
    List<Finding> findings = new ArrayList<>();
    try {
      for (Platform.Finding seen : platform.get().findings(spec, existing)) {
        findings.add(finding(subject, seen.stops() ? Level.BROKEN : Level.WARNING, seen.problem()));
      }
    } catch (SskubaException e) {
      findings.add(finding(subject, Level.BROKEN, e.problem()));
    }
    return findings.isEmpty()
        ? List.of(new Finding(subject, Level.OK, "has what the file needs", ""))
        : findings;
  }

  private static Finding finding(String subject, Level level, Problem problem) {
    return new Finding(
        subject,
        level,
        Findings.line(problem),
        problem.next().isEmpty() ? "" : problem.next().getFirst());
  }

  private static Finding writable(String subject, Path folder, String variable) {
    try {
      Path existing = folder;
      while (existing != null && !Files.exists(existing)) {
        existing = existing.getParent();
      }
      if (existing == null) {
        throw new IOException("no such root");
      }
      FileStore store = Files.getFileStore(existing);
      // A folder that is not there yet is not made: to look must change nothing.
      if (Files.isDirectory(folder)) {
        Files.delete(Files.createTempFile(folder, ".doctor-", null));
      } else if (!Files.isDirectory(existing) || !Files.isWritable(existing)) {
        throw new IOException(existing + " is not a folder that you may write");
      }
      boolean tight = !subject.equals("runtime") && store.getUsableSpace() < DISK_NEEDED;
      return new Finding(
          subject,
          tight ? Level.WARNING : Level.OK,
          folder + ", " + (store.getUsableSpace() >> 20) + " MiB free",
          tight ? "export " + variable + "=FOLDER" : "");
    } catch (IOException e) {
      return new Finding(
          subject,
          Level.BROKEN,
          folder + " cannot be written: " + e.getMessage(),
          "export " + variable + "=FOLDER");
    }
  }
}
