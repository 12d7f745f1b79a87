package io.sskuba.run;

import com.fasterxml.jackson.databind.JsonNode;

/// A phase that makes something. It is skipped on a rerun only if the journal holds its output for
/// the same input digest *and* what it made is still there.
public interface Mutation<I, O> extends Phase<I, O> {
  /// Digest of what decides the effect; secrets may go into it only through a hash.
  String digest(I input);

  /// The output as JSON for the journal. Holds no secret.
  JsonNode encode(O output);

  O decode(JsonNode journalled, I input);

  /// Whether the effect that the journal speaks of still exists. Looks; changes nothing.
  boolean stillThere(O output, I input, PhaseContext context) throws InterruptedException;
}
