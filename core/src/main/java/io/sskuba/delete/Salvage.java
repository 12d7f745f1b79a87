package io.sskuba.delete;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.apply.ClusterFacts;
import io.sskuba.apply.Ports;
import io.sskuba.delete.Doomed.Corrupt;
import io.sskuba.infra.Platform;
import io.sskuba.io.Json;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.PhaseContext;
import io.sskuba.run.RunEvent;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecJson;
import io.sskuba.spec.SpecReader;
import io.sskuba.state.ClusterRecord;
import io.sskuba.state.StateStore.HeldLease;
import io.sskuba.wait.Deadline;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A cluster whose record cannot be read, or is gone, as far as the rest tells what it was: the
/// readable parts of the record, the platform's traces, the events.
///
/// The record itself stays as it is until everything else is gone; a copy is kept beside the
/// receipt. A record of a newer format is not salvaged: a newer release knows what it means.
final class Salvage {
  private static final long RECORD_MAX = 8L << 20;
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,63}");
  private static final String NO_ID = "unknown";

  /// What the types of resources begin with, and the target whose plans have them.
  private static final Map<String, String> TARGETS =
      Map.of(
          "aws:", "aws",
          "azure-native:", "azure",
          "vsphere:", "vsphere",
          "f5bigip:", "vsphere",
          "docker:", "docker",
          "sskuba:metal", "metal");

  private final Ports ports;

  Salvage(Ports ports) {
    this.ports = ports;
  }

  /// @param why what was found wrong with the record
  Doomed of(DeleteRequest request, HeldLease lease, Problem why, PhaseContext context) {
    String key = request.key();
    Path file = ports.store().folder(key).resolve("record.json");
    Optional<byte[]> lies = ports.store().recordBytes(key);
    String text = text(lies.orElse(new byte[0]));
    JsonNode raw = raw(text);
    Platform platform =
        platform(
            field(raw, text, "target").or(() -> targetOfEvents(key)).orElse("local"),
            key.startsWith("rehearsal."));
    Platform.Traces traces = platform.traces(key);
    List<String> ids = new ArrayList<>(traces.clusterIds());
    ports.store().clusterIds(key).stream().filter(i -> !ids.contains(i)).forEach(ids::add);
    Optional<String> recorded = field(raw, text, "clusterId").filter(i -> ID.matcher(i).matches());
    String id = recorded.orElse(ids.isEmpty() ? NO_ID : ids.getFirst());
    ids.remove(id);
    ClusterSpec spec = spec(key, raw, traces);
    ClusterRecord record = record(key, id, field(raw, text, "fqdn"), spec, raw, context);
    List<Corrupt> corrupt = new ArrayList<>();
    String cause = cause(why);
    corrupt.add(
        new Corrupt(
            ports.store().recordPlace(key),
            cause,
            lies.isPresent() ? ports.store().preserve(key, id, file) : "there was none"));
    context.log(
        "the record of "
            + record.name()
            + " cannot be read ("
            + cause
            + "): going by what is left, cluster id "
            + id);
    return new Doomed(
        record,
        platform,
        ClusterFacts.of(record, spec),
        lease,
        Deadline.after(context.time(), request.deadline()),
        context.time().now(),
        List.of(),
        List.of(),
        corrupt,
        ids);
  }

  static String cause(Problem why) {
    return why.facts().stream()
        .filter(f -> f.label().equals("cause"))
        .map(Problem.Fact::value)
        .findFirst()
        .orElse(why.summary());
  }

  private Platform platform(String target, boolean rehearsal) {
    for (ClusterSpec.Provider provider : ClusterSpec.Provider.values()) {
      if (provider.word().equals(target)) {
        Optional<Platform> platform = ports.platforms().of(provider, rehearsal);
        if (platform.isPresent()) {
          return platform.get();
        }
        throw new SskubaException(
            Problem.of(
                ProblemCode.SPEC_UNSUPPORTED,
                "target " + target + " cannot be deleted by this release"));
      }
    }
    return platform("local", rehearsal);
  }

  private static String text(byte[] record) {
    return record.length > RECORD_MAX ? "" : new String(record, StandardCharsets.UTF_8);
  }

  /// The real target whose resources the events speak of.
  private Optional<String> targetOfEvents(String key) {
    if (key.startsWith("rehearsal.")) {
      return Optional.empty();
    }
    for (String line : ports.store().events(key)) {
      try {
        String type = Json.parse(line).path("resource").asText("");
        for (Map.Entry<String, String> known : TARGETS.entrySet()) {
          if (type.startsWith(known.getKey())) {
            return Optional.of(known.getValue());
          }
        }
      } catch (UncheckedIOException e) {
        // A torn line says nothing.
      }
    }
    return Optional.empty();
  }

  private static JsonNode raw(String text) {
    try {
      return Json.parse(text);
    } catch (UncheckedIOException e) {
      return MissingNode.getInstance();
    }
  }

  /// A field of the record, or what the torn text still says of it.
  private static Optional<String> field(JsonNode raw, String text, String name) {
    if (raw.isObject()) {
      return Optional.of(raw.path(name).asText("")).filter(v -> !v.isEmpty());
    }
    Matcher matcher =
        Pattern.compile("\"" + name + "\"\\s*:\\s*\"([^\"\\\\\\x00-\\x1f]{1,255})\"").matcher(text);
    return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  /// The recorded spec, or the smallest one: a delete needs no more of it than where the stack is.
  private static ClusterSpec spec(String key, JsonNode raw, Platform.Traces traces) {
    if (raw.path("spec") instanceof ObjectNode recorded) {
      try {
        return SpecJson.fromJson(recorded);
      } catch (RuntimeException e) {
        // It cannot be read either: the smallest one then.
      }
    }
    String name = key.replace("rehearsal.", "");
    String project = traces.projects().isEmpty() ? "sskuba" : traces.projects().getFirst();
    ObjectNode file = Json.object();
    file.put("apiVersion", "sskuba.io/v1alpha1").put("kind", "Cluster");
    file.putObject("metadata")
        .put("name", name)
        .put("domain", "unknown.invalid")
        .put("project", project);
    ObjectNode target = file.putObject("target").put("provider", "local");
    target.putObject("controlPlane").put("count", 1);
    target.putArray("workers");
    return SpecReader.read(
        Json.compact(file).getBytes(StandardCharsets.UTF_8), "record.json", Path.of("/"), false);
  }

  private ClusterRecord record(
      String key,
      String id,
      Optional<String> fqdn,
      ClusterSpec spec,
      JsonNode raw,
      PhaseContext context) {
    boolean rehearsal = key.startsWith("rehearsal.");
    return new ClusterRecord(
        ClusterRecord.FORMAT,
        key,
        id,
        key.replace("rehearsal.", "rehearsal/"),
        fqdn.orElse(spec.fqdn()),
        rehearsal,
        spec.target().provider().word(),
        "deleting",
        "mark-deleting",
        null,
        created(key, raw, context.time().now()),
        null,
        null,
        SpecJson.toJson(spec),
        raw.path("details") instanceof ObjectNode details ? details : Json.object(),
        null);
  }

  private Instant created(String key, JsonNode raw, Instant now) {
    List<String> candidates = new ArrayList<>(List.of(raw.path("createdAt").asText("")));
    for (String line : ports.store().events(key)) {
      candidates.add(RunEvent.rfc3339(RunEvent.fromJson(Json.parse(line)).time()));
      break;
    }
    for (String candidate : candidates) {
      try {
        return Instant.parse(candidate);
      } catch (DateTimeException e) {
        // The next one may be readable.
      }
    }
    return now;
  }
}
