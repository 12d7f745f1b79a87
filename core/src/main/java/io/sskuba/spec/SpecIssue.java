package io.sskuba.spec;

import org.jspecify.annotations.Nullable;

/// One thing that is wrong in a cluster file.
///
/// @param file as the user named it
/// @param line from 1
/// @param column from 1, in characters
/// @param expected what would be right
/// @param nearest the valid name that the user probably meant
public record SpecIssue(
    String file,
    int line,
    int column,
    String message,
    @Nullable String expected,
    @Nullable String nearest) {

  /// `file:line:column: message, expected …; did you mean "x"?`
  public String render() {
    StringBuilder text = new StringBuilder();
    text.append(file).append(':').append(line).append(':').append(column).append(": ");
    text.append(message);
    if (expected != null) {
      text.append(", expected ").append(expected);
    }
    if (nearest != null) {
      text.append("; did you mean \"").append(nearest).append("\"?");
    }
    return text.toString();
  }
}
