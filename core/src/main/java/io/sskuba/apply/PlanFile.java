package io.sskuba.apply;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.AtomicFiles;
import io.sskuba.io.Json;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/// Signed plans on the disk.
public final class PlanFile {
  private PlanFile() {}

  /// Writes a plan whole or not at all, mode 0600, over an earlier plan only.
  /// - Errors: `USAGE` when something that is no plan lies there, or it cannot be written.
  public static void write(Path file, ObjectNode plan) {
    refuseOthers(file);
    byte[] bytes = Json.pretty(plan).getBytes(StandardCharsets.UTF_8);
    if (bytes.length > SignedPlan.BYTES_MAX) {
      throw SskubaException.of(
          ProblemCode.USAGE, "this plan is larger than 16 MiB: it cannot be written as one file");
    }
    try {
      AtomicFiles.write(file, bytes);
    } catch (IOException e) {
      throw new SskubaException(
          Problem.of(ProblemCode.USAGE, "the plan cannot be written to " + file)
              .fact("cause", e.getClass().getSimpleName() + ": " + e.getMessage()),
          e);
    }
  }

  /// Errors: `USAGE`. Called before the work too, so that nobody waits for a plan in vain.
  public static void refuseOthers(Path file) {
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    String cause = "it is no plan";
    if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      try {
        if (SignedPlan.isPlan(Json.parse(bytes(file)))) {
          return;
        }
      } catch (IOException | UncheckedIOException e) {
        cause = "it is no plan: " + e.getClass().getSimpleName();
      }
    }
    throw new SskubaException(
        Problem.of(ProblemCode.USAGE, file + " is there, and is not overwritten")
            .fact("cause", cause)
            .exists(file + ", unchanged"));
  }

  /// The bytes of a plan file, one more than the limit at most. Errors: `USAGE` when it is not
  /// there.
  public static byte[] read(Path file, String fileName) {
    try {
      return bytes(file);
    } catch (IOException e) {
      throw new SskubaException(
          Problem.of(ProblemCode.USAGE, "cannot read the plan " + fileName)
              .fact("cause", e.getClass().getSimpleName() + ": " + e.getMessage()),
          e);
    }
  }

  private static byte[] bytes(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(SignedPlan.BYTES_MAX + 1);
    }
  }
}
