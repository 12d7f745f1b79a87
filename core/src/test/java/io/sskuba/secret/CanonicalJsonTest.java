package io.sskuba.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.sskuba.io.Json;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CanonicalJsonTest {
  private static String canonical(String json) {
    return new String(CanonicalJson.bytes(Json.parse(json)), StandardCharsets.UTF_8);
  }

  /// RFC 8785, appendix B.
  @ParameterizedTest
  @CsvSource({
    "0000000000000000, 0",
    "8000000000000000, 0",
    "0000000000000001, 5e-324",
    "8000000000000001, -5e-324",
    "7fefffffffffffff, 1.7976931348623157e+308",
    "ffefffffffffffff, -1.7976931348623157e+308",
    "4340000000000000, 9007199254740992",
    "c340000000000000, -9007199254740992",
    "4430000000000000, 295147905179352830000",
    "44b52d02c7e14af5, 9.999999999999997e+22",
    "44b52d02c7e14af6, 1e+23",
    "44b52d02c7e14af7, 1.0000000000000001e+23",
    "444b1ae4d6e2ef4e, 999999999999999700000",
    "444b1ae4d6e2ef4f, 999999999999999900000",
    "444b1ae4d6e2ef50, 1e+21",
    "3eb0c6f7a0b5ed8c, 9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d, 0.000001",
    "41b3de4355555553, 333333333.3333332",
    "41b3de4355555554, 333333333.33333325",
    "41b3de4355555555, 333333333.3333333",
    "41b3de4355555556, 333333333.3333334",
    "41b3de4355555557, 333333333.33333343",
    "becbf647612f3696, -0.0000033333333333333333",
    "43143ff3c1cb0959, 1424953923781206.2",
  })
  void numbersAsInTheRfc(String bits, String expected) {
    double value = Double.longBitsToDouble(Long.parseUnsignedLong(bits, 16));
    assertThat(CanonicalJson.number(value)).isEqualTo(expected);
  }

  @Test
  void numbersWithoutACanonicalFormAreRefused() {
    for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> CanonicalJson.bytes(DoubleNode.valueOf(bad)))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(canonical("[9007199254740992,-9007199254740992]"))
        .isEqualTo("[9007199254740992,-9007199254740992]");
    assertThatThrownBy(() -> canonical("9007199254740993"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /// RFC 8785, section 3.2.2.
  @Test
  void theExampleOfTheRfc() {
    String input =
        """
        {
          "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
          "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/",
          "literals": [null, true, false]
        }""";
    assertThat(canonical(input))
        .isEqualTo(
            "{\"literals\":[null,true,false],"
                + "\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
                + "\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
  }

  /// RFC 8785, section 3.2.3: by UTF-16 code units, so the emoji comes before U+FB33.
  @Test
  void namesAreSortedAsInTheRfc() {
    String input =
        """
        {"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew Letter Dalet With Dagesh",
        "1":"One","\\ud83d\\ude00":"Emoji: Grinning Face","\\u0080":"Control",
        "\\u00f6":"Latin Small Letter O With Diaeresis"}""";
    assertThat(canonical(input).replaceAll("\"[^\"]*\":(\"[^\"]*\")", "$1"))
        .isEqualTo(
            "{\"Carriage Return\",\"One\",\"Control\",\"Latin Small Letter O With Diaeresis\","
                + "\"Euro Sign\",\"Emoji: Grinning Face\",\"Hebrew Letter Dalet With Dagesh\"}");
  }

  @Test
  void halfASurrogatePairIsRefused() {
    for (String bad : new String[] {"\ud83d", "\ude00", "\ud83dx", "\ude00\ud83d"}) {
      assertThatThrownBy(() -> CanonicalJson.bytes(TextNode.valueOf(bad)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  /// The text is read back as the same number, and no text with one digit less is.
  @Test
  void seededNumbersComeBackAndAreShortest() {
    Random seeded = new Random(8785);
    for (int i = 0; i < 20_000; i++) {
      double value = Double.longBitsToDouble(seeded.nextLong());
      if (!Double.isFinite(value)) {
        continue;
      }
      String text = CanonicalJson.number(value);
      assertThat(Double.parseDouble(text)).isEqualTo(value);
      String digits = text.replaceAll("e.*", "").replaceAll("[^0-9]", "").replaceAll("^0+|0+$", "");
      if (digits.length() > 1) {
        java.math.BigDecimal shorter =
            new java.math.BigDecimal(value)
                .round(
                    new java.math.MathContext(
                        digits.length() - 1, java.math.RoundingMode.HALF_EVEN));
        assertThat(shorter.doubleValue()).as(text).isNotEqualTo(value);
      }
    }
  }
}
