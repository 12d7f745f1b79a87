package io.sskuba.rehearsal.machine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TextDiffTest {
  @Test
  void sameTextsHaveNoDifference() {
    assertThat(TextDiff.unified("a\nb\n", "a\nb\n")).isEmpty();
  }

  @Test
  void oneLineIsShownWithThreeAroundIt() {
    assertThat(TextDiff.unified("1\n2\n3\n4\n5\n6\n7\n8\n", "1\n2\n3\n4\nX\n6\n7\n8\n"))
        .isEqualTo("--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+X\n 6\n 7\n 8\n");
  }

  @Test
  void farChangesAreTwoHunksAndNearOnesAreOne() {
    String before = "a\n1\n2\n3\n4\n5\n6\n7\nb\n";
    assertThat(TextDiff.unified(before, before.replace("a", "A").replace("b", "B")))
        .isEqualTo(
            "--- a\n+++ b\n@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n");
    String near = before.replace("7\n", "");
    assertThat(TextDiff.unified(near, near.replace("a", "A").replace("b", "B")))
        .containsOnlyOnce("@@ -1,8 +1,8 @@");
  }

  @Test
  void hugeDifferencesAreOnlyCounted() {
    String before = "a\n".repeat(2000);
    String after = "b\n".repeat(2000);
    assertThat(TextDiff.unified(before, after)).contains("diff too large to display");
  }
}
