package io.sskuba.rehearsal.cloud;

import io.sskuba.io.Yaml;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.Durations;
import io.sskuba.spec.Nearest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What makes a simulated cloud hard in one rehearsal, from a file:
///
///     apiVersion: sskuba.io/v1alpha1
///     kind: Scenario
///     seed: 7
///     consistency: 2s                    # how long a new thing cannot be seen
///     throttle: 0.2                      # share of calls that are turned away once
///     quotas: {vcpus: 16}                # names are the model's; see docs/rehearsals.md
///     capacity:                          # what cannot be had, where
///       - {type: g6.2xlarge, zone: ap-southeast-2a}
///     faults:                            # on a call
///       - {on: create, type: "aws:ec2/instance:Instance", name: "*-gpu-1", fault: denied, after: 6, times: 1}
///     machines:                          # of a machine
///       - {name: "*-general-1", fault: neverBoots}
///     unhealthy: [6443]                  # ports whose targets never become healthy
///     account:                           # what a look shows before anything is made
///       unoffered: [{type: g6.2xlarge, zone: ap-southeast-2a}]
///       missingImages: [amd64-nvidia]
///       missingZones: [data.example.org] # hosted zones
///       networks: [10.20.0.0/16]         # of others
///       credentials: 20m                 # how long they last
///
/// - Limits: 64 KiB.
/// - Errors: `USAGE` naming the key and the nearest known one.
///
/// @param throttle share of calls, 0 to 0.9
public record Scenario(
    long seed,
    Duration consistency,
    double throttle,
    Map<String, Long> quotas,
    List<Shortage> shortages,
    List<Fault> faults,
    List<MachineFault> machines,
    List<Integer> unhealthyPorts,
    Look look) {
  public static final Scenario NONE =
      new Scenario(1, Duration.ZERO, 0, Map.of(), List.of(), List.of(), List.of(), List.of());

  private static final int BYTES_MAX = 64 * 1024;

  public Scenario {
    quotas = Map.copyOf(quotas);
    shortages = List.copyOf(shortages);
    faults = List.copyOf(faults);
    machines = List.copyOf(machines);
    unhealthyPorts = List.copyOf(unhealthyPorts);
  }

  /// Without a look of its own.
  public Scenario(
      long seed,
      Duration consistency,
      double throttle,
      Map<String, Long> quotas,
      List<Shortage> shortages,
      List<Fault> faults,
      List<MachineFault> machines,
      List<Integer> unhealthyPorts) {
    this(
        seed,
        consistency,
        throttle,
        quotas,
        shortages,
        faults,
        machines,
        unhealthyPorts,
        Look.NONE);
  }

  /// What a look at the account shows before anything is made.
  ///
  /// @param missingImages image keys, such as `amd64-nvidia`
  /// @param missingZones hosted zones by name
  /// @param networks address ranges that others use in the account
  /// @param credentials how long they last; null: for ever
  public record Look(
      List<Shortage> unoffered,
      List<String> missingImages,
      List<String> missingZones,
      List<String> networks,
      @Nullable Duration credentials) {
    public static final Look NONE = new Look(List.of(), List.of(), List.of(), List.of(), null);

    public Look {
      unoffered = List.copyOf(unoffered);
      missingImages = List.copyOf(missingImages);
      missingZones = List.copyOf(missingZones);
      networks = List.copyOf(networks);
    }

    /// Whether a type is offered in a zone.
    public boolean offered(String type, String zone) {
      return unoffered.stream()
          .noneMatch(s -> like(s.type(), type) && (s.zone().isEmpty() || s.zone().equals(zone)));
    }
  }

  /// @param zone empty: in every zone
  public record Shortage(String type, String zone) {}

  /// @param on `create`, `update`, `read`, `delete` or `*`
  /// @param type and `name`: patterns in which `*` stands for anything
  /// @param fault one of [#CALLS]
  /// @param after matching calls that go well before
  /// @param times how often it strikes; 0: always
  public record Fault(String on, String type, String name, String fault, long after, long times) {
    boolean concerns(String operation, String ofType, String named) {
      return (on.equals("*") || on.equals(operation)) && like(type, ofType) && like(name, named);
    }
  }

  /// What can be wrong with a call: no permission, a lost answer to a request that took effect,
  /// credentials that ran out, the service being away, no answer at all.
  static final Set<String> CALLS =
      Set.of("denied", "lostAnswer", "expired", "unavailable", "hangs", "quota");

  public record MachineFault(String name, Kind fault) {}

  /// What can be wrong with a machine.
  public enum Kind {
    NEVER_BOOTS("neverBoots"),
    WRONG_IMAGE("wrongImage"),
    SILENT("silent"),
    WRONG_FINGERPRINT("wrongFingerprint");

    private final String word;

    Kind(String word) {
      this.word = word;
    }

    public String word() {
      return word;
    }
  }

  /// Whether a type cannot be had in a zone.
  public boolean unavailable(String type, String zone) {
    return shortages.stream()
        .anyMatch(s -> like(s.type(), type) && (s.zone().isEmpty() || s.zone().equals(zone)));
  }

  /// The quota of this name, or the model's own.
  public long quota(String name, long otherwise) {
    return quotas.getOrDefault(name, otherwise);
  }

  Optional<Kind> machine(String name) {
    return machines.stream().filter(m -> like(m.name(), name)).map(MachineFault::fault).findFirst();
  }

  boolean unhealthy(int port) {
    return unhealthyPorts.contains(port);
  }

  static boolean like(String pattern, String text) {
    StringBuilder regex = new StringBuilder();
    for (String part : pattern.split("\\*", -1)) {
      regex.append(regex.isEmpty() ? "" : ".*").append(java.util.regex.Pattern.quote(part));
    }
    return text.matches(pattern.startsWith("*") ? ".*" + regex : regex.toString());
  }

  /// Reads a scenario file.
  public static Scenario read(Path file) {
    try {
      if (Files.size(file) > BYTES_MAX) {
        throw bad(file, "larger than 64 KiB");
      }
      Object document = Yaml.load(Files.readString(file));
      if (!(document instanceof Map<?, ?> map)) {
        throw bad(file, "not a mapping");
      }
      return of(file, strings(map));
    } catch (IOException | RuntimeException e) {
      if (e instanceof SskubaException known) {
        throw known;
      }
      throw bad(file, String.valueOf(e.getMessage()));
    }
  }

  private static Scenario of(Path file, Map<String, Object> map) {
    check(
        file,
        map,
        Set.of(
            "apiVersion",
            "kind",
            "seed",
            "consistency",
            "throttle",
            "quotas",
            "capacity",
            "faults",
            "machines",
            "unhealthy",
            "account"));
    if (!"Scenario".equals(map.get("kind"))) {
      throw bad(file, "kind is Scenario");
    }
    double throttle = map.get("throttle") instanceof Number n ? n.doubleValue() : 0;
    if (throttle < 0 || throttle > 0.9) {
      throw bad(file, "throttle is a share from 0 to 0.9");
    }
    Map<String, Long> quotas = new LinkedHashMap<>();
    if (map.get("quotas") instanceof Map<?, ?> given) {
      given.forEach((k, v) -> quotas.put(String.valueOf(k), number(file, "quotas." + k, v)));
    }
    List<Shortage> shortages = new ArrayList<>();
    for (Map<String, Object> item : items(file, map, "capacity", Set.of("type", "zone"))) {
      shortages.add(new Shortage(text(item, "type", "*"), text(item, "zone", "")));
    }
    List<Fault> faults = new ArrayList<>();
    Set<String> keys = Set.of("on", "type", "name", "fault", "after", "times");
    for (Map<String, Object> item : items(file, map, "faults", keys)) {
      faults.add(
          new Fault(
              known(file, text(item, "on", "*"), Set.of("*", "create", "update", "read", "delete")),
              text(item, "type", "*"),
              text(item, "name", "*"),
              known(file, text(item, "fault", ""), CALLS),
              number(file, "after", item.getOrDefault("after", 0)),
              number(file, "times", item.getOrDefault("times", 0))));
    }
    List<MachineFault> machines = new ArrayList<>();
    for (Map<String, Object> item : items(file, map, "machines", Set.of("name", "fault"))) {
      machines.add(new MachineFault(text(item, "name", "*"), kind(file, text(item, "fault", ""))));
    }
    List<Integer> unhealthy = new ArrayList<>();
    if (map.get("unhealthy") instanceof List<?> ports) {
      ports.forEach(p -> unhealthy.add((int) number(file, "unhealthy", p)));
    }
    return new Scenario(
        map.get("seed") instanceof Number n ? n.longValue() : 1,
        map.get("consistency") == null
            ? Duration.ZERO
            : Durations.parse(String.valueOf(map.get("consistency")))
                .orElseThrow(() -> bad(file, "consistency is a duration")),
        throttle,
        quotas,
        shortages,
        faults,
        machines,
        unhealthy,
        look(file, map));
  }

  private static Look look(Path file, Map<String, Object> map) {
    if (map.get("account") == null) {
      return Look.NONE;
    }
    if (!(map.get("account") instanceof Map<?, ?> given)) {
      throw bad(file, "account is a mapping");
    }
    Map<String, Object> look = strings(given);
    check(
        file,
        look,
        Set.of("unoffered", "missingImages", "missingZones", "networks", "credentials"));
    List<Shortage> unoffered = new ArrayList<>();
    for (Map<String, Object> item : items(file, look, "unoffered", Set.of("type", "zone"))) {
      unoffered.add(new Shortage(text(item, "type", "*"), text(item, "zone", "")));
    }
    Object lasts = look.get("credentials");
    return new Look(
        unoffered,
        texts(file, look, "missingImages"),
        texts(file, look, "missingZones"),
        texts(file, look, "networks"),
        lasts == null
            ? null
            : Durations.parse(String.valueOf(lasts))
                .orElseThrow(() -> bad(file, "account.credentials is a duration")));
  }

  private static List<String> texts(Path file, Map<String, Object> map, String key) {
    return switch (map.get(key)) {
      case null -> List.of();
      case List<?> list -> list.stream().map(String::valueOf).toList();
      default -> throw bad(file, "account." + key + " is a list");
    };
  }

  private static Kind kind(Path file, String word) {
    for (Kind kind : Kind.values()) {
      if (kind.word().equals(word)) {
        return kind;
      }
    }
    Set<String> words = Set.of("neverBoots", "wrongImage", "silent", "wrongFingerprint");
    known(file, word, words);
    throw bad(file, "unknown fault " + word);
  }

  private static List<Map<String, Object>> items(
      Path file, Map<String, Object> map, String key, Set<String> keys) {
    List<Map<String, Object>> out = new ArrayList<>();
    if (map.get(key) instanceof List<?> list) {
      for (Object item : list) {
        if (!(item instanceof Map<?, ?> one)) {
          throw bad(file, key + " is a list of mappings");
        }
        Map<String, Object> strings = strings(one);
        check(file, strings, keys);
        out.add(strings);
      }
    } else if (map.get(key) != null) {
      throw bad(file, key + " is a list");
    }
    return out;
  }

  private static void check(Path file, Map<String, Object> map, Set<String> keys) {
    map.keySet().forEach(key -> known(file, key, keys));
  }

  private static String known(Path file, String word, Set<String> words) {
    if (words.contains(word)) {
      return word;
    }
    @Nullable String near = Nearest.of(word, words);
    throw bad(file, "unknown word " + word + (near == null ? "" : "; did you mean " + near + "?"));
  }

  private static String text(Map<String, Object> map, String key, String otherwise) {
    Object value = map.get(key);
    return value == null ? otherwise : String.valueOf(value);
  }

  private static long number(Path file, String key, Object value) {
    if (value instanceof Number number && number.longValue() >= 0) {
      return number.longValue();
    }
    throw bad(file, key + " is a number from 0 on");
  }

  private static Map<String, Object> strings(Map<?, ?> map) {
    Map<String, Object> out = new LinkedHashMap<>();
    map.forEach((k, v) -> out.put(String.valueOf(k), v));
    return out;
  }

  private static SskubaException bad(Path file, String what) {
    return new SskubaException(
        Problem.of(ProblemCode.USAGE, "scenario " + file.getFileName() + ": " + what)
            .next("sskuba-ctl explain rehearsals"));
  }
}
