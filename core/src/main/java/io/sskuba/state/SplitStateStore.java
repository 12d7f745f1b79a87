package io.sskuba.state;

import io.sskuba.io.DiskFault;
import io.sskuba.problem.Problem;
import io.sskuba.problem.SskubaException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Two stores as one (contract, section 2, "This machine"): clusters of this machine and all
/// rehearsals in the local one, all others in the one that the state URL names.
///
/// A key is looked up here first, which costs no call to anybody; so a name that is taken here
/// cannot be given to a cluster elsewhere. The other way round nobody is asked, since clusters of
/// this machine must be made while the other store is away: then the name means the one here.
public final class SplitStateStore implements StateStore {
  private static final Set<String> THIS_MACHINE = Set.of("local", "docker");

  private final StateStore local;
  private final Supplier<StateStore> opener;
  private @Nullable StateStore opened;

  /// Where this process works on a key; kept after the cluster is removed.
  private final ConcurrentMap<String, StateStore> routes = new ConcurrentHashMap<>();

  /// @param shared opens the other store; asked once, when something is first wanted of it
  public SplitStateStore(StateStore local, Supplier<StateStore> shared) {
    this.local = local;
    this.opener = shared;
  }

  private synchronized StateStore shared() {
    StateStore store = opened;
    if (store == null) {
      store = opener.get();
      opened = store;
    }
    return store;
  }

  /// Whether clusters of this target are this machine's.
  public static boolean isOfThisMachine(String target) {
    return THIS_MACHINE.contains(target);
  }

  /// The part that reaches nothing outside this machine.
  @Override
  public StateStore ofThisMachine() {
    return local;
  }

  @Override
  public List<ClusterRecord> list() {
    return sorted(Stream.concat(local.list().stream(), shared().list().stream()));
  }

  /// Clusters of this machine are shown also when the other store cannot be reached.
  @Override
  public Survey survey() {
    Survey here = local.survey();
    List<Problem> problems = new ArrayList<>(here.problems());
    List<ClusterRecord> elsewhere = List.of();
    try {
      Survey other = shared().survey();
      problems.addAll(other.problems());
      elsewhere = other.records();
    } catch (SskubaException e) {
      problems.add(e.problem());
    }
    return new Survey(sorted(Stream.concat(here.records().stream(), elsewhere.stream())), problems);
  }

  private static List<ClusterRecord> sorted(Stream<ClusterRecord> records) {
    return records.sorted(Comparator.comparing(ClusterRecord::key)).toList();
  }

  @Override
  public Optional<ClusterRecord> find(String key) {
    return at(key).find(key);
  }

  @Override
  public void create(ClusterRecord record) {
    String key = record.key();
    boolean here = record.rehearsal() || THIS_MACHINE.contains(record.target());
    StateStore to = here ? local : shared();
    if (!here) {
      local
          .find(key)
          .ifPresent(
              other -> {
                throw StoreProblems.taken(record, other, "name");
              });
    }
    to.create(record);
    routes.put(key, to);
  }

  @Override
  public void update(ClusterRecord record) {
    at(record.key()).update(record);
  }

  @Override
  public HeldLease acquire(String key, String run) {
    StateStore to = at(key);
    HeldLease lease = to.acquire(key, run);
    routes.put(key, to);
    return lease;
  }

  @Override
  public Optional<Lease> lease(String key) {
    return at(key).lease(key);
  }

  @Override
  public void appendJournal(String key, String line) {
    at(key).appendJournal(key, line);
  }

  @Override
  public List<String> journal(String key) {
    return at(key).journal(key);
  }

  @Override
  public void appendEvent(String key, String line) {
    at(key).appendEvent(key, line);
  }

  @Override
  public List<String> events(String key) {
    return at(key).events(key);
  }

  @Override
  public void putSealed(String key, String name, byte[] bytes) {
    at(key).putSealed(key, name, bytes);
  }

  @Override
  public Optional<byte[]> sealed(String key, String name) {
    return at(key).sealed(key, name);
  }

  @Override
  public List<String> sealedNames(String key) {
    return at(key).sealedNames(key);
  }

  @Override
  public String putReceipt(String key, String clusterId, String json) {
    return at(key).putReceipt(key, clusterId, json);
  }

  /// Those of this machine first; a rehearsal has none elsewhere.
  @Override
  public List<String> receipts(String key) {
    List<String> here = local.receipts(key);
    return rehearsal(key) || !here.isEmpty() ? here : shared().receipts(key);
  }

  @Override
  public List<String> receiptKeys() {
    return Stream.concat(local.receiptKeys().stream(), shared().receiptKeys().stream())
        .distinct()
        .toList();
  }

  @Override
  public String preserve(String key, String clusterId, Path file) {
    return at(key).preserve(key, clusterId, file);
  }

  @Override
  public boolean holds(String key) {
    return local.holds(key) || (!rehearsal(key) && shared().holds(key));
  }

  /// Of this machine's disk, which every cluster works on.
  @Override
  public Optional<DiskFault> diskFault() {
    return local.diskFault();
  }

  @Override
  public void remove(String key) {
    at(key).remove(key);
  }

  @Override
  public Optional<byte[]> recordBytes(String key) {
    return at(key).recordBytes(key);
  }

  @Override
  public String recordPlace(String key) {
    return at(key).recordPlace(key);
  }

  @Override
  public List<String> clusterIds(String key) {
    return at(key).clusterIds(key);
  }

  @Override
  public Optional<Instant> credentialsEnd(String key) {
    return at(key).credentialsEnd(key);
  }

  @Override
  public Path folder(String key) {
    return at(key).folder(key);
  }

  private StateStore at(String key) {
    if (local.holds(key) || rehearsal(key)) { // also checks the name
      return local;
    }
    StateStore known = routes.get(key);
    return known != null ? known : shared();
  }

  private static boolean rehearsal(String key) {
    return key.startsWith("rehearsal.");
  }
}
