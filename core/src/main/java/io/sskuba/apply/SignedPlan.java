package io.sskuba.apply;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.infra.Infrastructure.StateResource;
import io.sskuba.io.Json;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.secret.ReceiptSigner;
import io.sskuba.secret.Receipts;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecJson;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A plan as a file that somebody else can hold `apply` to: what was looked at, what would be done,
/// and who says so.
///
/// Form: docs/adr/0031. `publicKey`, `digest` and `signature` are those of receipts ([Receipts]).
/// It holds no secret: inputs as a reader may see them, references instead of values, digests of
/// machine configurations and of patches.
/// - Limits: [#BYTES_MAX].
/// - Errors: `PLAN_UNREADABLE`, `PLAN_TAMPERED`, `PLAN_SIGNER_UNKNOWN`.
public final class SignedPlan {
  /// 1,000 machines make some 4 MiB.
  public static final int BYTES_MAX = 16 << 20;

  public static final Duration VALID = Duration.ofHours(24);
  static final String KIND = "SignedPlan";
  private static final int FORMAT = 1;

  /// What a plan must have to be compared with the world.
  private static final Map<String, JsonNodeType> FIELDS =
      Map.ofEntries(
          Map.entry("name", JsonNodeType.STRING),
          Map.entry("target", JsonNodeType.STRING),
          Map.entry("rehearsal", JsonNodeType.BOOLEAN),
          Map.entry("createdAt", JsonNodeType.STRING),
          Map.entry("validUntil", JsonNodeType.STRING),
          Map.entry("file", JsonNodeType.OBJECT),
          Map.entry("resources", JsonNodeType.ARRAY),
          Map.entry("drift", JsonNodeType.ARRAY),
          Map.entry("machines", JsonNodeType.ARRAY),
          Map.entry("base", JsonNodeType.OBJECT),
          Map.entry("allotment", JsonNodeType.OBJECT),
          Map.entry("tools", JsonNodeType.OBJECT));

