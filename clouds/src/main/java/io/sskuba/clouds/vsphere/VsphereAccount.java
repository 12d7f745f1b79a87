package io.sskuba.clouds.vsphere;

import io.sskuba.cloud.CloudAccount;
import io.sskuba.clouds.OwnServer;
import io.sskuba.clouds.bigip.BigIpClient;
import io.sskuba.clouds.bigip.BigIpInventory;
import io.sskuba.clouds.bigip.BigIpLook;
import io.sskuba.infra.Choices;
import io.sskuba.infra.Platform.Finding;
import io.sskuba.infra.Platform.Found;
import io.sskuba.infra.vsphere.VsphereCheck;
import io.sskuba.infra.vsphere.VsphereFacts;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.secret.SecretResolver;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import io.sskuba.spec.ClusterSpec.ProviderSettings.BigIp;
import io.sskuba.spec.ClusterSpec.ProviderSettings.Vsphere;
import io.sskuba.spec.Credential;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// A vCenter, and the Big-IP in front of its machines, as the file's credentials show them.
///
/// A name and a password do not end, so an identity has no end; sessions are opened for each look,
/// renewed when the server ended them, and closed. Whether something is gone is asked in one
/// session for all, which the server ends after half an hour.
///
/// Thread: any. Every call looks anew but [#choices], which takes the last look of [#findings] at
/// the same file where there is one: both belong to one run.
public final class VsphereAccount implements CloudAccount {
  private static final String VIRTUAL = "f5bigip:";

  private final ClusterSpec spec;
  private final Vsphere file;
  private final SecretResolver secrets;
  private final TimeSource time;
  private @Nullable Seen seen;
  private @Nullable VsphereSession asked;
  private @Nullable BigIpClient askedBalancer;

  private record Seen(ClusterSpec spec, VsphereFacts facts) {}

  private VsphereAccount(ClusterSpec spec, Vsphere file, SecretResolver secrets, TimeSource time) {
    this.spec = spec;
    this.file = file;
    this.secrets = secrets;
    this.time = time;
  }

  /// Made with no call to anybody.
  ///
  /// @param secrets resolves the file's credentials, each time a session is opened
  public static VsphereAccount of(ClusterSpec spec, SecretResolver secrets, TimeSource time) {
    if (spec.target().settings() instanceof ProviderSettings.Vsphere file) {
      return new VsphereAccount(spec, file, secrets, time);
    }
    throw new IllegalArgumentException("not a cluster of target vsphere");
  }

