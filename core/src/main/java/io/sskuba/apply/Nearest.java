package io.sskuba.apply;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/// The names that somebody may have meant.
public final class Nearest {
  private static final int SHOWN_MAX = 3;

  private Nearest() {}

  /// At most three candidates within a third of the word's length (at least two edits), nearest first.
  public static List<String> to(String word, Collection<String> candidates) {
    int limit = Math.max(2, word.length() / 3);
    return candidates.stream()
        .distinct()
        .filter(c -> distance(word, c) <= limit)
        .sorted(Comparator.<String>comparingInt(c -> distance(word, c)).thenComparing(c -> c))
        .limit(SHOWN_MAX)
        .toList();
  }

  /// Levenshtein distance.
  static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int cost = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        row[j] = Math.min(Math.min(row[j] + 1, row[j - 1] + 1), diagonal + cost);
        diagonal = above;
      }
    }
    return row[b.length()];
  }
}
