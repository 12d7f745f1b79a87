package io.sskuba.state;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.io.ProcessIdentity;
import io.sskuba.io.Processes;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.wait.Deadline;
import io.sskuba.wait.Observation;
import io.sskuba.wait.Waiter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;

/// The state in a bucket of objects, shared by all machines that have its URL and credentials.
///
/// Layout: `records/KEY.json`, `leases/KEY.json`, `names/FQDN.json` (which cluster has it),
/// `clusters/KEY/ID/{journal,events,sealed}/…`, `receipts/KEY/ID.N.json`. What belongs to one
/// cluster lies under its random id, so that nothing of a deleted one is ever found by the next of
/// its name.
///
/// There is no lock. A record is made and a lease taken by a conditional write; whoever holds the
/// lease is alone in writing the rest (see [ObjectLease]), and whoever writes without one looks
/// first.
/// - Limits: 10,000 clusters; 8 MiB a record; 256 MiB a sealed file; events are up to 1 s late.
/// - Interrupts: kept for later; each call is short.
public final class ObjectStateStore implements StateStore {
  /// A lease that nobody holds: its object stays, since not every store deletes on a condition.
  static final byte[] FREED = "{\"free\": true}\n".getBytes(StandardCharsets.UTF_8);

  private static final int MAX_OBJECTS = 20_000;
  private static final int MAX_SEALED = 256 * 1024 * 1024;
  private static final int READERS = 16;
  private static final int MAX_RECEIPTS = 100;

  private final ObjectBucket bucket;
  private final Path localFolder;
  private final TimeSource time;
  private final RandomSource random;
  private final Processes processes;
  private final String holder;
  private final ObjectReceipts receipts;
  private final ConcurrentMap<String, ObjectLease> held = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, LineObjects> lines = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, String> ids = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, EventBuffer> buffers = new ConcurrentHashMap<>();
  private boolean renewing = true;

  /// @param localFolder where [#folder] has a cluster's disk on this machine
  public ObjectStateStore(
      ObjectBucket bucket, Path localFolder, TimeSource time, RandomSource random) {
    this(
        bucket,
        localFolder,
        time,
        random,
        Processes.system(),
        System.getProperty("user.name", "unknown"));
  }

  ObjectStateStore(
      ObjectBucket bucket,
      Path localFolder,
      TimeSource time,
      RandomSource random,
      Processes processes,
      String holder) {
    this.bucket = bucket;
    this.localFolder = localFolder;
    this.time = time;
    this.random = random;
    this.processes = processes;
    this.holder = holder;
    this.receipts = new ObjectReceipts(bucket, MAX_RECEIPTS);
  }

  /// The same store without background renewal, for tests that renew by hand.
  ObjectStateStore withoutRenewal() {
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
    List<String> keys = new ArrayList<>();
    for (String name : bucket.names("records/", FileStateStore.MAX_CLUSTERS)) {
      String key = name.substring("records/".length()).replaceFirst("\\.json$", "");
      if (FileStateStore.KEY.matcher(key).matches() && name.endsWith(".json")) {
        keys.add(key);
      }
    }
    List<ClusterRecord> records = new ArrayList<>();
    List<Problem> problems = new ArrayList<>();
    for (Read read : inParallel(keys)) {
      read.record().ifPresent(records::add);
      read.problem().ifPresent(problems::add);
    }
    return new Survey(records, problems);
  }

  private record Read(Optional<ClusterRecord> record, Optional<Problem> problem) {}

  private Read read(String key) {
    try {
      return new Read(find(key), Optional.empty());
    } catch (SskubaException e) {
      ProblemCode code = e.problem().code();
      if (code != ProblemCode.STATE_CORRUPT && code != ProblemCode.STATE_NEWER) {
        throw e;
      }
      return new Read(Optional.empty(), Optional.of(e.problem()));
    }
  }

  private List<Read> inParallel(List<String> keys) {
    try (ExecutorService readers =
        Executors.newFixedThreadPool(READERS, Thread.ofVirtual().name("record-", 0).factory())) {
      List<Future<Read>> running = new ArrayList<>();
      for (String key : keys) {
        Callable<Read> one = () -> read(key);
        running.add(readers.submit(one));
      }
      List<Read> found = new ArrayList<>();
      running.forEach(one -> found.add(uninterrupted(one)));
      return found;
    }
  }

