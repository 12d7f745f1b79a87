package io.sskuba.clouds.aws;

import io.sskuba.cloud.CloudAccount;
import io.sskuba.clouds.Lifetime;
import io.sskuba.infra.Choices;
import io.sskuba.infra.Platform;
import io.sskuba.infra.aws.AwsCheck;
import io.sskuba.infra.aws.AwsFacts;
import io.sskuba.io.Environment;
import io.sskuba.io.TimeSource;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.sts.model.GetCallerIdentityResponse;

/// An AWS account as the user's credentials show it, in the region of a cluster file.
///
/// Thread: any. Every call looks anew but [#choices], which takes the last look of [#findings] at
/// the same file where there is one: both belong to one run.
public final class AwsAccount implements CloudAccount {
  private final AwsClients clients;
  private final Environment environment;
  private final TimeSource time;
  private final ClusterSpec spec;
  private @Nullable Seen seen;

  private record Seen(ClusterSpec spec, AwsFacts facts) {}

  AwsAccount(AwsClients clients, ClusterSpec spec, Environment environment, TimeSource time) {
    this.clients = clients;
    this.spec = spec;
    this.environment = environment;
    this.time = time;
  }

  /// Made with no call to anybody.
  public static AwsAccount of(ClusterSpec spec, Environment environment, TimeSource time) {
    if (spec.target().settings() instanceof ProviderSettings.Aws aws) {
      AwsAccess access = AwsAccess.of(environment, Optional.empty(), Optional.of(aws.region()));
      return new AwsAccount(new AwsClients(access), spec, environment, time);
    }
    throw new IllegalArgumentException("not a cluster of target aws");
  }

  @Override
  public Identity identity() {
    Asks asks = new Asks();
    return Asks.needed("whose credentials these are", asks.ask(this::whose));
  }

  private Identity whose() {
    Optional<Instant> expires = clients.access().expires(environment);
    GetCallerIdentityResponse answer = clients.sts().getCallerIdentity();
    return new Identity(answer.arn(), answer.account(), expires);
  }

  @Override
  public Map<String, String> variables() {
    Asks asks = new Asks();
    return Asks.needed("the CI job's role", asks.ask(() -> clients.access().ofJob()));
  }

  @Override
  public List<Platform.Finding> findings(ClusterSpec file, Duration expected) {
    Asks asks = new Asks();
    var who = asks.ask(this::whose);
    var look = AwsLook.start(clients, asks, file, who);
    Identity identity = Asks.needed("whose credentials these are", who);
    List<Platform.Finding> findings = new ArrayList<>();
    Lifetime.finding(identity, expected, time.now()).ifPresent(findings::add);
    AwsFacts facts = look.facts();
    synchronized (this) {
      seen = new Seen(file, facts);
    }
    findings.addAll(AwsCheck.findings(file, facts));
    return List.copyOf(findings);
  }

  @Override
  public synchronized Choices choices(ClusterSpec file, Choices before) {
    Seen known = seen;
    if (known == null || !known.spec().equals(file)) {
      Asks asks = new Asks();
      known = new Seen(file, AwsLook.start(clients, asks, file, asks.ask(this::whose)).facts());
      seen = known;
    }
    return known.facts().choices(file, before);
  }

  @Override
  public List<Platform.Found> inventory(String fqdn, Optional<String> clusterId) {
    Asks asks = new Asks();
    return new AwsInventory(clients, asks, spec).start(fqdn).found(clusterId);
  }

  @Override
  public Set<String> clusterIds(String fqdn) {
    synchronized (this) {
      Seen known = seen;
      if (known != null && known.spec().fqdn().equals(fqdn)) {
        return known.facts().heldIds();
      }
    }
    Set<String> ids = new TreeSet<>();
    Asks asks = new Asks();
    new AwsInventory(clients, asks, spec).start(fqdn).found(ids);
    return ids;
  }

  @Override
  public boolean gone(String type, String id) {
    Asks asks = new Asks();
    return Asks.needed(
        "whether " + id + " is gone", asks.ask(() -> new AwsGone(clients).gone(type, id)));
  }
}
