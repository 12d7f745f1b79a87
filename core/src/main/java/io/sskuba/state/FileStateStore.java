package io.sskuba.state;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.AtomicFiles;
import io.sskuba.io.DiskFault;
import io.sskuba.io.Json;
import io.sskuba.io.ProcessIdentity;
import io.sskuba.io.Processes;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.wait.Observation;
import io.sskuba.wait.Waiter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.regex.Pattern;

/// The state in a folder, of this machine's disk or mounted.
///
/// Every file but journals and events is replaced as a whole. What several processes may do at once
/// (create, lease, update, remove) is done under one short lock of the whole store.
/// - Limits: 10,000 clusters; 8 MiB a record; 1 MiB a journal line.
/// - Interrupts: kept for later; each call is short.
public final class FileStateStore implements StateStore {
  static final Pattern KEY = Pattern.compile("(rehearsal\\.)?[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?");
  static final Pattern SEALED = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}");
  private static final List<String> OF_A_CLUSTER =
      List.of("record.json", "journal.jsonl", "sealed", "disks");
  static final int MAX_CLUSTERS = 10_000;
  static final long MAX_RECORD = 8L * 1024 * 1024;
  private static final long MAX_SEALED = 256L * 1024 * 1024;

  /// What etcd asks for at a time: with less, programs that run on this disk die and cannot say
  /// why.
  private static final long LEAST_FREE = 64L << 20;

  /// A renewal of a live holder must show within this time.
  static final Duration CONFIRMATION = FileLease.RENEWAL.plusSeconds(5);

  static final Duration LOOK = Duration.ofSeconds(1);

  private final Path root;
  private final TimeSource time;
  private final RandomSource random;
  private final Processes processes;
  private final StoreClock clock;
  private final StoreLock lock;
  private final String holder;
  private final ReceiptFiles receipts;
  private final ConcurrentMap<String, FileLease> held = new ConcurrentHashMap<>();
  private boolean renewing = true;

  /// The store in `root`, which is made when something is first written.
  public FileStateStore(Path root, TimeSource time, RandomSource random) {
    this(
        root,
        time,
        random,
        Processes.system(),
        StoreClock.ofFiles(),
        System.getProperty("user.name", "unknown"));
  }

  FileStateStore(
      Path root,
      TimeSource time,
      RandomSource random,
      Processes processes,
      StoreClock clock,
      String holder) {
    this.root = root.toAbsolutePath().normalize();
    this.time = time;
    this.random = random;
    this.processes = processes;
    this.clock = clock;
    this.holder = holder;
    this.lock = new StoreLock(this.root, time);
    this.receipts = new ReceiptFiles(this.root.resolve("receipts"));
  }

  /// The same store without background renewal, for tests that renew by hand.
  FileStateStore withoutRenewal() {
    renewing = false;
    return this;
  }

  /// Errors: `STATE_CORRUPT` or `STATE_NEWER` for the first record that cannot be read; [#survey]
  /// reads around them.
  @Override
  public List<ClusterRecord> list() {
    Survey survey = survey();
    if (!survey.problems().isEmpty()) {
      throw new SskubaException(survey.problems().getFirst());
    }
    return survey.records();
  }

  @Override
  public Survey survey() {
    List<ClusterRecord> records = new ArrayList<>();
    List<Problem> problems = new ArrayList<>();
    for (String key : keys()) {
      try {
        find(key).ifPresent(records::add);
      } catch (SskubaException e) {
        problems.add(e.problem());
      }
    }
    return new Survey(records, problems);
  }

  private List<String> keys() {
    List<String> keys = new ArrayList<>();
    Path clusters = root.resolve("clusters");
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(clusters)) {
      for (Path folder : folders) {
        String name = folder.getFileName().toString();
        if (KEY.matcher(name).matches() && keys.size() < MAX_CLUSTERS) {
          keys.add(name);
        }
      }
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw StoreProblems.unwritable("the clusters cannot be listed", clusters, e);
    }
    keys.sort(Comparator.naturalOrder());
    return keys;
  }

  @Override
  public Optional<ClusterRecord> find(String key) {
    Path file = cluster(key).resolve("record.json");
    try {
      if (Files.size(file) > MAX_RECORD) {
        throw StoreProblems.corrupt(file, "it is larger than 8 MiB");
      }
      JsonNode node = Json.parse(Files.readAllBytes(file));
      int format = ClusterRecordJson.format(node);
      if (format > ClusterRecord.FORMAT) {
        throw new SskubaException(StoreProblems.newerProblem(file, format, ClusterRecord.FORMAT));
      }
      ClusterRecord record = ClusterRecordJson.fromJson(node);
      if (!record.key().equals(key)) {
        throw StoreProblems.corrupt(file, "it is the record of " + record.key());
      }
      return Optional.of(record);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw StoreProblems.unwritable("a record cannot be read", file, e);
    } catch (UncheckedIOException e) {
      throw StoreProblems.corrupt(file, "it is no JSON");
    } catch (ClusterRecordJson.MalformedRecord e) {
      throw StoreProblems.corrupt(file, String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void create(ClusterRecord record) {
    requireOurs(record);
    Path folder = cluster(record.key());
    lock.hold(
        "the record cannot be written",
        lockFile -> {
          for (ClusterRecord other : list()) {
            if (other.key().equals(record.key())) {
              throw StoreProblems.taken(record, other, "name");
            }
            // A rehearsal's FQDN clashes with nothing.
            if (other.fqdn().equals(record.fqdn()) && !other.rehearsal() && !record.rehearsal()) {
              throw StoreProblems.taken(record, other, "FQDN");
            }
          }
          fence(record.key(), lockFile);
          ensureFolder(folder);
          writeRecord(folder, record);
          return true;
        });
  }

  @Override
  public void update(ClusterRecord record) {
    requireOurs(record);
    lock.hold(
        "the record cannot be written",
        lockFile -> {
          if (find(record.key()).isEmpty()) {
            throw StoreProblems.unknown(record.key());
          }
          fence(record.key(), lockFile);
          writeRecord(cluster(record.key()), record);
          return true;
        });
  }

  static void requireOurs(ClusterRecord record) {
    String expected = (record.rehearsal() ? "rehearsal." : "") + record.name();
    if (record.format() != ClusterRecord.FORMAT || !record.key().equals(expected)) {
      throw new IllegalArgumentException("a record of another format or with another key");
    }
  }

  private static void writeRecord(Path folder, ClusterRecord record) throws IOException {
    byte[] bytes = Json.pretty(ClusterRecordJson.toJson(record)).getBytes(StandardCharsets.UTF_8);
    if (bytes.length > MAX_RECORD) {
      throw new IllegalArgumentException("a record of more than 8 MiB");
    }
    AtomicFiles.write(folder.resolve("record.json"), bytes);
  }

  @Override
  public HeldLease acquire(String key, String run) {
    Path folder = cluster(key);
    Path file = folder.resolve("lease.json");
    Attempt attempt = attempt(key, run, folder, file, Optional.empty());
    if (attempt instanceof Attempt.RunOut runOut) {
      awaitNoRenewal(key, file, runOut.lease());
      attempt = attempt(key, run, folder, file, Optional.of(runOut.lease()));
    }
    return switch (attempt) {
      case Attempt.Taken taken -> {
        if (renewing) {
          taken.lease().startRenewal();
        }
        yield taken.lease();
      }
      case Attempt.RunOut other -> throw StoreProblems.held(key, other.lease().lease(), "");
    };
  }

  private sealed interface Attempt {
    record Taken(FileLease lease) implements Attempt {}

    record RunOut(LeaseFile lease) implements Attempt {}
  }

  /// One compare-and-set.
  ///
  /// @param confirmed a lease that ran out and was seen not to be renewed
  private Attempt attempt(
      String key, String run, Path folder, Path file, Optional<LeaseFile> confirmed) {
    return lock.hold(
        "the lease cannot be taken",
        lockFile -> {
          ensureFolder(folder);
          Instant now = clock.now(lockFile);
          Optional<LeaseFile> stored = LeaseFile.read(file);
          if (stored.isPresent()) {
            LeaseFile other = stored.get();
            switch (FileLease.claim(other, now, processes)) {
              case FREE -> {}
              case RUN_OUT -> {
                if (confirmed.isEmpty() || !confirmed.get().sameTermAs(other)) {
                  return new Attempt.RunOut(other);
                }
              }
              case HELD -> throw StoreProblems.held(key, clamp(other, now, file), "");
            }
          }
          LeaseFile ours = ours(run, now);
          ours.write(file);
          FileLease lease = new FileLease(key, file, ours, lock, clock, processes, time);
          held.put(key, lease);
          return new Attempt.Taken(lease);
        });
  }

  /// No lease ends later than one term from now. If one does, the store's clock was set back since:
  /// its end is brought near, and a live holder's next renewal sets it anew.
  private static Lease clamp(LeaseFile other, Instant now, Path file) throws IOException {
    Instant latest = now.plus(FileLease.TERM);
    if (!other.lease().until().isAfter(latest)) {
      return other.lease();
    }
    LeaseFile clamped = other.clamped(latest);
    clamped.write(file);
    return clamped.lease();
  }

  /// The store's clock says that a lease of another boot is over. If that clock jumped ahead, the
  /// holder still lives, and its next renewal shows within 15 s.
  private void awaitNoRenewal(String key, Path file, LeaseFile seen) {
    try {
      new Waiter(time, text -> {})
          .await(
              "lease of " + StoreProblems.shown(key),
              CONFIRMATION,
              LOOK,
              ProblemCode.LEASE_HELD,
              () -> renewalSeen(file, seen));
    } catch (SskubaException e) {
      if (e.problem().code() != ProblemCode.LEASE_HELD) {
        throw e;
      }
      return; // no renewal within the limit: the holder is gone
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw StoreProblems.held(key, seen.lease(), ", run out but not yet confirmed");
    }
    throw StoreProblems.held(key, seen.lease(), ", renewed meanwhile");
  }

  private static Observation<Boolean> renewalSeen(Path file, LeaseFile seen) {
    try {
      Optional<LeaseFile> now = LeaseFile.read(file);
      return now.isPresent() && !now.get().sameTermAs(seen)
          ? Observation.met(true)
          : Observation.notYet("no renewal");
    } catch (IOException e) {
      throw StoreProblems.unwritable("the lease cannot be read", file, e);
    }
  }

  private LeaseFile ours(String run, Instant now) {
    ProcessIdentity self = processes.self();
    Lease lease =
        new Lease(
            holder,
            processes.host(),
            self.pid(),
            self.start(),
            self.machine(),
            run,
            now.plus(FileLease.TERM));
    String token = HexFormat.of().formatHex(random.bytes(16));
    return new LeaseFile(lease, token, 0, FileLease.untilUptime(processes));
  }

  /// Refuses a write when the lease is somebody else's.
  private void fence(String key, Path touched) throws IOException {
    Path file = cluster(key).resolve("lease.json");
    Optional<LeaseFile> stored = LeaseFile.read(file);
    FileLease ours = held.get(key);
    if (stored.isPresent()
        && (ours == null || !ours.token().equals(stored.get().token()))
        && FileLease.claim(stored.get(), clock.now(touched), processes) == FileLease.Claim.HELD) {
      throw StoreProblems.held(key, stored.get().lease(), "");
    }
  }

  /// The lease of a run that is not known to be over.
  @Override
  public Optional<Lease> lease(String key) {
    Path file = cluster(key).resolve("lease.json");
    try {
      Optional<LeaseFile> stored = LeaseFile.read(file);
      return stored
          .filter(l -> FileLease.claim(l, time.now(), processes) == FileLease.Claim.HELD)
          .map(LeaseFile::lease);
    } catch (IOException e) {
      throw StoreProblems.unwritable("the lease cannot be read", file, e);
    }
  }

  /// Errors also: `CLUSTER_UNKNOWN` when the cluster has no folder; a journal that came back after
  /// its cluster was removed would be taken for the next one's.
  @Override
  public void appendJournal(String key, String line) {
    Path folder = cluster(key);
    requireFolder(key, folder);
    lock.hold(
        "the journal cannot be written",
        lockFile -> {
          fence(key, lockFile);
          new LineFile(folder.resolve("journal.jsonl")).append(line, true);
          return true;
        });
  }

  @Override
  public List<String> journal(String key) {
    Path file = cluster(key).resolve("journal.jsonl");
    try {
      return new LineFile(file).readStrict();
    } catch (IOException e) {
      throw StoreProblems.unwritable("the journal cannot be read", file, e);
    }
  }

  /// Events of a cluster without a folder are dropped.
  @Override
  public synchronized void appendEvent(String key, String line) {
    Path folder = cluster(key);
    if (!Files.isDirectory(folder)) {
      return;
    }
    Path file = folder.resolve("events.jsonl");
    try {
      new LineFile(file).append(line, false);
    } catch (NoSuchFileException e) {
      return; // removed just now
    } catch (IOException e) {
      throw StoreProblems.unwritable("the events cannot be written", file, e);
    }
  }

  @Override
  public List<String> events(String key) {
    Path file = cluster(key).resolve("events.jsonl");
    try {
      return new LineFile(file).readLenient();
    } catch (IOException e) {
      throw StoreProblems.unwritable("the events cannot be read", file, e);
    }
  }

  @Override
  public void putSealed(String key, String name, byte[] bytes) {
    Path folder = cluster(key);
    Path file = sealedFile(key, name);
    requireFolder(key, folder);
    if (bytes.length > MAX_SEALED) {
      throw new IllegalArgumentException("a sealed file of more than 256 MiB");
    }
    lock.hold(
        "a sealed file cannot be written",
        lockFile -> {
          fence(key, lockFile);
          AtomicFiles.write(file, bytes);
          return true;
        });
  }

  @Override
  public Optional<byte[]> sealed(String key, String name) {
    Path file = sealedFile(key, name);
    try {
      if (Files.size(file) > MAX_SEALED) {
        throw StoreProblems.corrupt(file, "it is larger than 256 MiB");
      }
      return Optional.of(Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw StoreProblems.unwritable("a sealed file cannot be read", file, e);
    }
  }

  @Override
  public List<String> sealedNames(String key) {
    Path folder = cluster(key).resolve("sealed");
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        if (SEALED.matcher(name).matches()) {
          names.add(name);
        }
      }
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw StoreProblems.unwritable("the sealed files cannot be listed", folder, e);
    }
    names.sort(Comparator.naturalOrder());
    return names;
  }

  @Override
  public String putReceipt(String key, String clusterId, String json) {
    cluster(key); // checks the name
    return lock.hold(
        "the receipt cannot be written", lockFile -> receipts.put(key, clusterId, json).toString());
  }

  @Override
  public String preserve(String key, String clusterId, Path file) {
    cluster(key); // checks the name
    return lock.hold(
        "a file that cannot be understood cannot be kept",
        lockFile -> receipts.keep(key, clusterId, file).toString());
  }

  @Override
  public boolean holds(String key) {
    Path folder = cluster(key);
    return OF_A_CLUSTER.stream().anyMatch(name -> Files.exists(folder.resolve(name)));
  }

  @Override
  public List<String> receipts(String key) {
    cluster(key); // checks the name
    return receipts.of(key);
  }

  @Override
  public List<String> receiptKeys() {
    return receipts.keys().stream().filter(k -> KEY.matcher(k).matches()).toList();
  }

  /// Idempotent. The folder is first moved aside in one step, so that a removal that is killed
  /// leaves nothing of the cluster behind that the next one of its name could find.
  @Override
  public void remove(String key) {
    Path folder = cluster(key);
    if (!Files.isDirectory(root.resolve("clusters"))) {
      return;
    }
    List<Path> aside =
        lock.hold(
            "the cluster's state cannot be removed",
            lockFile -> {
              fence(key, lockFile);
              moveAside(folder);
              return asides(key);
            });
    FileLease ours = held.remove(key);
    if (ours != null) {
      ours.removed();
    }
    for (Path leftover : aside) {
      try {
        AtomicFiles.deleteTree(leftover);
      } catch (IOException e) {
        throw StoreProblems.unwritable("the cluster's state cannot be removed", leftover, e);
      }
    }
  }

  private void moveAside(Path folder) throws IOException {
    if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      String suffix = "~" + HexFormat.of().formatHex(random.bytes(6));
      Path aside = folder.resolveSibling(".removed-" + folder.getFileName() + suffix);
      Files.move(folder, aside, StandardCopyOption.ATOMIC_MOVE);
      AtomicFiles.syncFolder(root.resolve("clusters"));
    }
  }

  private List<Path> asides(String key) throws IOException {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> folders =
        Files.newDirectoryStream(root.resolve("clusters"), ".removed-" + key + "~*")) {
      folders.forEach(found::add);
    }
    return found;
  }

  @Override
  public Optional<DiskFault> diskFault() {
    Path existing = root;
    while (!Files.exists(existing) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    try {
      FileStore disk = Files.getFileStore(existing);
      if (disk.isReadOnly()) {
        return Optional.of(DiskFault.READ_ONLY);
      }
      return disk.getUsableSpace() < LEAST_FREE ? Optional.of(DiskFault.FULL) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /// Errors: none of reading: what cannot be read has no bytes.
  @Override
  public Optional<byte[]> recordBytes(String key) {
    Path file = folder(key).resolve("record.json");
    try {
      return Files.size(file) > MAX_RECORD
          ? Optional.of(new byte[0])
          : Optional.of(Files.readAllBytes(file));
    } catch (IOException e) {
      return Files.exists(file) ? Optional.of(new byte[0]) : Optional.empty();
    }
  }

  @Override
  public String recordPlace(String key) {
    return folder(key).resolve("record.json").toString();
  }

  @Override
  public Path folder(String key) {
    return cluster(key);
  }

  private Path cluster(String key) {
    if (!KEY.matcher(key).matches()) {
      throw StoreProblems.badName("cluster", key);
    }
    return root.resolve("clusters").resolve(key);
  }

  private Path sealedFile(String key, String name) {
    if (!SEALED.matcher(name).matches()) {
      throw StoreProblems.badName("sealed file", name);
    }
    return cluster(key).resolve("sealed").resolve(name);
  }

  /// The cluster's folder, private whatever mode an earlier hand gave it.
  private void ensureFolder(Path folder) throws IOException {
    AtomicFiles.privateFolder(root.resolve("clusters"));
    AtomicFiles.privateFolder(folder);
    AtomicFiles.restrict(root.resolve("clusters"));
    AtomicFiles.restrict(folder);
  }

  private static void requireFolder(String key, Path folder) {
    if (!Files.isDirectory(folder)) {
      throw StoreProblems.unknown(key);
    }
  }
}
