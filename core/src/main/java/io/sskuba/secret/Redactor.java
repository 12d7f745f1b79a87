package io.sskuba.secret;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.sskuba.io.Json;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// Masks secrets in whatever is logged, emitted or journalled.
///
/// It knows the values that were resolved, in the forms in which they turn up (as they are, one
/// line of them, in base64, in JSON, in a URL), and the shapes of key material.
/// - Limits: 100,000 forms; values shorter than 4 characters are not known, since masking them
///   would mask words.
public final class Redactor {
  public static final String MASK = "[redacted]";
  private static final int SHORTEST = 4;
  private static final int SHORTEST_LINE = 16;
  private static final int MAX_FORMS = 100_000;

  private static final List<Pattern> SHAPES =
      List.of(
          Pattern.compile(
              "-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----"
                  + "(?:(?!-----END)[A-Za-z0-9+/=:,\\- \\t\\r\\n\\\\])*+"
                  + "(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----)?"),
          Pattern.compile("AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]+", Pattern.CASE_INSENSITIVE),
          Pattern.compile("(?<![A-Za-z0-9.])[a-z0-9]{6}\\.[a-z0-9]{16}(?![A-Za-z0-9])"),
          Pattern.compile(
              "(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{4,}+\\.[A-Za-z0-9_-]{4,}+(?:\\.[A-Za-z0-9_-]*+)?"),
          Pattern.compile("(?<=://)[^/\\s:@]{0,256}+:[^/\\s@]{1,1024}+(?=@)"),
          Pattern.compile("(?<=[Bb]earer )[A-Za-z0-9._~+/=-]{8,}+"));

  /// `-----BEGIN` in base64, at any of the three alignments it is mostly the first.
  private static final Pattern ENCODED_PEM =
      Pattern.compile("LS0tLS1CRUdJTi[A-Za-z0-9+/]{8,}+={0,2}");

  private final ConcurrentSkipListSet<String> forms =
      new ConcurrentSkipListSet<>(
          Comparator.comparingInt(String::length).reversed().thenComparing(s -> s));

  /// From now on this value is masked.
  public void learn(SecretValue secret) {
    String value = secret.reveal();
    if (value.strip().length() < SHORTEST) {
      return;
    }
    learnForm(value.strip());
    learnForm(Json.compact(TextNode.valueOf(value.strip())).replaceAll("^\"|\"$", ""));
    learnForm(URLEncoder.encode(value.strip(), StandardCharsets.UTF_8));
    for (String text : List.of(value, value.strip())) {
      String base64 = Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
      learnForm(base64);
      learnForm(base64.replaceAll("=+$", ""));
    }
    for (String line : value.split("\\R", -1)) {
      if (line.strip().length() >= SHORTEST_LINE) {
        learnForm(line.strip());
      }
    }
  }

  private void learnForm(String form) {
    if (form.length() >= SHORTEST && forms.size() < MAX_FORMS) {
      forms.add(form);
    }
  }

  /// `text` with every known secret, and everything that looks like one, masked.
  public String redact(String text) {
    String masked = text;
    for (String form : forms) {
      masked = masked.replace(form, MASK);
    }
    for (Pattern shape : SHAPES) {
      masked = shape.matcher(masked).replaceAll(MASK.replace("[", "\\["));
    }
    return ENCODED_PEM.matcher(masked).replaceAll(Redactor::maskPrivate);
  }

  /// A copy with every text masked, field names included.
  public JsonNode redact(JsonNode node) {
    return switch (node) {
      case ObjectNode object -> {
        ObjectNode copy = Json.object();
        object.properties().forEach(e -> copy.set(redact(e.getKey()), redact(e.getValue())));
        yield copy;
      }
      case ArrayNode array -> {
        ArrayNode copy = Json.MAPPER.createArrayNode();
        array.forEach(element -> copy.add(redact(element)));
        yield copy;
      }
      case TextNode text -> TextNode.valueOf(redact(text.textValue()));
      default -> node;
    };
  }

  /// Certificates start the same way in base64, and may be shown.
  private static String maskPrivate(MatchResult found) {
    String text = found.group();
    String start = text.substring(0, Math.min(text.length(), 80) / 4 * 4);
    String decoded = new String(Base64.getDecoder().decode(start), StandardCharsets.ISO_8859_1);
    return decoded.contains("CERTIFICATE-----") || decoded.contains("PUBLIC KEY-----")
        ? text
        : "\\[redacted]";
  }

  @Override
  public String toString() {
    return "Redactor[" + forms.size() + " forms]";
  }
}
