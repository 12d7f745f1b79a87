package io.sskuba.state;

import io.sskuba.io.DiskFault;
import io.sskuba.problem.Problem;
import io.sskuba.problem.SskubaException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// Everything that outlives a process, under one state URL.
///
/// [FileStateStore] for a folder, [ObjectStateStore] for a bucket, [SplitStateStore] for both at
/// once. Layout of the file store:
/// `clusters/KEY/{record.json,journal.jsonl,events.jsonl,lease.json,sealed/…}`,
/// `receipts/KEY-CLUSTERID.json`, and Pulumi's own `.pulumi` folder beside them.
///
/// Errors: `STATE_CORRUPT`, `STATE_NEWER`, `STATE_UNWRITABLE`, of a bucket also `STATE_DENIED`,
/// `STATE_UNREACHABLE` and `STATE_RACE`; nothing is ever overwritten after one of the first two.
public interface StateStore {
  /// All clusters, by key.
  List<ClusterRecord> list();

  /// All clusters that can be read, and a problem for each one that cannot: so that one bad record
  /// does not hide the others from `list`.
  default Survey survey() {
    return new Survey(list(), List.of());
  }

  record Survey(List<ClusterRecord> records, List<Problem> problems) {
    public Survey {
      records = List.copyOf(records);
      problems = List.copyOf(problems);
    }
  }

  Optional<ClusterRecord> find(String key);

  /// Atomic put-if-absent of a new record. Errors: `NAME_TAKEN` when the key or the FQDN exists.
  void create(ClusterRecord record);

  /// Replaces the record of a cluster whose lease the caller holds.
  void update(ClusterRecord record);

  /// Takes the lease by compare-and-set, and renews it in the background until it is closed.
  ///
  /// Errors: `LEASE_HELD`, naming holder, host and pid, when another live run has it.
  HeldLease acquire(String key, String run);

  Optional<Lease> lease(String key);

  /// Appends one line (no line break inside), durably.
  void appendJournal(String key, String line);

  List<String> journal(String key);

  /// Appends one line; lost lines at a power cut are acceptable.
  void appendEvent(String key, String line);

  List<String> events(String key);

  void putSealed(String key, String name, byte[] bytes);

  Optional<byte[]> sealed(String key, String name);

  List<String> sealedNames(String key);

  /// Writes a receipt once; it stays when the cluster's state goes. Returns where it is, for the
  /// user.
  String putReceipt(String key, String clusterId, String json);

  /// Copies a file that cannot be understood to beside the cluster's receipt, never over another
  /// one, before the cluster's state goes. Returns where the copy is.
  /// - Idempotent: the same bytes are kept once.
  String preserve(String key, String clusterId, Path file);

  /// A record as it lies there, whether or not it can be read. Empty where there is none.
  Optional<byte[]> recordBytes(String key);

  /// Where a record lies, for messages.
  String recordPlace(String key);

  /// Ids of clusters under which something of this key lies, where the layout says so.
  default List<String> clusterIds(String key) {
    return List.of();
  }

  /// Whether anything lies under this key: a record, or what should have one.
  boolean holds(String key);

  /// Receipts of a key, newest first.
  List<String> receipts(String key);

  /// Every receipt's key, for "nearest name" and "already deleted".
  List<String> receiptKeys();

  /// Removes record, journal, events, sealed files and lease of a cluster. Receipts stay.
  void remove(String key);

  /// When the credentials end that a cluster's state is written with, renewed where they renew
  /// themselves. Empty where it needs none, or they do not end.
  default Optional<Instant> credentialsEnd(String key) {
    return Optional.empty();
  }

  /// What is wrong with the disk under the state now: full, or read-only. Empty where nothing is,
  /// or nothing can be told.
  default Optional<DiskFault> diskFault() {
    return Optional.empty();
  }

  /// The folder of a cluster on this machine's disk, for the disks of simulated machines.
  Path folder(String key);

  /// The part of this store that reaches nothing outside this machine: what a rehearsal and a
  /// cluster of this machine work with.
  default StateStore ofThisMachine() {
    return this;
  }

  /// A held lease; closing it frees it.
  interface HeldLease extends AutoCloseable {
    Lease lease();

    /// False once it could not be renewed in time: the holder must stop.
    boolean alive();

    /// Why the last renewal failed: the store could not be written. Empty when it did not fail, or
    /// when somebody else has the lease.
    default Optional<SskubaException> fault() {
      return Optional.empty();
    }

    @Override
    void close();
  }
}
