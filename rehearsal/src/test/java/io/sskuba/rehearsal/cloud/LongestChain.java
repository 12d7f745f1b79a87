package io.sskuba.rehearsal.cloud;

import io.sskuba.io.Json;
import io.sskuba.run.RunEvent;
import io.sskuba.status.Timeline;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/// The longest chain of waits that no program can avoid, from a printed Pulumi program and the
/// files of the latency model alone: nothing of the product that plans, runs or measures is used.
///
/// A resource begins when all that it refers to or depends on is made, and in a deletion when all
/// that needs it is gone. A machine then boots; a load balancer passes traffic on when it is made,
/// the first machine has answered, and the health checks after that have passed.
final class LongestChain {
  private static final Pattern REFERENCE = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_-]*)");
  private static final double OTHERWISE = 1;

  private final Map<String, String> types = new LinkedHashMap<>();
  private final Map<String, Set<String>> needs = new LinkedHashMap<>();
  private final Map<String, Double> model;

  /// @param seconds of the whole chain
  /// @param names its steps, first to last
  record Chain(double seconds, List<String> names) {}

  /// @param program as `plan -o yaml` prints it
  /// @param model `TYPE OPERATION` to seconds
  LongestChain(String program, Map<String, Double> model) {
    this.model = Map.copyOf(model);
    Object document = new Load(LoadSettings.builder().build()).loadFromString(program);
    Map<?, ?> resources = (Map<?, ?>) ((Map<?, ?>) document).get("resources");
    resources.forEach(
        (key, value) -> types.put(key.toString(), ((Map<?, ?>) value).get("type").toString()));
    resources.forEach(
        (key, value) -> {
          Set<String> names = new HashSet<>();
          references(value, names);
          names.retainAll(types.keySet());
          needs.put(key.toString(), names);
        });
  }

  private static void references(Object value, Set<String> into) {
    switch (value) {
      case String text -> {
        Matcher matcher = REFERENCE.matcher(text.replace("$$", ""));
        while (matcher.find()) {
          into.add(matcher.group(1));
        }
      }
      case Map<?, ?> map -> map.values().forEach(item -> references(item, into));
      case List<?> list -> list.forEach(item -> references(item, into));
      case null, default -> {}
    }
  }

  /// Reads every `.tsv` of a folder.
  static Map<String, Double> model(Path folder) throws Exception {
    Map<String, Double> lines = new HashMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".tsv")).toList()) {
        for (String line : Files.readAllLines(file)) {
          if (!line.isBlank() && !line.startsWith("#")) {
            String[] parts = line.split("\t", -1);
            lines.put(parts[0] + " " + parts[1], Double.parseDouble(parts[2]));
          }
        }
      }
    }
    return lines;
  }

  private double takes(String resource, String operation) {
    return model.getOrDefault(types.get(resource) + " " + operation, OTHERWISE);
  }

  private double after(String resource, String what) {
    return model.getOrDefault(types.get(resource) + " " + what, 0.0);
  }

  Chain create() {
    Map<String, Chain> made = chains("create", needs);
    Chain longest = longest(made.values().stream());
    Chain answers = null;
    for (String resource : types.keySet()) {
      if (after(resource, "boot") > 0) {
        Chain up = then(made.get(resource), after(resource, "boot"), resource + " boots");
        longest = longer(longest, up);
        answers = answers == null || up.seconds() < answers.seconds() ? up : answers;
      }
    }
    for (String resource : types.keySet()) {
      double checks = after(resource, "healthy");
      if (checks > 0) {
        Chain from = answers == null ? made.get(resource) : longer(made.get(resource), answers);
        longest = longer(longest, then(from, checks, resource + " healthy"));
      }
    }
    return longest;
  }

  Chain delete() {
    Map<String, Set<String>> reversed = new LinkedHashMap<>();
    types.keySet().forEach(name -> reversed.put(name, new HashSet<>()));
    needs.forEach((name, others) -> others.forEach(other -> reversed.get(other).add(name)));
    return longest(chains("delete", reversed).values().stream());
  }

  private Map<String, Chain> chains(String operation, Map<String, Set<String>> before) {
    Map<String, Chain> known = new LinkedHashMap<>();
    for (String resource : types.keySet()) {
      chain(resource, operation, before, known, 0);
    }
    return known;
  }

  private Chain chain(
      String resource,
      String operation,
      Map<String, Set<String>> before,
      Map<String, Chain> known,
      int depth) {
    Chain there = known.get(resource);
    if (there != null) {
      return there;
    }
    if (depth > types.size()) {
      throw new IllegalArgumentException(resource + " needs itself");
    }
    Chain begin = new Chain(0, List.of());
    for (String other : before.get(resource)) {
      begin = longer(begin, chain(other, operation, before, known, depth + 1));
    }
    Chain end = then(begin, takes(resource, operation), resource);
    known.put(resource, end);
    return end;
  }

  private static Chain then(Chain chain, double seconds, String name) {
    List<String> names = new ArrayList<>(chain.names());
    names.add(name);
    return new Chain(chain.seconds() + seconds, names);
  }

  private static Chain longest(Stream<Chain> chains) {
    return chains.reduce(new Chain(0, List.of()), LongestChain::longer);
  }

  private static Chain longer(Chain a, Chain b) {
    return b.seconds() > a.seconds() ? b : a;
  }

  /// `create PROGRAM MODELS` or `delete PROGRAM MODELS` prints seconds and the chain; `timeline
  /// EVENTS` seconds of the critical path in a run's events, modelled waits at full length, and its
  /// phases: a deleted cluster has no `timeline` to ask.
  public static void main(String[] arguments) throws Exception {
    String text = Files.readString(Path.of(arguments[1]));
    if (arguments[0].equals("timeline")) {
      Timeline timeline =
          Timeline.of(text.lines().map(Json::parse).map(RunEvent::fromJson).toList());
      if (timeline == null) {
        throw new IllegalArgumentException("no events");
      }
      StringBuilder phases = new StringBuilder();
      for (Timeline.Span span : timeline.phases()) {
        if (span.criticalPath()) {
          phases.append(
              String.format(
                  Locale.ROOT, " %s %.1f", span.name(), (span.endMs() - span.startMs()) / 1000.0));
        }
      }
      System.out.printf(Locale.ROOT, "%.1f%s%n", timeline.criticalPathMs() / 1000.0, phases);
      return;
    }
    LongestChain chains = new LongestChain(text, model(Path.of(arguments[2])));
    Chain chain = arguments[0].equals("delete") ? chains.delete() : chains.create();
    System.out.printf(Locale.ROOT, "%.1f %s%n", chain.seconds(), String.join(" > ", chain.names()));
  }
}
