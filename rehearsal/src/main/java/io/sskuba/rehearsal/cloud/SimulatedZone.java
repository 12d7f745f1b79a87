package io.sskuba.rehearsal.cloud;

import io.sskuba.dns.ClusterNames;
import io.sskuba.dns.ZoneWriter;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.rehearsal.account.Account;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.wait.Observation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A zone that is nowhere: names of rehearsals, in a simulated account of their own, shared by all
/// of them. No server answers with them.
public final class SimulatedZone implements ZoneWriter {
  static final String TYPE = "sskuba:dns:Names";

  private final Account account;
  private final TimeSource time;

  public SimulatedZone(Account account, TimeSource time) {
    this.account = account;
    this.time = time;
  }

  @Override
  public void check(ClusterNames names) {
    find(names).ifPresent(held -> refuseOthers(held, names));
  }

  @Override
  public void put(ClusterNames names) {
    change(
        view -> {
          view.find(names.fqdn()).ifPresent(held -> refuseOthers(held, names));
          view.put(
              new CloudResource(
                  names.fqdn(),
                  TYPE,
                  names.owner(),
                  names.fqdn(),
                  Map.of("leadsTo", target(names)),
                  Map.of(),
                  Map.of(),
                  time.now(),
                  null));
          return true;
        });
  }

  @Override
  public boolean remove(ClusterNames names) {
    return change(
        view -> {
          boolean ours = view.find(names.fqdn()).filter(r -> isOurs(r, names)).isPresent();
          if (ours) {
            view.remove(names.fqdn());
          }
          return ours;
        });
  }

  @Override
  public boolean owns(ClusterNames names) {
    return find(names).filter(r -> isOurs(r, names)).isPresent();
  }

  @Override
  public Observation<Integer> served(ClusterNames names) {
    return find(names)
            .filter(r -> isOurs(r, names) && target(names).equals(r.inputs().get("leadsTo")))
            .isPresent()
        ? Observation.met(1)
        : Observation.notYet("no such name in the simulated zone");
  }

  private Optional<CloudResource> find(ClusterNames names) {
    return change(view -> view.find(names.fqdn()));
  }

  private <T> T change(Account.Work<T, RuntimeException> work) {
    try {
      return account.change(work);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isOurs(CloudResource held, ClusterNames names) {
    return held.cluster().equals(names.owner());
  }

  private static void refuseOthers(CloudResource held, ClusterNames names) {
    if (!isOurs(held, names)) {
      throw new SskubaException(
          Problem.of(ProblemCode.DNS_NAME_TAKEN, "the name " + names.fqdn() + " is another's")
              .fact("owner", "cluster " + held.cluster())
              .fact("server", "a simulated zone")
              .exists("the name as it was; nothing was overwritten"));
    }
  }

  private static List<String> target(ClusterNames names) {
    return switch (names.target()) {
      case ClusterNames.Target.Alias alias -> List.of(alias.host());
      case ClusterNames.Target.Addresses a ->
          a.addresses().stream().map(java.net.InetAddress::getHostAddress).toList();
    };
  }
}
