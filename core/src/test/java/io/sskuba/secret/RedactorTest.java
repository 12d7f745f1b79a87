package io.sskuba.secret;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.io.Json;
import io.sskuba.io.RandomSource;
import io.sskuba.secret.age.SshKeys;
import io.sskuba.secret.age.X25519Identity;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

class RedactorTest {
  private final Redactor redactor = new Redactor();

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String pem(String label) {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(new byte[200]);
    return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n";
  }

  @Test
  void aKnownValueIsMaskedInEveryForm() {
    String value = "p\"ss wörd/1\nsecond line of some length";
    redactor.learn(new SecretValue(value));
    String json = Json.object().put("v", value).toString();
    for (String text :
        List.of(
            value,
            json,
            base64(value),
            base64(value).replace("=", ""),
            java.net.URLEncoder.encode(value, StandardCharsets.UTF_8),
            "only the second line of some length.")) {
      assertThat(redactor.redact("before " + text + " after"))
          .startsWith("before ")
          .endsWith("after")
          .contains(Redactor.MASK)
          .doesNotContain("ss w")
          .doesNotContain("second line of");
    }
  }

  @Test
  void aLongerSecretIsMaskedBeforeOneThatItContains() {
    redactor.learn(new SecretValue("abcd"));
    redactor.learn(new SecretValue("abcdefgh"));
    assertThat(redactor.redact("abcdefgh abcd")).isEqualTo("[redacted] [redacted]");
  }

  @Test
  void veryShortValuesAreNotKnownSinceTheyWouldMaskWords() {
    redactor.learn(new SecretValue("a"));
    redactor.learn(new SecretValue(" \n"));
    assertThat(redactor.redact("a banana")).isEqualTo("a banana");
  }

  @Test
  void keyMaterialIsMaskedByItsShape() {
    String jwt =
        base64("{\"alg\":\"RS256\"}").replace("=", "") + "." + base64("{\"sub\":\"x\"}") + ".c2ln";
    String age = X25519Identity.generate(RandomSource.system()).secretText();
    for (String secret :
        List.of(
            pem("PRIVATE KEY"),
            pem("EC PRIVATE KEY"),
            pem("ED25519 PRIVATE KEY"),
            pem("RSA PRIVATE KEY").replace("\n", "\\n"),
            pem("RSA PRIVATE KEY").substring(0, 100),
            SshKeys.privateKeyFile(new byte[32]),
            base64(pem("RSA PRIVATE KEY")),
            age,
            age.toLowerCase(java.util.Locale.ROOT),
            "abcdef.0123456789abcdef",
            jwt.replace("=", ""))) {
      String masked = redactor.redact("x: " + secret + " :y");
      assertThat(masked).contains(Redactor.MASK);
      assertThat(masked.length()).as(masked).isLessThan(30);
    }
    assertThat(redactor.redact("git clone https://bob:hunter2@host/x"))
        .isEqualTo("git clone https://[redacted]@host/x");
    assertThat(redactor.redact("Authorization: Bearer abc.def-ghi_jkl"))
        .isEqualTo("Authorization: Bearer [redacted]");
  }

  @Test
  void whatIsNoSecretStays() {
    for (String text :
        List.of(
            pem("CERTIFICATE"),
            base64(pem("CERTIFICATE")),
            pem("PUBLIC KEY"),
            X25519Identity.generate(RandomSource.system()).publicKey().toString(),
            "kube-apiserver v1.36.3 on 10.64.0.2:6443, https://10.64.0.1:6443",
            "demo-control-plane-1.example.org",
            "sha256:0123456789abcdef0123456789abcdef",
            "")) {
      assertThat(redactor.redact(text)).isEqualTo(text);
    }
  }

  @Test
  void jsonIsMaskedInDepth() {
    redactor.learn(new SecretValue("hunter2"));
    assertThat(
            redactor
                .redact(Json.parse("{\"a\":[{\"b\":\"is hunter2\"}],\"hunter2\":1,\"n\":null}"))
                .toString())
        .isEqualTo("{\"a\":[{\"b\":\"is [redacted]\"}],\"[redacted]\":1,\"n\":null}");
  }

  /// A log line of any length is masked in time that grows with it, and on a small stack.
  @Test
  void longTextIsNoProblem() {
    String begin = "-----BEGIN RSA PRIVATE KEY-----\n";
    for (String text :
        List.of(
            begin + "A".repeat(2_000_000),
            begin.repeat(50_000),
            "eyJ".repeat(500_000),
            "a".repeat(1_000_000) + ":b",
            "://".repeat(300_000))) {
      long start = System.nanoTime();
      redactor.redact(text);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
    }
  }
}