  static SecretResolver.Login login(SecretResolver secrets, Credential credential) {
    try {
      return secrets.resolve(credential);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  static VimClient.Login login(SecretResolver secrets, Vsphere file) {
    SecretResolver.Login login = login(secrets, file.credentials());
    return new VimClient.Login(login.username().reveal(), login.password().reveal());
  }

  private VsphereSession session() {
    return VsphereSession.open(spec, time, () -> login(secrets, file));
  }

  private Optional<BigIpClient> balancer() {
    BigIp bigip = file.bigip();
    return bigip == null
        ? Optional.empty()
        : Optional.of(
            new BigIpClient(
                OwnServer.of(bigip.address(), spec, time),
                () -> {
                  SecretResolver.Login login = login(secrets, bigip.credentials());
                  return new BigIpClient.Login(
                      login.username().reveal(), login.password().reveal());
                }));
  }

  @Override
  public Identity identity() {
    try (VsphereSession session = session()) {
      return whose(session);
    } catch (RuntimeException e) {
      throw VsphereProblems.of(file.server(), "whose credentials these are", e);
    }
  }

  /// A vCenter is the same by whatever name it is reached.
  private static Identity whose(VsphereSession session) {
    return new Identity(
        session.vim().user(), "vCenter " + session.vim().service().uuid(), Optional.empty());
  }

  /// Both servers are asked side by side, and one that does not let us in costs the other nothing.
  @Override
  public List<Finding> findings(ClusterSpec wanted, Duration expected) {
    CompletableFuture<Balancer> balancer = new CompletableFuture<>();
    Thread.ofVirtual().name("bigip look").start(() -> balancer.complete(lookAtBalancer()));
    try {
      VsphereFacts told = look(wanted);
      Balancer itsBalancer = balancer.join();
      VsphereFacts facts = with(told, itsBalancer);
      synchronized (this) {
        seen = new Seen(wanted, facts);
      }
      return VsphereCheck.findings(wanted, facts);
    } catch (SskubaException e) {
      List<Finding> findings = new ArrayList<>();
      findings.add(new Finding(true, e.problem()));
      balancer.join().refused().ifPresent(problem -> findings.add(new Finding(true, problem)));
      if (findings.size() == 1) {
        throw e; // nothing else can be said
      }
      return findings;
    }
  }

  private VsphereFacts look(ClusterSpec wanted) {
    try (VsphereSession session = session()) {
      Asks asks = new Asks(file.server());
      var who = asks.ask(() -> whose(session));
      VsphereLook look = VsphereLook.start(session, asks, wanted);
      Identity _ = asks.needed("whose credentials these are", who);
      return look.facts();
    }
  }

  private record Balancer(
      Optional<VsphereFacts.BigIp> told,
      Optional<Problem> refused,
      List<Found> held,
      Set<String> ids) {
    static final Balancer NONE =
        new Balancer(Optional.empty(), Optional.empty(), List.of(), Set.of());
  }

  private Balancer lookAtBalancer() {
    BigIp bigip = file.bigip();
    Optional<BigIpClient> client;
    try {
      client = balancer();
    } catch (SskubaException e) {
      return refused(e.problem()); // the bundle; vCenter's look says it too
    }
    if (bigip == null || client.isEmpty()) {
      return Balancer.NONE;
    }
    try (BigIpClient asking = client.get()) {
      VsphereFacts.BigIp told =
          BigIpLook.at(
              asking, bigip, () -> login(secrets, bigip.credentials()).username().reveal());
      Set<String> ids = new TreeSet<>();
      List<Found> held = new BigIpInventory(asking, bigip).of(spec.fqdn(), Optional.empty(), ids);
      return new Balancer(Optional.of(told), Optional.empty(), held, ids);
    } catch (RuntimeException e) {
      return refused(client.get().problem(e));
    }
  }

  private static Balancer refused(Problem problem) {
    return new Balancer(Optional.empty(), Optional.of(problem), List.of(), Set.of());
  }

  private static VsphereFacts with(VsphereFacts facts, Balancer balancer) {
    List<Found> held = new ArrayList<>(facts.held());
    held.addAll(balancer.held());
    Set<String> ids = new TreeSet<>(facts.heldIds());
    ids.addAll(balancer.ids());
    return new VsphereFacts(
        facts.datacenter(),
        facts.datacenters(),
        facts.clusters(),
        facts.datastores(),
        facts.networks(),
        facts.folder(),
        facts.ownFolder(),
        facts.library(),
        facts.items(),
        facts.machines(),
        facts.denied(),
        balancer.told(),
        balancer.refused(),
        held,
        ids,
        facts.unasked());
  }

  @Override
  public synchronized Choices choices(ClusterSpec wanted, Choices before) {
    Seen known = seen;
    if (known == null || !known.spec().equals(wanted)) {
      known = new Seen(wanted, look(wanted));
      seen = known;
    }
    return known.facts().choices(wanted, before);
  }

  @Override
  public List<Found> inventory(String fqdn, Optional<String> clusterId) {
    return held(fqdn, clusterId).found();
  }

  @Override
  public Set<String> clusterIds(String fqdn) {
    synchronized (this) {
      Seen known = seen;
      if (known != null && known.spec().fqdn().equals(fqdn)) {
        return known.facts().heldIds();
      }
    }
    return held(fqdn, Optional.empty()).clusterIds();
  }

  private VsphereInventory.Held held(String fqdn, Optional<String> clusterId) {
    List<Found> found = new ArrayList<>();
    Set<String> ids = new TreeSet<>();
    BigIp bigip = file.bigip();
    Optional<BigIpClient> client = balancer();
    if (bigip != null && client.isPresent()) {
      try (BigIpClient asking = client.get()) {
        found.addAll(new BigIpInventory(asking, bigip).of(fqdn, clusterId, ids));
      } catch (RuntimeException e) {
        throw new SskubaException(client.get().problem(e), e);
      }
    }
    try (VsphereSession session = session()) {
      Asks asks = new Asks(file.server());
      VsphereInventory.Held there =
          asks.needed(
              "what bears the cluster's tags",
              asks.ask(() -> new VsphereInventory(session, asks).of(fqdn, clusterId)));
      found.addAll(there.found());
      ids.addAll(there.clusterIds());
    }
    return new VsphereInventory.Held(List.copyOf(found), ids);
  }

  @Override
  public boolean gone(String type, String id) {
    if (type.startsWith(VIRTUAL)) {
      BigIpClient client = askedBalancer();
      try {
        return BigIpInventory.gone(client, type, id);
      } catch (RuntimeException e) {
        throw new SskubaException(client.problem(e), e);
      }
    }
    Asks asks = new Asks(file.server());
    try {
      return asks.needed(
          "whether " + id + " is gone", asks.ask(() -> new VsphereGone(asked()).gone(type, id)));
    } catch (SskubaException e) {
      synchronized (this) {
        asked = null; // a later question is asked anew
      }
      throw e;
    }
  }

  private synchronized VsphereSession asked() {
    VsphereSession open = asked;
    if (open == null) {
      open = session();
      asked = open;
    }
    return open;
  }

  private synchronized BigIpClient askedBalancer() {
    BigIpClient open = askedBalancer;
    if (open == null) {
      open =
          balancer()
              .orElseThrow(
                  () ->
                      SskubaException.of(
                          ProblemCode.SPEC_INVALID, "the file names no Big-IP any more"));
      askedBalancer = open;
    }
    return open;
  }
}
