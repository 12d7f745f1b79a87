package io.sskuba.clouds.azure;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// An answer of Azure that is a refusal: its status and the code that it gives, never its text,
/// which may repeat what it was sent.
final class ArmFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_.]{1,80}");

  private final int status;
  private final String code;

  ArmFailure(int status, String code) {
    super((plain(code) + " " + status).strip());
    this.status = status;
    this.code = plain(code);
  }

  int status() {
    return status;
  }

  /// For example `AuthorizationFailed`; empty where the answer gave none.
  String code() {
    return code;
  }

  private static String plain(String code) {
    Matcher matcher = PLAIN.matcher(code);
    return matcher.matches() ? code : "";
  }
}
