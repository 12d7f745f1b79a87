package io.sskuba.infra;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The engine that makes a plan real: one isolated stack a cluster. The implementation is
/// `infra.pulumi`.
///
/// All calls are idempotent by the engine's own state. Each takes a deadline; when it passes the
/// engine is stopped gracefully and a `SskubaException` of [io.sskuba.problem.ProblemKind#TIMEOUT]
/// says what was pending.
public interface Infrastructure extends AutoCloseable {

  /// Makes the stack if it is not there, and repairs what a killed run left: dead lock, pending
  /// operations.
  void open(Duration limit) throws InterruptedException;

  /// Takes into the state what exists and the state does not have: what a lost answer or a killed
  /// run made. A refresh follows, which reads each of them.
  ///
  /// @param found in the order in which a plan makes them: should they be destroyed as they are, it
  ///   goes the other way
  void adopt(List<Platform.Found> found, Duration limit) throws InterruptedException;

  /// What `up` would do, after a look at every resource of the state. Touches nothing.
  Changes preview(InfraPlan plan, Consumer<ResourceEvent> events, Duration limit)
      throws InterruptedException;

  /// Makes the stack equal to the plan. Returns the plan's outputs.
  Map<String, Object> up(InfraPlan plan, Consumer<ResourceEvent> events, Duration limit)
      throws InterruptedException;

  /// Reads every resource of the state again; what is gone leaves the state.
  void refresh(Consumer<ResourceEvent> events, Duration limit) throws InterruptedException;

  /// Removes every resource, then the stack itself. Nothing to remove is no error.
  void destroy(Consumer<ResourceEvent> events, Duration limit) throws InterruptedException;

  /// The resources in the state now; empty when there is no stack.
  List<StateResource> resources();

  /// Takes a state that nothing can read any more out of the engine's way, so that what it spoke of
  /// can be removed without it. Only for a delete.
  ///
  /// @return where it lies now; empty when the state can be read, or is not there
  Optional<Path> setAsideTorn();

  @Override
  void close();

  /// One step of the engine, as it happens.
  ///
  /// @param op `create`, `update`, `replace`, `delete`, `same`, `refresh`
  /// @param done false when it starts, true when it ended
  record ResourceEvent(
      String op, String type, String name, boolean done, @Nullable String message) {}

  record StateResource(
      String type, String name, @Nullable String id, Map<String, Object> outputs) {}

  /// @param steps what the engine would do
  /// @param drift what it found changed when it looked at the world first
  /// @param seen the resources of the state as that look left them, by type and name; a digest of
  ///   them says which world a preview was made against
  record Changes(
      int create,
      int update,
      int replace,
      int delete,
      int same,
      List<Step> steps,
      List<Drift> drift,
      List<StateResource> seen) {
    public Changes {
      steps = List.copyOf(steps);
      drift = List.copyOf(drift);
      seen = List.copyOf(seen);
    }

    /// Counts what the steps say.
    public static Changes of(List<Step> steps, List<Drift> drift, List<StateResource> seen) {
      int create = 0;
      int update = 0;
      int replace = 0;
      int delete = 0;
      int same = 0;
      for (Step step : steps) {
        switch (step.op()) {
          case "create" -> create++;
          case "update" -> update++;
          case "replace" -> replace++;
          case "delete" -> delete++;
          default -> same++;
        }
      }
      return new Changes(create, update, replace, delete, same, steps, drift, seen);
    }

    /// Whether the engine would do nothing; the world may have drifted all the same.
    public boolean isEmpty() {
      return create + update + replace + delete == 0;
    }
  }

  /// @param diff names of the input properties that differ
  record Step(String op, String type, String name, Map<String, Object> inputs, List<String> diff) {
    /// The same resource, another operation.
    public Step with(String otherOp) {
      return new Step(otherOp, type, name, inputs, diff);
    }
  }
}
