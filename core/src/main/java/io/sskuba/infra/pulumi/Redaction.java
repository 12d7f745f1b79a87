package io.sskuba.infra.pulumi;

import java.util.regex.Pattern;

/// Takes what looks like a secret out of a provider's message: the last line of defence, since
/// plans carry references, not values.
final class Redaction {
  private static final Pattern PEM =
      Pattern.compile("-----BEGIN [A-Z0-9 ]+-----[\\s\\S]*?(-----END [A-Z0-9 ]+-----|\\z)");
  private static final Pattern TOKEN =
      Pattern.compile(
          "(?i)(AGE-SECRET-KEY-1[0-9A-Z]+|eyJ[\\w-]+\\.[\\w-]+\\.[\\w-]*|gh[pousr]_\\w{20,}"
              + "|glpat-[\\w-]{20,}|AKIA[0-9A-Z]{16}|hvs\\.[\\w-]{20,})");
  private static final Pattern NAMED =
      Pattern.compile(
          "(?i)\\b([\\w-]*(?:password|passwd|passphrase|secret|token|apikey|api_key|privatekey|private_key"
              + "|accesskey|authorization))([\"']?\\s*[:=]\\s*)(?:bearer\\s+|basic\\s+)?"
              + "(\"[^\"]*\"|'[^']*'|[^\\s,;}\\]]+)");
  private static final Pattern USER_INFO = Pattern.compile("(://[^/\\s:@]+:)[^/\\s@]+@");

  private Redaction() {}

  static String clean(String message) {
    String out = PEM.matcher(message).replaceAll("[redacted]");
    out = TOKEN.matcher(out).replaceAll("[redacted]");
    out = NAMED.matcher(out).replaceAll("$1$2[redacted]");
    return USER_INFO.matcher(out).replaceAll("$1[redacted]@");
  }
}
