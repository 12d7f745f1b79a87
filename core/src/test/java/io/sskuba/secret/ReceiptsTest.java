package io.sskuba.secret;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.io.RandomSource;
import io.sskuba.secret.age.Age;
import io.sskuba.secret.age.Identity;
import io.sskuba.secret.age.X25519Identity;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReceiptsTest {
  private static final RandomSource RANDOM = RandomSource.system();

  @TempDir Path config;

  private static UserIdentity identity() {
    return new UserIdentity(List.<Identity>of(X25519Identity.generate(RANDOM)), "test");
  }

  private static ObjectNode receipt() {
    ObjectNode receipt = Json.object().put("cluster", "demo").put("finishedAt", "2026-01-01");
    receipt.putArray("resources").addObject().put("kind", "machine").put("id", "ü").put("n", 1.5);
    return receipt;
  }

  @Test
  void anybodyCanCheckAReceiptWithTheJdkAlone() throws Exception {
    ObjectNode signed =
        Receipts.sign(receipt(), ReceiptKey.load(config, Optional.of(identity()), RANDOM));
    ObjectNode bare = signed.deepCopy();
    bare.remove(List.of("digest", "signature"));
    byte[] bytes = CanonicalJson.bytes(bare);
    assertThat(signed.get("digest").asText())
        .isEqualTo(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)));
    Signature check = Signature.getInstance("Ed25519");
    check.initVerify(
        KeyFactory.getInstance("Ed25519")
            .generatePublic(
                new X509EncodedKeySpec(
                    Base64.getDecoder().decode(signed.get("publicKey").asText()))));
    check.update(bytes);
    assertThat(check.verify(Base64.getDecoder().decode(signed.get("signature").asText()))).isTrue();
    assertThat(Receipts.verify(signed)).isEqualTo(Receipts.Verdict.VALID);
    // The order of the fields, and how numbers are written, are no part of what is signed.
    ObjectNode reordered = (ObjectNode) Json.parse(CanonicalJson.bytes(signed));
    assertThat(Receipts.verify(reordered)).isEqualTo(Receipts.Verdict.VALID);
  }

  @Test
  void whatWasChangedIsSeen() {
    ReceiptKey key = ReceiptKey.fresh(RANDOM, "test");
    ObjectNode signed = Receipts.sign(receipt(), key);
    ObjectNode other = signed.deepCopy().put("cluster", "other");
    assertThat(Receipts.verify(other)).isEqualTo(Receipts.Verdict.CHANGED);
    assertThat(Receipts.verify(signed.deepCopy().put("extra", 1)))
        .isEqualTo(Receipts.Verdict.CHANGED);
    ObjectNode forged = Receipts.sign(receipt().put("cluster", "other"), key);
    forged.set("signature", signed.get("signature"));
    assertThat(Receipts.verify(forged)).isEqualTo(Receipts.Verdict.FORGED);
    ObjectNode otherKey = Receipts.sign(receipt(), ReceiptKey.fresh(RANDOM, "test"));
    otherKey.set("signature", signed.get("signature"));
    assertThat(Receipts.verify(otherKey)).isEqualTo(Receipts.Verdict.FORGED);
    for (String field : List.of("publicKey", "digest", "signature")) {
      ObjectNode without = signed.deepCopy();
      without.remove(field);
      assertThat(Receipts.verify(without)).as(field).isEqualTo(Receipts.Verdict.UNSIGNED);
    }
    assertThat(Receipts.verify(receipt())).isEqualTo(Receipts.Verdict.UNSIGNED);
  }

  @Test
  void theKeyIsKeptSealedBesideTheIdentity() throws Exception {
    UserIdentity user = identity();
    ReceiptKey first = ReceiptKey.load(config, Optional.of(user), RANDOM);
    ReceiptKey second = ReceiptKey.load(config, Optional.of(user), RANDOM);
    assertThat(first.freshBecause()).isEmpty();
    assertThat(Receipts.sign(receipt(), second)).isEqualTo(Receipts.sign(receipt(), first));
    Path file = config.resolve(ReceiptKey.FILE);
    assertThat(Age.isSealed(Files.readAllBytes(file))).isTrue();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void withoutTheIdentityAFreshKeySignsAndSaysSo() throws Exception {
    ReceiptKey none = ReceiptKey.load(config, Optional.empty(), RANDOM);
    assertThat(none.freshBecause()).hasValueSatisfying(why -> assertThat(why).contains("identity"));
    assertThat(config).isEmptyDirectory();
    assertThat(Receipts.verify(Receipts.sign(receipt(), none))).isEqualTo(Receipts.Verdict.VALID);

    ReceiptKey.load(config, Optional.of(identity()), RANDOM);
    byte[] kept = Files.readAllBytes(config.resolve(ReceiptKey.FILE));
    assertThat(ReceiptKey.load(config, Optional.of(identity()), RANDOM).freshBecause())
        .as("another identity")
        .isPresent();
    assertThat(config.resolve(ReceiptKey.FILE)).hasBinaryContent(kept);
  }
}
