package io.sskuba.spec;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Collects what is wrong with one file.
/// - Limits: keeps [#ISSUES_MAX] issues and counts the rest, so that a hostile file cannot fill a
///   terminal or the memory.
final class Issues {
  static final int ISSUES_MAX = 100;

  /// Echoed values are cut here: enough to recognise one, too little to flood a line.
  private static final int ECHO_MAX = 60;

  private final String file;
  private final List<SpecIssue> list = new ArrayList<>();
  private int dropped;
  private boolean readable = true;

  Issues(String file) {
    this.file = file;
  }

  void add(Position at, String message) {
    add(at, message, null, null);
  }

  void add(Position at, String message, @Nullable String expected) {
    add(at, message, expected, null);
  }

  void add(Position at, String message, @Nullable String expected, @Nullable String nearest) {
    if (list.size() >= ISSUES_MAX) {
      dropped++;
      return;
    }
    list.add(new SpecIssue(file, at.line(), at.column(), message, expected, nearest));
  }

  /// The bytes are no document at all; nothing further can be said about the file.
  void unreadable(Position at, String message, @Nullable String expected) {
    readable = false;
    add(at, message, expected);
  }

  boolean readable() {
    return readable;
  }

  boolean isEmpty() {
    return list.isEmpty();
  }

  String file() {
    return file;
  }

  /// In the order of the file.
  List<SpecIssue> sorted() {
    List<SpecIssue> all = new ArrayList<>(list);
    all.sort(Comparator.comparingInt(SpecIssue::line).thenComparingInt(SpecIssue::column));
    if (dropped > 0) {
      SpecIssue last = all.getLast();
      all.add(
          new SpecIssue(
              file, last.line(), last.column(), "and " + dropped + " more issues", null, null));
    }
    return all;
  }

  /// A value in quotes, cut and with control characters escaped: it goes to a terminal.
  static String quote(String value) {
    StringBuilder text = new StringBuilder("\"");
    int shown = 0;
    for (int i = 0; i < value.length(); i += Character.charCount(value.codePointAt(i))) {
      int c = value.codePointAt(i);
      if (shown++ == ECHO_MAX) {
        return text.append("…\"").toString();
      }
      if (Character.isISOControl(c)
          || Character.getType(c) == Character.FORMAT
          || Character.getType(c) == Character.SURROGATE) {
        text.append(String.format("\\u%04x", c));
      } else if (c == '"' || c == '\\') {
        text.append('\\').appendCodePoint(c);
      } else {
        text.appendCodePoint(c);
      }
    }
    return text.append('"').toString();
  }
}
