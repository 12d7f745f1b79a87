package io.sskuba.spec;

/// Secrets in places where none belongs, and how a wrong value is shown: in quotes, unless it may
/// hold one.
final class Forms {
  private Forms() {}

  /// Whether a URL carries a user name and password. `ssh://git@host` does not: it is only a name.
  static boolean carriesSecret(Form form, String value) {
    int scheme = value.indexOf("://");
    if (scheme < 0 || (form != Form.HTTPS_URL && form != Form.HTTP_URL && form != Form.GIT_URL)) {
      return false;
    }
    int end = value.indexOf('/', scheme + 3);
    String authority = value.substring(scheme + 3, end < 0 ? value.length() : end);
    int at = authority.lastIndexOf('@');
    return at >= 0 && (!value.startsWith("ssh://") || authority.lastIndexOf(':', at) >= 0);
  }

  static String shown(Form form, String value) {
    if (form == Form.RECIPIENT && Recipients.isPrivateKey(value)) {
      return "a private key; give the public one, and replace the key: it was in a file";
    }
    // A URL may carry a user name and password even where it is malformed.
    return value.indexOf('@') >= 0 && value.contains("://") || Recipients.isPrivateKey(value)
        ? "not of the right form"
        : Issues.quote(value);
  }
}
