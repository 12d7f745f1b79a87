package io.sskuba.rehearsal.cloud;

import io.sskuba.infra.Choices;
import io.sskuba.infra.Platform.Finding;
import io.sskuba.infra.Target;
import io.sskuba.net.Cidr;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.Durations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// A look at a simulated account before anything is made in it, and what every cloud's look finds.
///
/// @param clusterId the cluster's own, when an earlier run made something
/// @param all everything in the account
public record AccountLook(
    ClusterSpec spec, Optional<String> clusterId, Scenario scenario, List<CloudResource> all) {
  private static final String CAUSE = "cause";
  private static final String DO = "do";

  public AccountLook {
    all = List.copyOf(all);
  }

  /// What this cluster holds already.
  public List<CloudResource> held() {
    return clusterId.isEmpty()
        ? List.of()
        : all.stream().filter(r -> r.cluster().equals(clusterId.get())).toList();
  }

  /// Credentials that end before a run of this length.
  List<Finding> lifetime(Duration run) {
    Duration lasts = scenario.look().credentials();
    if (lasts == null || lasts.compareTo(run) >= 0) {
      return List.of();
    }
    boolean over = lasts.isZero();
    Problem problem =
        Problem.of(
                ProblemCode.CLOUD_CREDENTIALS,
                over
                    ? "the credentials have ended"
                    : "the credentials end before the run may be over")
            .fact(
                CAUSE,
                "they last "
                    + Durations.format(lasts)
                    + ", a run may take "
                    + Durations.format(run))
            .fact(DO, "sign in again");
    return List.of(new Finding(over, problem));
  }

  /// Images that the scenario takes away.
  public List<Finding> images() {
    Set<String> keys = new LinkedHashSet<>();
    for (Target.Slot machine : Target.machines(spec)) {
      if (machine.made()) {
        keys.add(Choices.imageKey(machine.arch(), machine.pool().gpu() != null));
      }
    }
    keys.retainAll(scenario.look().missingImages());
    List<Finding> findings = new ArrayList<>();
    for (String key : keys) {
      findings.add(
          stops(
              ProblemCode.CLOUD_IMAGE_MISSING,
              "no image of Talos " + spec.versions().talos() + " for " + key,
              "the account has none",
              "sskuba-ctl image ensure puts one into the account"));
    }
    return findings;
  }

  /// Types that no zone of the file offers: the next is taken, and none is a refusal.
  public List<Finding> types(List<String> zones) {
    List<Finding> findings = new ArrayList<>();
    List<ClusterSpec.Pool> pools = new ArrayList<>();
    pools.add(spec.target().controlPlane());
    pools.addAll(spec.target().workers());
    for (ClusterSpec.Pool pool : pools) {
      List<String> without =
          pool.types().stream()
              .filter(t -> zones.stream().noneMatch(z -> scenario.look().offered(t, z)))
              .toList();
      if (pool.count() == 0 || without.isEmpty()) {
        continue;
      }
      String where = String.join(", ", without) + " in " + String.join(", ", zones);
      boolean none = without.size() == pool.types().size();
      Problem problem =
          Problem.of(
                  ProblemCode.CLOUD_NOT_OFFERED,
                  none
                      ? "pool " + pool.name() + ": no type of it is offered where the file wants it"
                      : "pool " + pool.name() + ": types are left out, the next one is taken")
              .fact(CAUSE, where)
              .fact(DO, "name another type or other zones");
      findings.add(new Finding(none, problem));
    }
    return findings;
  }

  /// Networks of others that the cluster's own overlaps.
  public List<Finding> overlaps() {
    String ours = spec.target().network().cidr();
    List<String> others =
        scenario.look().networks().stream().filter(n -> ours != null && overlap(n, ours)).toList();
    return others.isEmpty()
        ? List.of()
        : List.of(
            new Finding(
                false,
                Problem.of(
                        ProblemCode.CLOUD_OVERLAP,
                        "target.network.cidr " + ours + " overlaps networks of the account")
                    .fact(CAUSE, String.join(", ", others))
                    .fact(DO, "nothing, unless these networks shall be connected")));
  }

  private static boolean overlap(String one, String other) {
    Optional<Cidr> a = Cidr.parse(one);
    Optional<Cidr> b = Cidr.parse(other);
    return a.isPresent() && b.isPresent() && a.get().overlaps(b.get());
  }

  /// A quota that what is used and what is needed go beyond.
  public List<Finding> quota(String what, long used, long needed, long limit) {
    return used + needed <= limit
        ? List.of()
        : List.of(
            stops(
                ProblemCode.CLOUD_QUOTA,
                "quota: " + what + " are too few",
                limit + " allowed, " + used + " used, " + needed + " needed",
                "raise the quota, or ask for less"));
  }

  /// A hosted zone that the scenario takes away.
  public List<Finding> zone(String zone) {
    return scenario.look().missingZones().contains(zone)
        ? List.of(
            stops(
                ProblemCode.DNS_ZONE_MISSING,
                "dns.zone: there is no public zone " + zone,
                "the account lists none of this name",
                "make the zone, or name another"))
        : List.of();
  }

  private static Finding stops(ProblemCode code, String what, String cause, String help) {
    return new Finding(true, Problem.of(code, what).fact(CAUSE, cause).fact(DO, help));
  }
}
