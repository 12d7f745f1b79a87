package io.sskuba.cli;

import io.sskuba.dns.NamePlace;
import io.sskuba.dns.UpdateServer;
import io.sskuba.dns.ZoneWriter;
import io.sskuba.dns.Zones;
import io.sskuba.io.Environment;
import io.sskuba.io.Places;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.rehearsal.account.Account;
import io.sskuba.rehearsal.cloud.SimulatedZone;
import io.sskuba.secret.Redactor;
import io.sskuba.secret.SecretResolver;
import io.sskuba.spec.ClusterSpec;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Zones that take updates by RFC 2136; in a rehearsal a loopback server that was named for it,
/// else a simulated zone.
///
/// @param rehearsed the loopback server that rehearsals are given
record ZoneServers(
    Environment environment,
    Places places,
    TimeSource time,
    Redactor redactor,
    Supplier<Optional<String>> rehearsed)
    implements Zones {

  @Override
  public Optional<NamePlace> place(ClusterSpec spec, boolean rehearsal) {
    ClusterSpec.Dns dns = spec.dns();
    if (dns == null || !dns.provider().equals("rfc2136")) {
      return Optional.empty();
    }
    String server =
        rehearsal ? rehearsed.get().orElse(NamePlace.SIMULATED) : String.valueOf(dns.server());
    String zone = dns.zone() == null ? spec.metadata().domain() : dns.zone();
    return Optional.of(new NamePlace(server, zone, rehearsal));
  }

  @Override
  public ZoneWriter open(NamePlace place, ClusterSpec.@Nullable Tsig key)
      throws InterruptedException {
    if (place.simulated()) {
      return new SimulatedZone(
          Account.at(places.localState().resolve("accounts").resolve("dns")), time);
    }
    if (place.rehearsed()) {
      // A record on a disk says it: the wall does not take its word.
      if (!Loopback.isHostPort(place.server())) {
        throw new SskubaException(
            Problem.of(
                    ProblemCode.DNS_UNREACHABLE,
                    "a rehearsal asks only DNS servers of this machine")
                .fact("server", place.server()));
      }
      return CloudModule.services()
          .zone(new UpdateServer(place.server(), place.zone(), null, true), time);
    }
    return CloudModule.services()
        .zone(new UpdateServer(place.server(), place.zone(), resolved(key)), time);
  }

  private UpdateServer.@Nullable TsigKey resolved(ClusterSpec.@Nullable Tsig key)
      throws InterruptedException {
    if (key == null) {
      return null;
    }
    SecretResolver resolver =
        new SecretResolver(environment, time, redactor, new LateSecrets(environment));
    return new UpdateServer.TsigKey(key.name(), key.algorithm(), resolver.resolve(key.secret()));
  }
}
