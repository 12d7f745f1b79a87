package io.sskuba.spec;

/// How a wrong value is shown: in quotes, unless it may hold a secret.
final class Forms {
  private Forms() {}

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
