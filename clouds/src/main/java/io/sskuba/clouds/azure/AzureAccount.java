package io.sskuba.clouds.azure;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.cloud.CloudAccount;
import io.sskuba.clouds.Lifetime;
import io.sskuba.infra.Choices;
import io.sskuba.infra.Platform;
import io.sskuba.infra.azure.AzureCheck;
import io.sskuba.infra.azure.AzureFacts;
import io.sskuba.io.Environment;
import io.sskuba.io.TimeSource;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// An Azure subscription as the user's credentials show it, in the region of a cluster file. It
/// only reads: every call is a GET.
///
/// Thread: any. Every call looks anew but [#choices], which takes the last look of [#findings] at
/// the same file where there is one: both belong to one run.
public final class AzureAccount implements CloudAccount {
  private final Arm arm;
  private final TimeSource time;
  private final ClusterSpec spec;
  private final ProviderSettings.Azure azure;
  private @Nullable Seen seen;

  private record Seen(ClusterSpec spec, AzureFacts facts) {}

  AzureAccount(Arm arm, ClusterSpec spec, TimeSource time) {
    this.arm = arm;
    this.spec = spec;
    this.time = time;
    this.azure = settings(spec);
  }

  /// Made with no call to anybody.
  public static AzureAccount of(ClusterSpec spec, Environment environment, TimeSource time) {
    AzureAccess access = AzureAccess.of(environment, settings(spec).subscription(), time);
    return new AzureAccount(new Arm(access, time), spec, time);
  }

  static ProviderSettings.Azure settings(ClusterSpec spec) {
    if (spec.target().settings() instanceof ProviderSettings.Azure azure) {
      return azure;
    }
    throw new IllegalArgumentException("not a cluster of target azure");
  }

  @Override
  public Identity identity() {
    Asks asks = new Asks();
    return identity(Asks.needed(whose(), asks.ask(this::subscription)));
  }

  private String whose() {
    return "whose credentials these are, in subscription " + azure.subscription();
  }

  private JsonNode subscription() {
    return arm.get(ArmIds.subscription(azure.subscription()), ArmIds.SUBSCRIPTIONS);
  }

  /// Who a token says its bearer is: a person by their name, an application by its id.
  private Identity identity(JsonNode subscription) {
    JsonNode claims = Assertion.claims(arm.access().token());
    String subject = "";
    for (String claim : List.of("upn", "unique_name", "appid", "azp", "oid", "sub")) {
      subject = subject.isEmpty() ? claims.path(claim).asText("") : subject;
    }
    String tenant = claims.path("tid").asText(subscription.path("tenantId").asText(""));
    return new Identity(
        subject.isEmpty() ? "an identity of tenant " + tenant : subject + " of tenant " + tenant,
        azure.subscription(),
        arm.access().ends());
  }

  @Override
  public Map<String, String> variables() {
    return arm.access().variables();
  }

  @Override
  public List<Platform.Finding> findings(ClusterSpec file, Duration expected) {
    Asks asks = new Asks();
    var subscription = asks.ask(this::subscription);
    var look = AzureLook.start(arm, asks, file, settings(file), subscription);
    Identity identity = identity(Asks.needed(whose(), subscription));
    List<Platform.Finding> findings = new ArrayList<>();
    Lifetime.finding(identity, expected, time.now()).ifPresent(findings::add);
    AzureFacts facts = look.facts();
    synchronized (this) {
      seen = new Seen(file, facts);
    }
    findings.addAll(AzureCheck.findings(file, facts));
    return List.copyOf(findings);
  }

  @Override
  public synchronized Choices choices(ClusterSpec file, Choices before) {
    Seen known = seen;
    if (known == null || !known.spec().equals(file)) {
      Asks asks = new Asks();
      var subscription = asks.ask(this::subscription);
      known =
          new Seen(file, AzureLook.start(arm, asks, file, settings(file), subscription).facts());
      seen = known;
    }
    return known.facts().choices(file, before);
  }

  @Override
  public List<Platform.Found> inventory(String fqdn, Optional<String> clusterId) {
    Asks asks = new Asks();
    return new AzureInventory(arm, asks, spec, azure.subscription()).start(fqdn).found(clusterId);
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
    new AzureInventory(arm, asks, spec, azure.subscription()).start(fqdn).found(ids);
    return ids;
  }

  @Override
  public boolean gone(String type, String id) {
    Asks asks = new Asks();
    return Asks.needed("whether " + id + " is gone", asks.ask(() -> new AzureGone(arm).gone(id)));
  }
}
