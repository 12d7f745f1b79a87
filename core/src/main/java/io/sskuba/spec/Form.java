package io.sskuba.spec;

import io.sskuba.net.Cidr;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Base64;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The form of a text value: what is accepted, how it is described, and the part of it that a JSON
/// Schema can say.
///
/// Patterns are a subset of both Java's and ECMA-262's, anchored by whoever uses them, and without
/// nested repetition over the same characters: matching is linear. A form may be narrower than its
/// pattern; it is never wider.
enum Form {
  DNS_LABEL(
      "a DNS label: a-z, 0-9 and -, 1 to 40 characters, no - first or last",
      "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?",
      40),
  DOMAIN("a domain in lower case, such as data.example.org", Patterns.DOMAIN, 251),
  ORGANISATION("letters, digits, . _ and -, at most 100", "[A-Za-z0-9_.-]+", 100),
  LINE("one line of text, at most 256 characters", Patterns.LINE, 256),
  TAG_KEY("letters, digits, . _ : and -, at most 63, not beginning with sskuba", Patterns.TAG, 63),
  TAG_VALUE("one line of text, at most 256 characters", Patterns.LINE_OR_EMPTY, 256),
  LABEL_KEY("a Kubernetes label key: [DOMAIN/]NAME", Patterns.LABEL_KEY, 317),
  LABEL_VALUE(
      "a Kubernetes label value: letters, digits, . _ and -, at most 63",
      "(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?",
      63),
  DURATION("a duration such as 500ms, 30s, 10m, 8h or 2d", "[0-9]{1,9}(?:ms|s|m|h|d)", 12),
  TTL(
      "a duration such as 90m, 8h or 2d, at most 3650d, or none",
      "[0-9]{1,9}(?:ms|s|m|h|d)|none",
      12),
  VERSION(
      "a version vX.Y.Z",
      "v(?:0|[1-9][0-9]{0,3})\\.(?:0|[1-9][0-9]{0,3})\\.(?:0|[1-9][0-9]{0,3})",
      20),
  CIDR("a network such as 10.20.0.0/16", "[0-9A-Fa-f.:]+/[0-9]{1,3}", 49),
  ADDRESS("an IP address", "[0-9A-Fa-f.:]+", 45),
  HOST("a host name or an IP address", "[A-Za-z0-9.:-]+", 253),
  HOST_PORT("HOST or HOST:PORT", "[\\[\\]A-Za-z0-9.:-]+", 260),
  HTTPS_URL("a URL https://HOST…", "https://[^\\s]+", 2048),
  HTTP_URL("a URL http://HOST… or https://HOST…", "https?://[^\\s]+", 2048),
  GIT_URL("https://…, ssh://…, USER@HOST:PATH, or a folder", Patterns.LINE, 2048),
  GIT_BRANCH("a branch name", "[A-Za-z0-9_][A-Za-z0-9_./+-]*", 200),
  REPOSITORY_PATH("a folder inside the repository, such as clusters/demo", Patterns.LINE, 512),
  FILE_PATH("the path of a file", Patterns.LINE, 4096),
  DEVICE("a device such as /dev/nvme0n1", "/dev/[A-Za-z0-9_.:/+-]+", 256),
  MACHINE_TYPE("a machine type", "[A-Za-z0-9][A-Za-z0-9_.-]*", 64),
  AWS_REGION("an AWS region such as eu-central-1", "[a-z]{2,4}(?:-[a-z]+){1,3}-[0-9]{1,2}", 32),
  AZURE_REGION("an Azure region such as westeurope", "[a-z][a-z0-9]*", 40),
  ZONE("an availability zone", "[a-z0-9][a-z0-9-]*", 40),
  UUID("a UUID", "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", 36),
  FINGERPRINT(
      "base64 of a SHA-256: 44 characters, as talosctl's --cert-fingerprint takes it",
      "[A-Za-z0-9+/]{43}=",
      44),
  RECIPIENT(
      "age1…, ssh-ed25519 …, awskms:ARN, azurekv:KEY-URL or vaulttransit:KEY",
      "(?:age1|ssh-ed25519 |awskms:|azurekv:|vaulttransit:)" + Patterns.LINE,
      2048),
  ENV_NAME("the name of an environment variable", "[A-Za-z_][A-Za-z0-9_]*", 128),
  SECRET_NAME("the name of a secret", Patterns.LINE, 512),
  SECRET_PATH("a path such as secret/team", "[^\\s\\u0000-\\u001f\\u007f]+", 512),
  ARGUMENT("an argument", Patterns.LINE_OR_EMPTY, 4096),
  IMAGE("an image reference", "[A-Za-z0-9][A-Za-z0-9._:/@-]*", 512),
  TOOL_NAME("a name from the catalogue", "[a-z][a-z0-9-]*", 63),
  NAME("one line of text, at most 256 characters", Patterns.LINE, 256),
  NO_PROXY("a host, .DOMAIN, an address or a network", "[A-Za-z0-9.:/*-]+", 253),
  TSIG_NAME("a TSIG key name", "[A-Za-z0-9_.-]+", 255);

