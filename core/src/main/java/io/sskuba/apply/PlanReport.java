package io.sskuba.apply;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.Drift;
import io.sskuba.infra.Infrastructure.Changes;
import io.sskuba.infra.Infrastructure.Step;
import io.sskuba.io.Json;
import io.sskuba.spec.SpecDiff;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What `apply` would do (contract, section 4).
///
/// @param record changes to the record alone: lifetime, owner, labels, sealing
/// @param machines name, role and digest of the configuration that it has, null where there is none
///   yet
/// @param outlook how long it takes, what there is afterwards
public record PlanReport(
    String name,
    Changes infrastructure,
    List<SpecDiff.Change> record,
    List<Machine> machines,
    Outlook outlook) {
  public PlanReport {
    record = List.copyOf(record);
    machines = List.copyOf(machines);
  }

  public record Machine(String name, String role, @Nullable String configDigest) {}

  /// Whether `apply` would do something, or something was changed behind our back.
  public boolean changes() {
    return !infrastructure.isEmpty() || !record.isEmpty() || !infrastructure.drift().isEmpty();
  }

  public String json() {
    ObjectNode json = Json.object().put("apiVersion", "sskuba.io/v1alpha1").put("kind", "Plan");
    json.put("name", name);
    into(json);
    return Json.pretty(json);
  }

  /// Everything but the name.
  void into(ObjectNode json) {
    json.putObject("changes")
        .put("create", infrastructure.create())
        .put("update", infrastructure.update())
        .put("replace", infrastructure.replace())
        .put("delete", infrastructure.delete())
        .put("same", infrastructure.same());
    ArrayNode resources = json.putArray("resources");
    for (Step step : infrastructure.steps()) {
      ObjectNode entry = resources.addObject();
      entry.put("op", step.op()).put("type", step.type()).put("name", step.name());
      entry.set("inputs", Json.MAPPER.valueToTree(step.inputs()));
      step.diff().forEach(entry.putArray("diff")::add);
    }
    ArrayNode drifted = json.putArray("drift");
    for (Drift drift : infrastructure.drift()) {
      ObjectNode entry = drifted.addObject().put("kind", drift.kind().word());
      entry.put("type", drift.type()).put("name", drift.name());
      if (drift.kind() == Drift.Kind.CHANGED) {
        entry.put("path", drift.path());
        entry.set("was", Json.MAPPER.valueToTree(drift.was()));
        entry.set("now", Json.MAPPER.valueToTree(drift.now()));
      }
      entry.put("happened", drift.happened());
    }
    ArrayNode settings = json.putArray("record");
    for (SpecDiff.Change change : record) {
      settings
          .addObject()
          .put("path", change.path())
          .put("from", change.oldValue())
          .put("to", change.newValue());
    }
    ArrayNode list = json.putArray("machines");
    for (Machine machine : machines) {
      list.addObject()
          .put("name", machine.name())
          .put("role", machine.role())
          .put("configDigest", machine.configDigest());
    }
    outlook.into(json);
  }

  public String text() {
    if (!changes()) {
      return name
          + ": nothing to change; "
          + infrastructure.same()
          + " resources are as the file says\n"
          + outlook.text();
    }
    StringBuilder text = new StringBuilder();
    for (Drift drift : infrastructure.drift()) {
      text.append("DRIFT ")
          .append(drift.type())
          .append("  ")
          .append(drift.name())
          .append("  ")
          .append(drift.happened())
          .append('\n');
    }
    for (Step step : infrastructure.steps()) {
      String sign =
          switch (step.op()) {
            case "create" -> "+";
            case "delete" -> "-";
            case "update" -> "~";
            case "same", "refresh" -> "";
            default -> "!";
          };
      if (!sign.isEmpty()) {
        text.append(sign).append(' ').append(step.type()).append("  ").append(step.name());
        text.append(step.diff().isEmpty() ? "" : "  (" + String.join(", ", step.diff()) + ")")
            .append('\n');
      }
    }
    for (SpecDiff.Change change : record) {
      text.append("~ ")
          .append(change.path())
          .append("  ")
          .append(change.oldValue())
          .append(" -> ")
          .append(change.newValue())
          .append('\n');
    }
    return text.append(name)
        .append(": ")
        .append(infrastructure.create())
        .append(" to create, ")
        .append(infrastructure.update())
        .append(" to update, ")
        .append(infrastructure.replace())
        .append(" to replace, ")
        .append(infrastructure.delete())
        .append(" to delete, ")
        .append(infrastructure.same())
        .append(" unchanged")
        .append(drifted())
        .append('\n')
        .append(outlook.text())
        .toString();
  }

  private String drifted() {
    long resources = infrastructure.drift().stream().map(Drift::resource).distinct().count();
    return resources == 0 ? "" : "; " + resources + " changed behind our back";
  }
}
