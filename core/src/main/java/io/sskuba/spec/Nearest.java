package io.sskuba.spec;

import java.util.Collection;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// "Did you mean": the valid name nearest to one that is not.
public final class Nearest {
  /// Longer names are no typing mistakes; the bound keeps the quadratic distance cheap.
  private static final int NAME_MAX = 64;

  private Nearest() {}

  /// The nearest of `names`, or null when none is near: at most a third of the letters differ.
  public static @Nullable String of(String wrong, Collection<String> names) {
    if (wrong.isEmpty() || wrong.length() > NAME_MAX) {
      return null;
    }
    String folded = wrong.toLowerCase(Locale.ROOT);
    String best = null;
    int bestDistance = Integer.MAX_VALUE;
    for (String name : names) {
      int distance = distance(folded, name.toLowerCase(Locale.ROOT));
      int allowed = Math.max(1, Math.min(wrong.length(), name.length()) / 3);
      if (distance <= allowed && distance < bestDistance) {
        best = name;
        bestDistance = distance;
      }
    }
    return best;
  }

  /// Optimal string alignment: insertions, deletions, substitutions and neighbours swapped.
  private static int distance(String a, String b) {
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          d[i][j] = i + j;
          continue;
        }
        int cost = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        d[i][j] = Math.min(Math.min(d[i - 1][j] + 1, d[i][j - 1] + 1), d[i - 1][j - 1] + cost);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    return d[a.length()][b.length()];
  }
}
