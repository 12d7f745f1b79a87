package io.sskuba.problem;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One failure as the user sees it, in text and in JSON.
///
/// @param code stable code
/// @param summary one line: what failed, on what, within which limit
/// @param facts aligned `label value` lines, for example `observed`, `cause`, `phase`
/// @param exists what is still there after the failure; empty where nothing was made
/// @param next one to three complete commands that work
/// @param run the id of the run, or null outside a run
public record Problem(
    ProblemCode code,
    String summary,
    List<Fact> facts,
    List<String> exists,
    List<String> next,
    @Nullable String run) {

  public Problem {
    facts = List.copyOf(facts);
    exists = List.copyOf(exists);
    next = List.copyOf(next);
  }

  /// A labelled detail. Labels are single lower-case words.
  public record Fact(String label, String value) {}

  public static Problem of(ProblemCode code, String summary) {
    return new Problem(code, summary, List.of(), List.of(), List.of(), null);
  }

  public Problem fact(String label, String value) {
    List<Fact> more = new ArrayList<>(facts);
    more.add(new Fact(label, value));
    return new Problem(code, summary, more, exists, next, run);
  }

  public Problem exists(String what) {
    List<String> more = new ArrayList<>(exists);
    more.add(what);
    return new Problem(code, summary, facts, more, next, run);
  }

  public Problem next(String command) {
    List<String> more = new ArrayList<>(next);
    more.add(command);
    return new Problem(code, summary, facts, exists, more, run);
  }

  public Problem run(String id) {
    return new Problem(code, summary, facts, exists, next, id);
  }
}
