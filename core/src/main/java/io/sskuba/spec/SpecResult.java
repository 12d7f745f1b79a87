package io.sskuba.spec;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What reading a cluster file came to: a spec, or issues, never both and never neither.
///
/// @param readable false when the bytes are not one YAML document within the limits
public record SpecResult(@Nullable ClusterSpec spec, List<SpecIssue> issues, boolean readable) {
  public SpecResult {
    issues = List.copyOf(issues);
  }

  public boolean valid() {
    return spec != null;
  }
}