  /// Shared pieces of patterns.
  private static final class Patterns {
    static final String LINE = "[^\\u0000-\\u001f\\u007f]+";
    static final String LINE_OR_EMPTY = "[^\\u0000-\\u001f\\u007f]*";
    static final String TAG = "[A-Za-z0-9](?:[-A-Za-z0-9_.:]*[A-Za-z0-9])?";
    static final String DNS = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?";
    static final String DOMAIN = DNS + "(?:\\." + DNS + ")*";
    static final String LABEL_KEY =
        "(?:" + DOMAIN + "/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?";
  }

  private static final int PORT_MAX = 65_535;
  private static final long TTL_DAYS_MAX = 3650;

  private final String expected;
  private final String pattern;
  private final int lengthMax;
  private volatile @Nullable Pattern compiled;

  Form(String expected, String pattern, int lengthMax) {
    this.expected = expected;
    this.pattern = pattern;
    this.lengthMax = lengthMax;
  }

  /// How the form is described after "expected".
  String expected() {
    return expected;
  }

  /// Without anchors.
  String pattern() {
    return pattern;
  }

  /// Characters (code points).
  int lengthMax() {
    return lengthMax;
  }

  boolean accepts(String value) {
    if (value.length() > 2 * lengthMax || value.codePointCount(0, value.length()) > lengthMax) {
      return false;
    }
    Pattern p = compiled;
    if (p == null) {
      p = Pattern.compile(pattern);
      compiled = p;
    }
    return p.matcher(value).matches() && narrower(value);
  }

  /// What no pattern can say.
  private boolean narrower(String value) {
    return switch (this) {
      case TAG_KEY -> !value.toLowerCase(Locale.ROOT).startsWith("sskuba");
      case LABEL_KEY -> value.indexOf('/') <= 253;
      case DURATION -> Durations.parse(value).filter(d -> d.isPositive()).isPresent();
      case TTL ->
          value.equals("none")
              || Durations.parse(value)
                  .filter(d -> d.isPositive() && d.toDays() <= TTL_DAYS_MAX)
                  .isPresent();
      case CIDR -> Cidr.parse(value).isPresent();
      case ADDRESS -> Cidr.isAddress(value);
      case HOST -> isHost(value);
      case HOST_PORT -> isHostPort(value);
      case HTTPS_URL, HTTP_URL -> isUrl(value);
      case GIT_URL -> isGitUrl(value);
      case GIT_BRANCH ->
          !value.contains("..")
              && !value.contains("//")
              && !value.contains("/.")
              && !value.endsWith("/")
              && !value.endsWith(".")
              && !value.endsWith(".lock");
      case REPOSITORY_PATH -> isInside(value);
      case DEVICE -> isInside(value.substring(1));
      case FINGERPRINT -> decoded(value) == 32;
      case RECIPIENT -> Recipients.wellFormed(value);
      default -> true;
    };
  }

  private static int decoded(String base64) {
    try {
      return Base64.getDecoder().decode(base64).length;
    } catch (IllegalArgumentException e) {
      return -1;
    }
  }

  /// A relative path without empty, `.` or `..` steps.
  private static boolean isInside(String path) {
    for (String step : path.split("/", -1)) {
      if (step.isEmpty() || step.equals(".") || step.equals("..")) {
        return path.equals(".");
      }
    }
    return path.indexOf('\\') < 0;
  }

  static boolean isHost(String value) {
    if (Cidr.isAddress(value)) {
      return true;
    }
    if (value.indexOf(':') >= 0 || value.length() > 253) {
      return false;
    }
    String[] labels = value.split("\\.", -1);
    for (String label : labels) {
      if (label.isEmpty() || label.length() > 63 || label.startsWith("-") || label.endsWith("-")) {
        return false;
      }
    }
    // 10.0.0.300 is a mistyped address, not a name: no top-level domain is a number.
    return !labels[labels.length - 1].chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private static boolean isHostPort(String value) {
    int close = value.indexOf(']');
    if (value.startsWith("[")) {
      return close > 0
          && Cidr.isAddress(value.substring(1, close))
          && (close == value.length() - 1
              || (value.charAt(close + 1) == ':' && isPort(value.substring(close + 2))));
    }
    int colon = value.indexOf(':');
    if (colon < 0 || value.indexOf(':', colon + 1) >= 0) {
      return isHost(value);
    }
    return isHost(value.substring(0, colon)) && isPort(value.substring(colon + 1));
  }

  private static boolean isPort(String text) {
    if (text.isEmpty() || text.length() > 5 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return false;
    }
    int port = Integer.parseInt(text);
    return port >= 1 && port <= PORT_MAX;
  }

  private static boolean isUrl(String value) {
    try {
      URI uri = new URI(value);
      return uri.getHost() != null
          && !uri.getHost().isEmpty()
          && uri.getPort() <= PORT_MAX
          && uri.getPort() != 0
          && uri.getRawFragment() == null;
    } catch (URISyntaxException e) {
      return false;
    }
  }

  private static boolean isGitUrl(String value) {
    if (value.startsWith("https://") || value.startsWith("ssh://")) {
      return isUrl(value);
    }
    return !value.contains("://") && !value.startsWith("-") && !value.isBlank();
  }
}
