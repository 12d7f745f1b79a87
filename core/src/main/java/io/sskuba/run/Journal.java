package io.sskuba.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.DiskFault;
import io.sskuba.io.Json;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.state.StateStore;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The write-ahead record of one cluster's runs: a line before each effect (`intent`), a line after
/// it (`done`).
///
/// Line: `{"phase","digest","kind":"intent|done","output","run"}`. The last `done` of a phase
/// counts.
public final class Journal {
  private final StateStore store;
  private final String key;
  private final Map<String, Entry> done = new HashMap<>();

  private record Entry(String digest, JsonNode output) {}

  private Journal(StateStore store, String key) {
    this.store = store;
    this.key = key;
  }

  /// Reads the journal. Errors: `STATE_CORRUPT`, with nothing overwritten.
  public static Journal open(StateStore store, String key) {
    Journal journal = new Journal(store, key);
    int number = 0;
    for (String line : store.journal(key)) {
      number++;
      try {
        JsonNode entry = Json.parse(line);
        if ("done".equals(entry.path("kind").asText())) {
          journal.done.put(
              entry.path("phase").asText(),
              new Entry(entry.path("digest").asText(), entry.path("output")));
        }
      } catch (UncheckedIOException e) {
        throw new SskubaException(
            Problem.of(ProblemCode.STATE_CORRUPT, "the journal of " + key + " cannot be read")
                .fact("line", String.valueOf(number))
                .next("sskuba-ctl delete " + key.replace("rehearsal.", "rehearsal/") + " --yes"),
            e);
      }
    }
    return journal;
  }

  /// What is wrong with the disk that it lies on.
  Optional<DiskFault> diskFault() {
    return store.diskFault();
  }

  Optional<JsonNode> output(String phase, String digest) {
    @Nullable Entry entry = done.get(phase);
    return entry != null && entry.digest.equals(digest)
        ? Optional.of(entry.output)
        : Optional.empty();
  }

  void intent(String phase, String digest, String run) {
    store.appendJournal(key, Json.compact(line("intent", phase, digest, run)));
  }

  void done(String phase, String digest, String run, JsonNode output) {
    ObjectNode line = line("done", phase, digest, run);
    line.set("output", output);
    store.appendJournal(key, Json.compact(line));
    done.put(phase, new Entry(digest, output));
  }

  private static ObjectNode line(String kind, String phase, String digest, String run) {
    return Json.object()
        .put("kind", kind)
        .put("phase", phase)
        .put("digest", digest)
        .put("run", run);
  }
}