  private static final ObjectReader READER =
      Json.MAPPER
          .reader()
          .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .with(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

  private SignedPlan() {}

  /// The plan, signed.
  /// - Errors: `IDENTITY_MISSING` where nobody's lasting key can sign.
  ///
  /// @param version of this sskuba
  public static ObjectNode sign(
      Planned planned, String version, Instant now, Duration valid, ReceiptSigner signer) {
    ObjectNode plan = body(planned, version);
    plan.put("createdAt", now.toString()).put("validUntil", now.plus(valid).toString());
    if (signer.publicKey().isEmpty()) {
      throw new SskubaException(
          Problem.of(
                  ProblemCode.IDENTITY_MISSING,
                  "no identity opens the key that signs: a plan signed by no one holds nobody")
              .fact("cause", "neither an identity file nor SSKUBA_IDENTITY, or they do not fit"));
    }
    return signer.sign(PlanDifferences.plain(plan));
  }

  /// All but times and signature: what a fresh look is compared with.
  static ObjectNode body(Planned planned, String version) {
    ObjectNode plan = Json.object().put("apiVersion", "sskuba.io/v1alpha1").put("kind", KIND);
    plan.put("format", FORMAT);
    plan.put("name", planned.report().name());
    plan.put("fqdn", planned.spec().fqdn());
    plan.put("target", planned.spec().target().provider().word());
    plan.put("rehearsal", planned.rehearsal());
    plan.set("file", file(planned.spec()));
    planned.report().into(plan);
    plan.set("base", base(planned));
    plan.set("allotment", planned.allotment());
    ObjectNode tools = plan.putObject("tools").put("sskuba", version);
    new TreeMap<>(planned.tools()).forEach(tools::put);
    return plan;
  }

  /// The cluster file as it is meant, and its digest. A patch stands as its digest: nobody knows
  /// what its text holds.
  static ObjectNode file(ClusterSpec spec) {
    ObjectNode json = SpecJson.toJson(spec);
    patches(json.path("machineConfig"));
    patches(json.path("target").path("controlPlane"));
    json.path("target").path("workers").forEach(SignedPlan::patches);
    ObjectNode file = Json.object().put("digest", "sha256:" + Receipts.digest(json));
    file.set("spec", json);
    return file;
  }

  private static void patches(JsonNode holder) {
    for (JsonNode patch : holder.path("patches")) {
      ObjectNode node = (ObjectNode) patch;
      ObjectNode text = Json.object().put("yaml", node.path("yaml").asText());
      node.put("yaml", "sha256:" + Receipts.digest(text)).remove("source");
    }
  }

  /// The world that the steps were worked out against: each resource as the look left it, by its
  /// digest.
  private static ObjectNode base(Planned planned) {
    ObjectNode base = Json.object();
    base.put("clusterId", planned.record().map(r -> r.clusterId()).orElse(null));
    ArrayNode resources = base.putArray("resources");
    for (StateResource resource : planned.changes().seen()) {
      ObjectNode entry = resources.addObject();
      entry.put("type", resource.type()).put("name", resource.name()).put("id", resource.id());
      entry.put(
          "digest",
          "sha256:" + Receipts.digest(Json.MAPPER.<ObjectNode>valueToTree(resource.outputs())));
    }
    base.put("digest", "sha256:" + Receipts.digest(base));
    return base;
  }

  /// Reads a plan's bytes. Errors: `PLAN_UNREADABLE`, with the place where its JSON is broken.
  public static ObjectNode read(byte[] bytes, String fileName) {
    if (bytes.length > BYTES_MAX) {
      throw unreadable(fileName, "it is larger than " + (BYTES_MAX >> 20) + " MiB", null);
    }
    JsonNode node;
    try {
      node = READER.readTree(bytes);
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      String place = at == null ? "" : ":" + at.getLineNr() + ":" + at.getColumnNr();
      throw unreadable(fileName, fileName + place + ": " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw unreadable(fileName, String.valueOf(e.getMessage()), e);
    }
    if (!isPlan(node)) {
      throw unreadable(fileName, "it is JSON, but no signed plan", null);
    }
    ObjectNode plan = (ObjectNode) node;
    if (plan.path("format").asInt() > FORMAT) {
      throw unreadable(fileName, "a newer sskuba wrote it", null);
    }
    new TreeMap<>(FIELDS)
        .forEach(
            (name, type) -> {
              if (plan.path(name).getNodeType() != type) {
                throw unreadable(fileName, "its field " + name + " is missing or no " + type, null);
              }
            });
    try {
      Instant.parse(plan.path("createdAt").asText());
      Instant.parse(plan.path("validUntil").asText());
    } catch (DateTimeParseException e) {
      throw unreadable(fileName, "its times are no times: " + e.getParsedString(), e);
    }
    return plan;
  }

  /// Whether a document says that it is a signed plan.
  static boolean isPlan(@Nullable JsonNode node) {
    return node instanceof ObjectNode plan && KIND.equals(plan.path("kind").asText());
  }

  private static SskubaException unreadable(
      String fileName, String cause, @Nullable Throwable exception) {
    return new SskubaException(
        Problem.of(ProblemCode.PLAN_UNREADABLE, "the plan " + fileName + " cannot be read")
            .fact("cause", cause),
        exception);
  }

  /// Errors: `PLAN_TAMPERED` when something in it was changed after it was signed;
  /// `PLAN_SIGNER_UNKNOWN` naming the key when it is neither the user's nor one that was given.
  static void verify(ObjectNode plan, PlanDemand demand) {
    Receipts.Verdict verdict = Receipts.verify(plan);
    if (verdict != Receipts.Verdict.VALID) {
      throw new SskubaException(
          Problem.of(
                  ProblemCode.PLAN_TAMPERED,
                  "the plan " + demand.fileName() + " is not as it was signed")
              .fact(
                  "cause",
                  switch (verdict) {
                    case UNSIGNED -> "it has no publicKey, digest or signature of the right form";
                    case CHANGED -> "its digest does not fit what it says";
                    default -> "its signature is not that of its publicKey";
                  }));
    }
    String key = plan.path("publicKey").asText();
    if (demand.own().filter(key::equals).isPresent() || demand.trusted().contains(key)) {
      return;
    }
    Problem problem =
        Problem.of(
                ProblemCode.PLAN_SIGNER_UNKNOWN,
                "the plan " + demand.fileName() + " is signed by a key that you did not name")
            .fact("signer", Receipts.fingerprint(key))
            .fact("key", key)
            .fact(
                "yours",
                demand.own().map(Receipts::fingerprint).orElse("none: no identity is at hand"));
    for (String trusted : demand.trusted()) {
      problem = problem.fact("given", Receipts.fingerprint(trusted));
    }
    throw new SskubaException(problem);
  }

  /// One line for the user: whose key, until when.
  public static List<String> about(ObjectNode plan) {
    return List.of(
        "signed by " + Receipts.fingerprint(plan.path("publicKey").asText()),
        "valid until " + plan.path("validUntil").asText());
  }
}
