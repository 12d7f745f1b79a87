package io.sskuba.apply;

import java.nio.file.Path;

/// What a user asked `plan` to look at.
public record PlanRequest(byte[] file, String fileName, Path folder, boolean rehearse) {
  /// Folder and stack name: `NAME`, or `rehearsal.NAME`.
  String key(String name) {
    return rehearse ? "rehearsal." + name : name;
  }

  /// The cluster's name in commands and in JSON.
  String shown(String name) {
    return rehearse ? "rehearsal/" + name : name;
  }
}
