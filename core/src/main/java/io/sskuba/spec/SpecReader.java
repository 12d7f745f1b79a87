package io.sskuba.spec;

import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/// Reads a cluster file: one YAML 1.2 (core schema) or JSON document.
///
/// No network, no toolchain, no secret resolved; patches and the files that the cluster file names
/// are looked at.
/// - Limits: 1 MiB, 100 aliases, 50 levels, 100 issues; see [SpecSource] and [Issues].
/// - Idempotent: yes, the same bytes and files give the same spec or the same issues.
/// - Source: contract, section 1.
public final class SpecReader {
  private SpecReader() {}

  /// The spec.
  /// - Errors: [SskubaException] with `SPEC_UNREADABLE` or `SPEC_INVALID`; each issue is a fact
  ///   labelled `at`.
  ///
  /// @param fileName as the user named it; messages begin with it
  /// @param baseFolder what relative paths in the file are relative to
  /// @param rehearsal whether the cluster is rehearsed: it decides the default of `lifetime.ttl`
  public static ClusterSpec read(
      byte[] bytes, String fileName, Path baseFolder, boolean rehearsal) {
    return read(bytes, fileName, baseFolder, rehearsal, null);
  }

  /// The spec of a cluster that exists: what the file does not say is as `recorded` has it, not as
  /// this release would have it.
  public static ClusterSpec read(
      byte[] bytes,
      String fileName,
      Path baseFolder,
      boolean rehearsal,
      @Nullable ClusterSpec recorded) {
    SpecResult result = check(bytes, fileName, baseFolder, rehearsal, recorded);
    ClusterSpec spec = result.spec();
    if (spec == null) {
      throw new SskubaException(problem(result, fileName));
    }
    return spec;
  }

  /// The spec or all that is wrong with it, as a value.
  public static SpecResult check(
      byte[] bytes, String fileName, Path baseFolder, boolean rehearsal) {
    return check(bytes, fileName, baseFolder, rehearsal, null);
  }

  private static SpecResult check(
      byte[] bytes,
      String fileName,
      Path baseFolder,
      boolean rehearsal,
      @Nullable ClusterSpec before) {
    Issues issues = new Issues(fileName);
    Node node = SpecSource.read(bytes, issues);
    if (node == null) {
      return new SpecResult(null, issues.sorted(), false);
    }
    SpecWalker walker =
        new SpecWalker(
            issues, new PatchReader(issues, baseFolder), new SecretReader(issues, baseFolder));
    Section root = walker.read(node);
    Recorded recorded = before == null ? Recorded.NONE : new Recorded(before);
    new SpecRules(root, issues, baseFolder, recorded).check();
    if (!issues.isEmpty()) {
      return new SpecResult(null, issues.sorted(), true);
    }
    ClusterSpec spec = new SpecBuilder(root, baseFolder, rehearsal, recorded).build();
    return new SpecResult(spec, List.of(), true);
  }

  /// The problem that a result with issues is.
  public static Problem problem(SpecResult result, String fileName) {
    int count = result.issues().size();
    Problem problem =
        result.readable()
            ? Problem.of(
                ProblemCode.SPEC_INVALID,
                fileName
                    + " is not a valid cluster file: "
                    + count
                    + (count == 1 ? " problem" : " problems"))
            : Problem.of(ProblemCode.SPEC_UNREADABLE, fileName + " cannot be read");
    for (SpecIssue issue : result.issues()) {
      problem = problem.fact("at", issue.render());
    }
    return problem.next("sskuba-ctl validate -f " + fileName);
  }
}
