package io.sskuba.rehearsal.machine;

import java.util.ArrayList;
import java.util.List;

/// The unified difference of two texts, as Talos shows it for a dry run.
/// - Limits: [#LINES_MAX] differing lines a side; beyond, only the numbers are given, as Talos
///   does.
final class TextDiff {
  private static final int LINES_MAX = 1500;
  private static final int CONTEXT = 3;

  private record Line(char mark, String text) {}

  private TextDiff() {}

  /// Empty when the texts are the same.
  static String unified(String before, String after) {
    if (before.equals(after)) {
      return "";
    }
    List<String> a = lines(before);
    List<String> b = lines(after);
    int head = 0;
    while (head < Math.min(a.size(), b.size()) && a.get(head).equals(b.get(head))) {
      head++;
    }
    int tail = 0;
    while (tail < Math.min(a.size(), b.size()) - head
        && a.get(a.size() - 1 - tail).equals(b.get(b.size() - 1 - tail))) {
      tail++;
    }
    List<String> oldPart = a.subList(head, a.size() - tail);
    List<String> newPart = b.subList(head, b.size() - tail);
    if (oldPart.size() > LINES_MAX || newPart.size() > LINES_MAX) {
      return "@@ -1," + a.size() + " +1," + b.size() + " @@ diff too large to display\n";
    }
    List<Line> all = new ArrayList<>();
    a.subList(0, head).forEach(line -> all.add(new Line(' ', line)));
    all.addAll(compare(oldPart, newPart));
    a.subList(a.size() - tail, a.size()).forEach(line -> all.add(new Line(' ', line)));
    return "--- a\n+++ b\n" + hunks(all);
  }

  private static List<String> lines(String text) {
    return text.isEmpty() ? List.of() : text.lines().toList();
  }

  /// By the longest common subsequence.
  private static List<Line> compare(List<String> a, List<String> b) {
    int[][] longest = new int[a.size() + 1][b.size() + 1];
    for (int i = a.size() - 1; i >= 0; i--) {
      for (int j = b.size() - 1; j >= 0; j--) {
        longest[i][j] =
            a.get(i).equals(b.get(j))
                ? longest[i + 1][j + 1] + 1
                : Math.max(longest[i + 1][j], longest[i][j + 1]);
      }
    }
    List<Line> result = new ArrayList<>();
    int i = 0;
    int j = 0;
    while (i < a.size() || j < b.size()) {
      if (i < a.size() && j < b.size() && a.get(i).equals(b.get(j))) {
        result.add(new Line(' ', a.get(i)));
        i++;
        j++;
      } else if (i < a.size() && (j == b.size() || longest[i + 1][j] >= longest[i][j + 1])) {
        result.add(new Line('-', a.get(i++)));
      } else {
        result.add(new Line('+', b.get(j++)));
      }
    }
    return result;
  }

  private static String hunks(List<Line> lines) {
    StringBuilder text = new StringBuilder();
    int oldLine = 1;
    int newLine = 1;
    int i = 0;
    while (i < lines.size()) {
      int end = hunkEnd(lines, i);
      if (end < 0) {
        break;
      }
      int start = i;
      while (lines.get(start).mark() == ' ' && nextChange(lines, start) - start > CONTEXT) {
        start++;
        oldLine++;
        newLine++;
      }
      int oldCount = 0;
      int newCount = 0;
      StringBuilder body = new StringBuilder();
      for (Line line : lines.subList(start, end)) {
        oldCount += line.mark() == '+' ? 0 : 1;
        newCount += line.mark() == '-' ? 0 : 1;
        body.append(line.mark()).append(line.text()).append('\n');
      }
      text.append("@@ -").append(oldLine).append(',').append(oldCount);
      text.append(" +").append(newLine).append(',').append(newCount).append(" @@\n").append(body);
      oldLine += oldCount;
      newLine += newCount;
      i = end;
    }
    return text.toString();
  }

  private static int nextChange(List<Line> lines, int from) {
    for (int i = from; i < lines.size(); i++) {
      if (lines.get(i).mark() != ' ') {
        return i;
      }
    }
    return lines.size();
  }

  /// Where the next hunk ends: a gap of more than twice the context, or the end. -1: no change
  /// left.
  private static int hunkEnd(List<Line> lines, int from) {
    int change = nextChange(lines, from);
    if (change == lines.size()) {
      return -1;
    }
    int last = change;
    for (int i = change; i < lines.size() && i - last <= 2 * CONTEXT + 1; i++) {
      if (lines.get(i).mark() != ' ') {
        last = i;
      }
    }
    return Math.min(lines.size(), last + CONTEXT + 1);
  }
}
