package io.sskuba.delete;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.apply.Ports;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Platform.Remnant;
import io.sskuba.io.Json;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.Phase;
import io.sskuba.run.PhaseContext;
import io.sskuba.run.RunEvent;
import io.sskuba.secret.ReceiptSigner;
import io.sskuba.state.ClusterRecord;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Signs and keeps the receipt, and then, if nothing stayed, removes the cluster's state.
/// - Idempotent: a delete that is run again after a kill writes a receipt of its own; the state
///   goes last.
/// - Errors: `LEFTOVERS` (exit 8) when something stayed; the receipt is kept all the same.
public final class WriteReceipt implements Phase<Doomed.Swept, Deleted> {
  private final Ports ports;
  private final ReceiptSigner signer;

  WriteReceipt(Ports ports, ReceiptSigner signer) {
    this.ports = ports;
    this.signer = signer;
  }

  @Override
  public Deleted run(Doomed.Swept swept, PhaseContext context) {
    ClusterRecord record = swept.doomed().record();
    List<Remnant> left = swept.remnants().stream().filter(r -> !r.gone()).toList();
    ObjectNode receipt = signer.sign(receipt(swept, context.time().now()));
    String text = Json.pretty(receipt);
    String place = ports.store().putReceipt(record.key(), record.clusterId(), text);
    if (!left.isEmpty()) {
      throw leftovers(record, left, place, swept.doomed());
    }
    ports.store().remove(record.key());
    context.log("receipt " + place);
    return new Deleted(text, place);
  }

  private static SskubaException leftovers(
      ClusterRecord record, List<Remnant> left, String place, Doomed doomed) {
    Problem problem =
        Problem.of(
                ProblemCode.LEFTOVERS,
                left.size()
                    + " things of "
                    + record.shown()
                    + " are still there after "
                    + io.sskuba.spec.Durations.format(doomed.deadline().limit()))
            .fact("receipt", place);
    for (Remnant remnant : left) {
      problem = problem.exists(remnant.kind() + " " + remnant.name() + ": " + remnant.observed());
    }
    return new SskubaException(problem.next(again(record)));
  }

  private static String again(ClusterRecord record) {
    return record.clusterId().equals(Platform.ANY_ID)
        ? "sskuba-ctl delete --by-tag " + record.fqdn() + " --target " + record.target()
        : "sskuba-ctl delete " + record.shown() + " --yes";
  }

  private ObjectNode receipt(Doomed.Swept swept, Instant now) {
    ClusterRecord record = swept.doomed().record();
    Map<String, String> born = births(record);
    ObjectNode json = Json.object();
    json.put("apiVersion", "sskuba.io/v1alpha1").put("kind", "Receipt");
    json.put("cluster", record.shown()).put("clusterId", record.clusterId());
    json.put("fqdn", record.fqdn()).put("target", record.target());
    json.put("startedAt", RunEvent.rfc3339(swept.doomed().startedAt()));
    json.put("finishedAt", RunEvent.rfc3339(now));
    ArrayNode resources = json.putArray("resources");
    ArrayNode leftovers = Json.MAPPER.createArrayNode();
    for (Remnant remnant : swept.remnants()) {
      ObjectNode entry = Json.object();
      entry.put("kind", remnant.kind()).put("id", remnant.id()).put("name", remnant.name());
      entry.put(
          "createdAt", born.getOrDefault(remnant.name(), RunEvent.rfc3339(record.createdAt())));
      if (remnant.gone()) {
        entry.put("goneAt", RunEvent.rfc3339(now));
      }
      entry
          .putObject("proof")
          .put("method", remnant.method())
          .put("observed", remnant.observed())
          .put("at", RunEvent.rfc3339(now));
      (remnant.gone() ? resources : leftovers).add(entry);
    }
    json.putArray("kept");
    ArrayNode corrupt = json.putArray("corrupt");
    for (Doomed.Corrupt file : swept.doomed().corrupt()) {
      corrupt
          .addObject()
          .put("file", file.file())
          .put("cause", file.cause())
          .put("kept", file.kept());
    }
    json.set("leftovers", leftovers);
    return json;
  }

  /// When each resource was first made, from the events of all runs.
  private Map<String, String> births(ClusterRecord record) {
    Map<String, String> born = new HashMap<>();
    for (String line : ports.store().events(record.key())) {
      try {
        RunEvent event = RunEvent.fromJson(Json.parse(line));
        if (event.kind() == RunEvent.Kind.RESOURCE
            && event.resource() != null
            && event.message().equals("create done")) {
          String name = event.resource().substring(event.resource().indexOf("::") + 2);
          born.putIfAbsent(name, RunEvent.rfc3339(event.time()));
        }
      } catch (UncheckedIOException e) {
        // A torn last line of a killed run says nothing about births.
      }
    }
    return born;
  }
}