  private static <T> T uninterrupted(Future<T> future) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return future.get();
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          if (e.getCause() instanceof SskubaException known) {
            throw known;
          }
          throw new IllegalStateException("a record could not be read", e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private record StoredRecord(ClusterRecord record, String tag) {}

  @Override
  public Optional<ClusterRecord> find(String key) {
    return stored(key).map(StoredRecord::record);
  }

  private Optional<StoredRecord> stored(String key) {
    String name = recordName(key);
    String place = bucket.place(name);
    Optional<ObjectBucket.Stored> stored = bucket.read(name);
    if (stored.isEmpty()) {
      return Optional.empty();
    }
    try {
      JsonNode node = Json.parse(stored.get().bytes());
      int format = ClusterRecordJson.format(node);
      if (format > ClusterRecord.FORMAT) {
        throw new SskubaException(StoreProblems.newerAt(place, format, ClusterRecord.FORMAT));
      }
      ClusterRecord record = ClusterRecordJson.fromJson(node);
      if (!record.key().equals(key)) {
        throw StoreProblems.corruptAt(place, "it is the record of " + record.key());
      }
      return Optional.of(new StoredRecord(record, stored.get().tag()));
    } catch (UncheckedIOException e) {
      throw StoreProblems.corruptAt(place, "it is no JSON");
    } catch (ClusterRecordJson.MalformedRecord e) {
      throw StoreProblems.corruptAt(place, String.valueOf(e.getMessage()));
    }
  }

  /// Claims the FQDN, writes the record, then confirms the claim. A claim that is not confirmed and
  /// whose record is not there may be taken over, so a creator that died leaves nothing behind; the
  /// confirmation fails for one that was only slow.
  @Override
  public void create(ClusterRecord record) {
    FileStateStore.requireOurs(record);
    find(record.key())
        .ifPresent(
            other -> {
              throw StoreProblems.taken(record, other, "name");
            });
    fence(record.key());
    Optional<NameClaim> claim =
        record.rehearsal() ? Optional.empty() : Optional.of(new NameClaim(bucket, this::find));
    claim.ifPresent(c -> c.claim(record, nonce()));
    if (Conditional.putIfAbsent(bucket, recordName(record.key()), bytes(record)).isEmpty()) {
      claim.ifPresent(NameClaim::give);
      throw StoreProblems.taken(record, find(record.key()).orElse(record), "name");
    }
    if (claim.isPresent() && !claim.get().confirm()) {
      bucket.delete(recordName(record.key()));
      throw StoreProblems.taken(record, claim.get().owner().orElse(record), "FQDN");
    }
    ids.put(record.key(), record.clusterId());
  }

  private String nonce() {
    return HexFormat.of().formatHex(random.bytes(8));
  }

  /// With a word of its own, so that no two writes are the same bytes (see [Conditional]).
  private byte[] bytes(ClusterRecord record) {
    ObjectNode node = ClusterRecordJson.toJson(record).put("written", nonce());
    byte[] bytes = Json.pretty(node).getBytes(StandardCharsets.UTF_8);
    if (bytes.length > FileStateStore.MAX_RECORD) {
      throw new IllegalArgumentException("a record of more than 8 MiB");
    }
    return bytes;
  }

  /// Errors also: `STATE_RACE` when another process wrote the record at the same moment.
  @Override
  public void update(ClusterRecord record) {
    FileStateStore.requireOurs(record);
    StoredRecord before =
        stored(record.key()).orElseThrow(() -> StoreProblems.unknown(record.key()));
    fence(record.key());
    String name = recordName(record.key());
    if (Conditional.replace(bucket, name, bytes(record), before.tag()).isEmpty()) {
      throw StoreProblems.raced(bucket.place(name));
    }
  }

  @Override
  public HeldLease acquire(String key, String run) {
    requireKey(key);
    Attempt attempt = attempt(key, run, Optional.empty());
    if (attempt instanceof Attempt.RunOut runOut) {
      awaitNoRenewal(key, runOut.lease());
      attempt = attempt(key, run, Optional.of(runOut.lease()));
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
    record Taken(ObjectLease lease) implements Attempt {}

    record RunOut(LeaseFile lease) implements Attempt {}
  }

  /// One compare-and-set.
  ///
  /// @param confirmed a lease that ran out and was seen not to be renewed
  private Attempt attempt(String key, String run, Optional<LeaseFile> confirmed) {
    String name = leaseName(key);
    Optional<ObjectBucket.Stored> stored = bucket.read(name);
    Optional<LeaseFile> other = stored.flatMap(s -> parse(name, s));
    if (other.isPresent()) {
      switch (FileLease.claim(other.get(), bucket.clock(), processes)) {
        case FREE -> {}
        case RUN_OUT -> {
          if (confirmed.isEmpty() || !confirmed.get().sameTermAs(other.get())) {
            return new Attempt.RunOut(other.get());
          }
        }
        case HELD -> throw StoreProblems.held(key, other.get().lease(), "");
      }
    }
    Deadline term = ObjectLease.term(time);
    LeaseFile ours = ours(run);
    Optional<String> tag =
        stored.isEmpty()
            ? Conditional.putIfAbsent(bucket, name, ours.bytes())
            : Conditional.replace(bucket, name, ours.bytes(), stored.get().tag());
    if (tag.isEmpty()) {
      throw lostRace(key, name);
    }
    ids.remove(key); // the record may be another cluster's by now
    forgetLines(key);
    ObjectLease lease =
        new ObjectLease(
            key, name, ours, tag.get(), term, bucket, processes, time, () -> flush(key));
    held.put(key, lease);
    return new Attempt.Taken(lease);
  }

  private SskubaException lostRace(String key, String name) {
    return bucket
        .read(name)
        .flatMap(s -> parse(name, s))
        .map(winner -> StoreProblems.held(key, winner.lease(), ", taken at the same moment"))
        .orElseGet(() -> StoreProblems.raced(bucket.place(name)));
  }

  private Optional<LeaseFile> parse(String name, ObjectBucket.Stored stored) {
    return java.util.Arrays.equals(stored.bytes(), FREED)
        ? Optional.empty()
        : Optional.of(LeaseFile.parse(stored.bytes(), bucket.place(name)));
  }

  private Optional<LeaseFile> storedLease(String key) {
    String name = leaseName(key);
    return bucket.read(name).flatMap(s -> parse(name, s));
  }

  /// The store's clock says that the lease of another machine is over. If its holder still lives,
  /// its next renewal shows within 15 s.
  private void awaitNoRenewal(String key, LeaseFile seen) {
    try {
      new Waiter(time, text -> {})
          .await(
              "lease of " + StoreProblems.shown(key),
              FileStateStore.CONFIRMATION,
              FileStateStore.LOOK,
              ProblemCode.LEASE_HELD,
              () ->
                  storedLease(key).filter(now -> !now.sameTermAs(seen)).isPresent()
                      ? Observation.met(true)
                      : Observation.notYet("no renewal"));
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

  private LeaseFile ours(String run) {
    ProcessIdentity self = processes.self();
    Lease lease =
        new Lease(
            holder,
            processes.host(),
            self.pid(),
            self.start(),
            self.machine(),
            run,
            bucket.clock().plus(FileLease.TERM));
    String token = HexFormat.of().formatHex(random.bytes(16));
    return new LeaseFile(lease, token, 0, FileLease.untilUptime(processes));
  }

  /// Refuses a write when the lease is somebody else's, or ours and may be over by now.
  private void fence(String key) {
    ObjectLease ours = held.get(key);
    if (ours != null && ours.writes()) {
      return;
    }
    Optional<LeaseFile> stored = storedLease(key);
    if (stored.isPresent()
        && (ours == null || !ours.token().equals(stored.get().token()) || !ours.alive())
        && FileLease.claim(stored.get(), bucket.clock(), processes) == FileLease.Claim.HELD) {
      throw StoreProblems.held(key, stored.get().lease(), "");
    }
  }

  /// The lease of a run that is not known to be over.
  @Override
  public Optional<Lease> lease(String key) {
    requireKey(key);
    Optional<LeaseFile> stored = storedLease(key);
    Instant now = bucket.clock();
    return stored
        .filter(l -> FileLease.claim(l, now, processes) == FileLease.Claim.HELD)
        .map(LeaseFile::lease);
  }

  /// Errors also: `CLUSTER_UNKNOWN` when there is no such cluster.
  @Override
  public void appendJournal(String key, String line) {
    String id = id(key).orElseThrow(() -> StoreProblems.unknown(key));
    fence(key);
    lines(key, id, "journal").append(List.of(line));
  }

  @Override
  public List<String> journal(String key) {
    return freshId(key).map(id -> lineReader(key, id, "journal").readStrict()).orElse(List.of());
  }

  /// Written within 1 s, and before the lease is freed. Events of a cluster that is not there are
  /// dropped.
  @Override
  public void appendEvent(String key, String line) {
    requireKey(key);
    if (line.indexOf('\n') >= 0 || line.indexOf('\r') >= 0) {
      throw new IllegalArgumentException("not one line");
    }
    buffers
        .computeIfAbsent(key, k -> new EventBuffer(time, batch -> writeEvents(key, batch)))
        .add(line);
    ObjectLease ours = held.get(key);
    if (ours == null || !ours.writes()) {
      flush(key);
    }
  }

  private void writeEvents(String key, List<String> batch) {
    id(key).ifPresent(id -> lines(key, id, "events").append(batch));
  }

  private void flush(String key) {
    EventBuffer buffer = buffers.get(key);
    if (buffer != null) {
      buffer.flush();
    }
  }

  @Override
  public List<String> events(String key) {
    requireKey(key);
    flush(key);
    return freshId(key).map(id -> lineReader(key, id, "events").readLenient()).orElse(List.of());
  }

  @Override
  public void putSealed(String key, String name, byte[] bytes) {
    requireSealedName(name);
    String id = id(key).orElseThrow(() -> StoreProblems.unknown(key));
    if (bytes.length > MAX_SEALED) {
      throw new IllegalArgumentException("a sealed file of more than 256 MiB");
    }
    fence(key);
    bucket.put(data(key, id) + "sealed/" + name, bytes);
  }

  @Override
  public Optional<byte[]> sealed(String key, String name) {
    requireSealedName(name);
    return id(key)
        .flatMap(id -> bucket.read(data(key, id) + "sealed/" + name))
        .map(ObjectBucket.Stored::bytes);
  }

  @Override
  public List<String> sealedNames(String key) {
    Optional<String> id = freshId(key);
    if (id.isEmpty()) {
      return List.of();
    }
    String folder = data(key, id.get()) + "sealed/";
    return bucket.names(folder, MAX_OBJECTS).stream()
        .map(name -> name.substring(folder.length()))
        .filter(name -> FileStateStore.SEALED.matcher(name).matches())
        .toList();
  }

  @Override
  public String putReceipt(String key, String clusterId, String json) {
    requireKey(key);
    return receipts.put(key, clusterId, json);
  }

  @Override
  public List<String> receipts(String key) {
    requireKey(key);
    return receipts.of(key);
  }

  @Override
  public List<String> receiptKeys() {
    return receipts.keys().stream().filter(k -> FileStateStore.KEY.matcher(k).matches()).toList();
  }

  /// A file of this machine, or, where there is none, the part of the state that has its name in a
  /// folder of a [FileStateStore].
  @Override
  public String preserve(String key, String clusterId, Path file) {
    String name = file.getFileName().toString();
    byte[] bytes;
    try {
      bytes = Files.exists(file) ? Files.readAllBytes(file) : part(key, name);
    } catch (IOException e) {
      throw StoreProblems.unwritable("a file that cannot be understood cannot be kept", file, e);
    }
    return receipts.keep(key, clusterId, name, bytes);
  }

  private byte[] part(String key, String name) {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    if (name.equals("record.json")) {
      bucket.read(recordName(key)).ifPresent(r -> whole.writeBytes(r.bytes()));
    } else {
      String folder = "/" + name.replaceFirst("\\.jsonl$", "") + "/";
      for (String object : bucket.names(named("clusters/", key, "/"), MAX_OBJECTS)) {
        if (object.contains(folder)) {
          bucket.read(object).ifPresent(o -> whole.writeBytes(o.bytes()));
        }
      }
    }
    return whole.toByteArray();
  }

  @Override
  public boolean holds(String key) {
    return bucket.read(recordName(key)).isPresent()
        || !bucket.names(named("clusters/", key, "/"), 1).isEmpty();
  }

  /// Idempotent. The record goes after all else that is the cluster's, so that a removal that was
  /// killed is found and done again; its name and its lease go last. A record that cannot be read
  /// goes too, with everything under its key.
  @Override
  public void remove(String key) {
    Optional<ClusterRecord> record = readable(key);
    fence(key);
    String folder = named("clusters/", key, "/");
    List<String> lies = bucket.names(folder, MAX_OBJECTS);
    lies.forEach(bucket::delete);
    boolean recorded = bucket.read(recordName(key)).isPresent();
    bucket.delete(recordName(key));
    if (record.isPresent()) {
      new NameClaim(bucket, this::find).release(record.get());
    } else if (recorded || !lies.isEmpty()) {
      NameClaim.releaseAll(bucket, key, FileStateStore.MAX_CLUSTERS);
    }
    buffers.remove(key);
    ids.remove(key);
    forgetLines(key);
    ObjectLease ours = held.remove(key);
    if (ours != null) {
      ours.removed();
      bucket.delete(leaseName(key));
    }
  }

  private Optional<ClusterRecord> readable(String key) {
    try {
      return find(key);
    } catch (SskubaException e) {
      if (e.problem().code() != ProblemCode.STATE_CORRUPT) {
        throw e;
      }
      return Optional.empty();
    }
  }

  @Override
  public Optional<byte[]> recordBytes(String key) {
    return bucket.read(recordName(key)).map(ObjectBucket.Stored::bytes);
  }

  @Override
  public String recordPlace(String key) {
    return bucket.place(recordName(key));
  }

  @Override
  public List<String> clusterIds(String key) {
    String folder = named("clusters/", key, "/");
    return bucket.names(folder, MAX_OBJECTS).stream()
        .map(name -> name.substring(folder.length()))
        .filter(name -> name.indexOf('/') > 0)
        .map(name -> name.substring(0, name.indexOf('/')))
        .distinct()
        .toList();
  }

  @Override
  public Optional<Instant> credentialsEnd(String key) {
    return bucket.credentialsEnd();
  }

  @Override
  public Path folder(String key) {
    requireKey(key);
    return localFolder.resolve("clusters").resolve(key);
  }

  /// The id of the cluster that has this key. Kept while this process works on it: only a new lease
  /// can make it another one.
  private Optional<String> id(String key) {
    requireKey(key);
    String known = ids.get(key);
    return known != null ? Optional.of(known) : freshId(key);
  }

  private Optional<String> freshId(String key) {
    Optional<String> id = readable(key).map(ClusterRecord::clusterId).or(() -> onlyId(key));
    id.ifPresent(found -> ids.put(key, found));
    return id;
  }

  /// Without a record that can be read: what lies there says whose it is, unless it is of several.
  private Optional<String> onlyId(String key) {
    List<String> all = clusterIds(key);
    return all.size() == 1 ? Optional.of(all.getFirst()) : Optional.empty();
  }

  private LineObjects lines(String key, String id, String what) {
    return lines.computeIfAbsent(
        key + "/" + what, k -> new LineObjects(bucket, data(key, id) + what + "/"));
  }

  private LineObjects lineReader(String key, String id, String what) {
    return new LineObjects(bucket, data(key, id) + what + "/");
  }

  private void forgetLines(String key) {
    lines.remove(key + "/journal");
    lines.remove(key + "/events");
  }

  private static String data(String key, String id) {
    return "clusters/" + key + "/" + id + "/";
  }

  private static String recordName(String key) {
    return named("records/", key, ".json");
  }

  private static String leaseName(String key) {
    return named("leases/", key, ".json");
  }

  private static String named(String folder, String key, String end) {
    requireKey(key);
    return folder + key + end;
  }

  private static void requireKey(String key) {
    require(FileStateStore.KEY.matcher(key).matches(), () -> StoreProblems.badName("cluster", key));
  }

  private static void requireSealedName(String name) {
    require(
        FileStateStore.SEALED.matcher(name).matches(),
        () -> StoreProblems.badName("sealed file", name));
  }

  private static void require(boolean fine, Supplier<SskubaException> otherwise) {
    if (!fine) {
      throw otherwise.get();
    }
  }
}
