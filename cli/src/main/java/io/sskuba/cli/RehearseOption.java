package io.sskuba.cli;

import io.sskuba.io.TimeSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.rehearsal.cloud.RehearsedPlatform;
import io.sskuba.rehearsal.cloud.Scenario;
import io.sskuba.spec.Nearest;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Option;

/// `--rehearse`, and what a rehearsal is given (contract, section 2).
final class RehearseOption {
  private static final Set<String> KEYS =
      Set.of("git", "dns", "vault", "teleport", "images", "logs", "scenario", "latency");

  /// The modelled clouds at ten times their pace are of no use.
  private static final double LATENCY_MAX = 10;

  private final Session session;

  RehearseOption(Session session) {
    this.session = session;
  }

  @Option(
      names = "--rehearse",
      description = "Run it all against simulated infrastructure; nothing outside is reached.")
  boolean rehearse;

  @Option(
      names = "--rehearse-with",
      paramLabel = "KEY=VALUE",
      split = ",",
      description = {
        "scenario=FILE: faults, quotas, throttling. latency=F: clouds take F x the modelled time.",
        "dns=HOST:PORT, vault=URL, … name loopback services; git=FOLDER|URL a repository."
      })
  List<String> with = new ArrayList<>();

  /// Tells the session what its rehearsals are given. Errors: `USAGE`.
  void settle() {
    if (rehearse) {
      session.onlyThisMachine();
    }
    if (with.isEmpty()) {
      return;
    }
    if (!rehearse) {
      throw SskubaException.of(ProblemCode.USAGE, "--rehearse-with needs --rehearse");
    }
    Scenario scenario = Scenario.NONE;
    double latency = 0;
    for (String item : with) {
      int equals = item.indexOf('=');
      String key = equals < 0 ? item : item.substring(0, equals);
      String value = equals < 0 ? "" : item.substring(equals + 1);
      if (!KEYS.contains(key) || value.isEmpty()) {
        String near = Nearest.of(key, KEYS);
        throw SskubaException.of(
            ProblemCode.USAGE,
            "--rehearse-with takes KEY=VALUE, not "
                + item
                + (near == null || near.equals(key) ? "" : "; did you mean " + near + "?"));
      }
      switch (key) {
        case "scenario" -> scenario = Scenario.read(file(value));
        case "latency" -> latency = factor(value);
        case "git" -> {
          if (value.contains("://") && !value.startsWith("file://")) {
            loopback(key, value);
          }
        }
        case "dns" -> {
          if (!Loopback.isHostPort(value)) {
            throw elsewhere(key, value);
          }
          session.rehearsedDns(value);
        }
        default -> loopback(key, value);
      }
    }
    session.rehearsal(new RehearsedPlatform.Options(scenario, latency, TimeSource.system().now()));
  }

  private Path file(String value) {
    return session.environment().workingFolder().resolve(value);
  }

  private static double factor(String value) {
    try {
      double factor = Double.parseDouble(value);
      if (factor >= 0 && factor <= LATENCY_MAX) {
        return factor;
      }
    } catch (NumberFormatException e) {
      // Told below, as any other text that is no factor.
    }
    throw SskubaException.of(ProblemCode.USAGE, "latency is a factor from 0 to 10, not " + value);
  }

  /// A rehearsal reaches nothing outside this machine: any other address is refused. Names are not
  /// looked up, but for `localhost`.
  private static void loopback(String key, String value) {
    String host = value;
    if (value.contains("://")) {
      host = String.valueOf(URI.create(value).getHost());
    } else if (value.lastIndexOf(':') > 0) {
      host = value.substring(0, value.lastIndexOf(':'));
    }
    if (Loopback.isHost(host)) {
      return;
    }
    throw elsewhere(key, value);
  }

  private static SskubaException elsewhere(String key, String value) {
    return new SskubaException(
        Problem.of(ProblemCode.USAGE, "a rehearsal reaches only this machine: " + key + "=" + value)
            .fact("expected", "a loopback address, such as 127.0.0.1:5353"));
  }
}
