package io.sskuba.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.io.RandomSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.secret.age.Age;
import io.sskuba.secret.age.Identity;
import io.sskuba.secret.age.KeyWrapping;
import io.sskuba.secret.age.Recipient;
import io.sskuba.secret.age.ServiceIdentity;
import io.sskuba.secret.age.SshKeys;
import io.sskuba.secret.age.X25519Identity;
import io.sskuba.spec.SecretRef;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class ClusterKeysTest {
  private static final RandomSource RANDOM = RandomSource.system();
  private static final byte[] CONTENT = "machine config".getBytes(StandardCharsets.UTF_8);

  private final X25519Identity user = X25519Identity.generate(RANDOM);
  private final X25519Identity colleague = X25519Identity.generate(RANDOM);
  private final Identity ssh = Age.identities(SshKeys.privateKeyFile(RANDOM.bytes(32))).getFirst();

  private static void assertCode(ProblemCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SskubaException.class, e -> assertThat(e.problem().code()).isEqualTo(code));
  }

  @Test
  void theUserAndEveryRecipientOpenTheCluster() {
    List<Recipient> recipients = new ArrayList<>(List.of(user.publicKey()));
    recipients.addAll(
        ClusterKeys.recipients(
            List.of(
                colleague.publicKey().toString(),
                ssh.recipient().orElseThrow() + " colleague@laptop",
                colleague.publicKey().toString()),
            RemoteSecrets.none()));
    assertThat(recipients).as("each once").hasSize(3);
    ClusterKeys.Created created = ClusterKeys.create(RANDOM, recipients);
    byte[] sealed = created.sealer().seal(CONTENT);
    for (Identity each : List.of(user, colleague, ssh)) {
      Sealer sealer = ClusterKeys.open(created.sealedKey(), List.of(each), RANDOM);
      assertThat(sealer.open(sealed)).isEqualTo(CONTENT);
      assertThat(created.sealer().open(sealer.seal(CONTENT))).isEqualTo(CONTENT);
    }
    assertThat(created.recipient()).startsWith("age1");
    assertThat(created + " " + created.sealer()).doesNotContain("SECRET");
    // The user's identity opens the cluster's key, not its files: each cluster has its own.
    assertThatThrownBy(() -> Age.open(sealed, List.of(user))).isNotNull();
  }

  @Test
  void aStrangerIsRefusedAndDamageIsNamed() {
    ClusterKeys.Created created = ClusterKeys.create(RANDOM, List.of(user.publicKey()));
    assertCode(
        ProblemCode.IDENTITY_WRONG,
        () -> ClusterKeys.open(created.sealedKey(), List.of(colleague), RANDOM));
    byte[] damaged = created.sealedKey().clone();
    damaged[damaged.length - 1] ^= 1;
    assertCode(ProblemCode.SEALED_CORRUPT, () -> ClusterKeys.open(damaged, List.of(user), RANDOM));
    assertCode(
        ProblemCode.SEALED_CORRUPT,
        () ->
            ClusterKeys.open(
                Age.seal(CONTENT, List.of(user.publicKey()), RANDOM), List.of(user), RANDOM));
    byte[] foreign = ClusterKeys.create(RANDOM, List.of(user.publicKey())).sealer().seal(CONTENT);
    assertCode(ProblemCode.IDENTITY_WRONG, () -> created.sealer().open(foreign));
    assertCode(ProblemCode.SEALED_CORRUPT, () -> created.sealer().open(CONTENT));
    assertCode(ProblemCode.IDENTITY_MISSING, () -> ClusterKeys.create(RANDOM, List.of()));
  }

  @Test
  void newRecipientsOpenWhatWasSealedBefore() {
    ClusterKeys.Created created = ClusterKeys.create(RANDOM, List.of(user.publicKey()));
    byte[] sealed = created.sealer().seal(CONTENT);
    byte[] resealed =
        ClusterKeys.reseal(
            created.sealedKey(), List.of(user), List.of(colleague.publicKey()), RANDOM);
    assertThat(ClusterKeys.open(resealed, List.of(colleague), RANDOM).open(sealed))
        .isEqualTo(CONTENT);
    assertCode(ProblemCode.IDENTITY_WRONG, () -> ClusterKeys.open(resealed, List.of(user), RANDOM));
  }

  @Test
  void recipientsOfServicesAreRefusedInWordsWhereNoneIsReached() {
    for (String service :
        List.of("awskms:arn:aws:kms:x", "azurekv:https://x", "vaulttransit:key")) {
      assertThatThrownBy(() -> ClusterKeys.recipients(List.of(service), RemoteSecrets.none()))
          .hasMessageContaining(service);
      assertCode(
          ProblemCode.SPEC_UNSUPPORTED,
          () -> ClusterKeys.recipients(List.of(service), RemoteSecrets.none()));
    }
    assertCode(
        ProblemCode.SPEC_INVALID,
        () -> ClusterKeys.recipients(List.of("age1abc"), RemoteSecrets.none()));
    // Somebody pastes the private half.
    assertThatThrownBy(
            () -> ClusterKeys.recipients(List.of(user.secretText()), RemoteSecrets.none()))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e ->
                assertThat(e.problem().toString()).doesNotContain(user.secretText().substring(20)));
  }

  /// A key service in memory: it wraps by exclusive or with its key.
  private static KeyWrapping service(int key) {
    return new KeyWrapping() {
      @Override
      public byte[] wrap(byte[] fileKey) {
        byte[] wrapped = fileKey.clone();
        for (int i = 0; i < wrapped.length; i++) {
          wrapped[i] ^= (byte) key;
        }
        return wrapped;
      }

      @Override
      public byte[] unwrap(byte[] wrapped) {
        return wrap(wrapped);
      }
    };
  }

  private static final RemoteSecrets SERVICES =
      new RemoteSecrets() {
        @Override
        public KeyWrapping key(String name) {
          return service(name.length());
        }

        @Override
        public byte[] value(SecretRef reference) {
          throw new AssertionError(reference);
        }
      };

  @Test
  void aKeyOfAServiceOpensAndSealsAnew() {
    List<String> names = List.of("vaulttransit:team", "awskms:arn:x", "vaulttransit:team");
    List<Recipient> recipients = ClusterKeys.recipients(names, SERVICES);
    assertThat(recipients).as("each once").hasSize(2);
    ClusterKeys.Created created = ClusterKeys.create(RANDOM, recipients);
    byte[] sealed = created.sealer().seal(CONTENT);
    for (Recipient each : recipients) {
      Identity identity = new ServiceIdentity(each.toString(), SERVICES.key(each.toString()));
      assertThat(identity.recipient()).contains(each);
      assertThat(ClusterKeys.open(created.sealedKey(), List.of(identity), RANDOM).open(sealed))
          .isEqualTo(CONTENT);
    }
    Identity other = new ServiceIdentity("vaulttransit:other", service(1));
    assertCode(
        ProblemCode.IDENTITY_WRONG,
        () -> ClusterKeys.open(created.sealedKey(), List.of(other), RANDOM));
    // The service unwraps something else: the header's MAC tells.
    Identity wrong = new ServiceIdentity("vaulttransit:team", service(99));
    assertCode(
        ProblemCode.SEALED_CORRUPT,
        () -> ClusterKeys.open(created.sealedKey(), List.of(wrong), RANDOM));
    Identity team = new ServiceIdentity("vaulttransit:team", SERVICES.key("vaulttransit:team"));
    byte[] resealed =
        ClusterKeys.reseal(created.sealedKey(), List.of(team), List.of(user.publicKey()), RANDOM);
    assertThat(ClusterKeys.open(resealed, List.of(user), RANDOM).open(sealed)).isEqualTo(CONTENT);
    assertCode(ProblemCode.IDENTITY_WRONG, () -> ClusterKeys.open(resealed, List.of(team), RANDOM));
  }

  /// A rehearsal reaches nothing: it seals to the recipients that need nobody.
  @Test
  void aRehearsalLeavesKeysOfServicesOut(
      @org.junit.jupiter.api.io.TempDir java.nio.file.Path folder) {
    io.sskuba.io.Environment env =
        new io.sskuba.io.Environment(java.util.Map.of("SSKUBA_IDENTITY", "awskms:arn:x"), folder);
    RemoteSecrets nobody =
        new RemoteSecrets() {
          @Override
          public KeyWrapping key(String name) {
            throw new AssertionError(name);
          }

          @Override
          public byte[] value(SecretRef reference) {
            throw new AssertionError(reference);
          }
        };
    KeyRing ring =
        new UserKeyRing(
                new Identities(folder, env, RANDOM, what -> java.util.Optional.empty(), nobody),
                RANDOM,
                nobody)
            .ofThisMachine();
    KeyRing.NewKey made = ring.create(List.of("awskms:arn:x", colleague.publicKey().toString()));
    assertThat(made.sealedTo()).hasSize(2).doesNotContain("awskms:arn:x");
    assertThat(ring.tryOpen(made.sealedKey())).isPresent();
  }
}
