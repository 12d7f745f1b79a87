package io.sskuba.spec;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Base64;
import java.util.Locale;
import java.util.regex.Pattern;

/// The forms of `sealing.recipients`: checked as far as it goes without asking anybody, because a
/// recipient with a typing mistake is noticed only when the identity is lost.
final class Recipients {
  /// Bech32 (BIP 173) of an X25519 key: `age1` and 58 characters.
  private static final String BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

  private static final int AGE_LENGTH = 62;
  private static final Pattern KMS_ARN =
      Pattern.compile(
          "arn:aws[a-z-]{0,10}:kms:[a-z0-9-]{1,32}:[0-9]{12}:(?:key|alias)/[A-Za-z0-9/_-]{1,256}");

  private Recipients() {}

  static boolean wellFormed(String recipient) {
    if (recipient.startsWith("age1")) {
      return isAge(recipient);
    }
    if (recipient.startsWith("ssh-ed25519 ")) {
      return isSshEd25519(recipient.substring("ssh-ed25519 ".length()));
    }
    if (recipient.startsWith("awskms:")) {
      return KMS_ARN.matcher(recipient.substring("awskms:".length())).matches();
    }
    if (recipient.startsWith("azurekv:")) {
      return isAzureKey(recipient.substring("azurekv:".length()));
    }
    return recipient.startsWith("vaulttransit:")
        && recipient
            .substring("vaulttransit:".length())
            .matches("[A-Za-z0-9][A-Za-z0-9/_.-]{0,255}");
  }

  /// Whether the text is a private key that somebody took for a public one.
  static boolean isPrivateKey(String text) {
    String upper = text.toUpperCase(Locale.ROOT);
    return upper.startsWith("AGE-SECRET-KEY-") || upper.contains("PRIVATE KEY");
  }

  private static boolean isAge(String text) {
    if (text.length() != AGE_LENGTH) {
      return false;
    }
    int[] values = new int[7 + AGE_LENGTH - 4];
    // The human-readable part "age", expanded: high bits, zero, low bits.
    for (int i = 0; i < 3; i++) {
      values[i] = "age".charAt(i) >> 5;
      values[4 + i] = "age".charAt(i) & 31;
    }
    for (int i = 4; i < text.length(); i++) {
      int value = BECH32.indexOf(text.charAt(i));
      if (value < 0) {
        return false;
      }
      values[7 + i - 4] = value;
    }
    return checksum(values) == 1;
  }

  private static int checksum(int[] values) {
    int[] generator = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
    int check = 1;
    for (int value : values) {
      int top = check >>> 25;
      check = (check & 0x1ffffff) << 5 ^ value;
      for (int i = 0; i < 5; i++) {
        check ^= (top >>> i & 1) == 1 ? generator[i] : 0;
      }
    }
    return check;
  }

  /// RFC 8709: two length-prefixed strings, the name and 32 bytes; a comment may follow.
  private static boolean isSshEd25519(String rest) {
    int space = rest.indexOf(' ');
    try {
      byte[] blob = Base64.getDecoder().decode(space < 0 ? rest : rest.substring(0, space));
      return blob.length == 51 && blob[3] == 11 && blob[18] == 32;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static boolean isAzureKey(String url) {
    try {
      URI uri = new URI(url);
      return "https".equals(uri.getScheme())
          && uri.getHost() != null
          && uri.getRawPath() != null
          && uri.getRawPath().matches("/keys/[A-Za-z0-9-]{1,127}(?:/[0-9a-f]{32})?");
    } catch (URISyntaxException e) {
      return false;
    }
  }
}
