package io.sskuba.state;

import io.sskuba.io.DiskFault;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/// The problems of a file store, worded once.
final class StoreProblems {
  private StoreProblems() {}

  static SskubaException unwritable(String what, Path file, IOException e) {
    return new SskubaException(
        Problem.of(ProblemCode.STATE_UNWRITABLE, what + ": " + reason(e))
            .fact("file", file.toString())
            .exists("the state as it was before; nothing was lost")
            .next("df -h " + quoted(file.resolveSibling(".")))
            .next("sskuba-ctl doctor"),
        e);
  }

  static Problem corruptProblem(Path file, String cause) {
    Problem problem =
        Problem.of(
                ProblemCode.STATE_CORRUPT,
                file.getFileName() + " of the state cannot be understood")
            .fact("file", file.toString())
            .fact("cause", cause)
            .exists("the file as it is; nothing was overwritten");
    Path folder = file.toAbsolutePath().getParent();
    Path clusters = folder == null ? null : folder.getParent();
    if (folder != null && clusters != null && clusters.endsWith("clusters")) {
      problem =
          problem.next(
              "sskuba-ctl delete "
                  + shown(folder.getFileName().toString())
                  + " --yes   (needs no record; the file is kept beside the receipt)");
    }
    return problem
        .next("cp " + quoted(file) + " " + quoted(file) + ".kept   (then restore it from a backup)")
        .next("sskuba-ctl explain " + ProblemCode.STATE_CORRUPT.id());
  }

  static SskubaException corrupt(Path file, String cause) {
    return new SskubaException(corruptProblem(file, cause));
  }

  static Problem newerProblem(Path file, int format, int ours) {
    return Problem.of(
            ProblemCode.STATE_NEWER, file.getFileName() + " was written by a newer sskuba")
        .fact("file", file.toString())
        .fact("format", "found " + format + ", known up to " + ours)
        .exists("the file as it is; nothing was touched")
        .next("sskuba-ctl version");
  }

  /// As [#corrupt], for what lies in no file of this machine.
  static SskubaException corruptAt(String place, String cause) {
    return new SskubaException(
        Problem.of(ProblemCode.STATE_CORRUPT, "a part of the state cannot be understood")
            .fact("place", place)
            .fact("cause", cause)
            .exists("it is as it was; nothing was overwritten")
            .next("sskuba-ctl explain " + ProblemCode.STATE_CORRUPT.id()));
  }

  static Problem newerAt(String place, int format, int ours) {
    return Problem.of(ProblemCode.STATE_NEWER, "a part of the state was written by a newer sskuba")
        .fact("place", place)
        .fact("format", "found " + format + ", known up to " + ours)
        .exists("it is as it was; nothing was touched")
        .next("sskuba-ctl version");
  }

  /// A conditional write that somebody else's came before.
  static SskubaException raced(String place) {
    return new SskubaException(
        Problem.of(ProblemCode.STATE_RACE, "another process changed the state at the same moment")
            .fact("place", place)
            .exists("what the other one wrote; nothing was overwritten")
            .next("sskuba-ctl list"));
  }

  static SskubaException taken(ClusterRecord record, ClusterRecord other, String what) {
    String shown = shown(other.key());
    return new SskubaException(
        Problem.of(
                ProblemCode.NAME_TAKEN,
                "the "
                    + what
                    + " "
                    + (what.equals("name") ? shown : record.fqdn())
                    + " is taken by another cluster")
            .fact("cluster", shown + " (" + other.fqdn() + ", " + other.state() + ")")
            .next("sskuba-ctl status " + shown));
  }

  static SskubaException held(String key, Lease lease, String when) {
    return new SskubaException(
        Problem.of(
                ProblemCode.LEASE_HELD,
                lease.holder()
                    + " on "
                    + lease.host()
                    + " (pid "
                    + lease.pid()
                    + ") works on "
                    + shown(key))
            .fact("run", lease.run())
            .fact("until", lease.until() + when)
            .next("sskuba-ctl status " + shown(key)));
  }

  static SskubaException badName(String what, String text) {
    return new SskubaException(
        Problem.of(ProblemCode.USAGE, "not the name of a " + what + ": " + printable(text))
            .next("sskuba-ctl list"));
  }

  static SskubaException unknown(String key) {
    return new SskubaException(
        Problem.of(ProblemCode.CLUSTER_UNKNOWN, "no cluster " + shown(key) + " in this state")
            .next("sskuba-ctl list"));
  }

  /// The name as commands take it: `rehearsal/NAME` for the key `rehearsal.NAME`.
  static String shown(String key) {
    return key.startsWith("rehearsal.") ? "rehearsal/" + key.substring("rehearsal.".length()) : key;
  }

  private static String reason(IOException e) {
    if (e instanceof FileSystemException f && f.getReason() != null) {
      return f.getReason();
    }
    return DiskFault.of(e).map(DiskFault::words).orElse(String.valueOf(e.getMessage()));
  }

  private static String printable(String text) {
    String shortened = text.length() > 80 ? text.substring(0, 80) + "…" : text;
    return shortened.replaceAll("[^\\x20-\\x7e…]", "?");
  }

  private static String quoted(Path path) {
    String text = String.valueOf(path);
    return text.matches("[A-Za-z0-9_./-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
  }
}
