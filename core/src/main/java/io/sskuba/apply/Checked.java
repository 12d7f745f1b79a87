package io.sskuba.apply;

import java.util.List;

/// A change that may be made, and what the run will leave out.
///
/// @param warnings in plain words, for `warnings[]`
/// @param leftOut sections of the file that this release does not act on
public record Checked(Change change, List<String> warnings, List<String> leftOut) {
  public Checked {
    warnings = List.copyOf(warnings);
    leftOut = List.copyOf(leftOut);
  }
}
