package io.sskuba.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.io.Environment;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.Credential;
import io.sskuba.spec.SecretRef;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SecretResolverTest {
  @TempDir Path folder;
  private final Redactor redactor = new Redactor();

  private SecretResolver resolver(Duration limit) {
    Environment env =
        new Environment(
            Map.of("TOKEN", "tok-en", "EMPTY", "", "PATH", System.getenv("PATH")), folder);
    return new SecretResolver(env, TimeSource.system(), redactor, limit);
  }

  private String resolve(SecretRef ref) throws InterruptedException {
    return resolver(Duration.ofSeconds(20)).resolve(ref).reveal();
  }

  private static SecretRef.Exec exec(String... argv) {
    return new SecretRef.Exec(List.of(argv));
  }

  private void assertUnresolved(SecretRef ref, String words) {
    assertUnresolved(ref, words, Duration.ofSeconds(20));
  }

  private void assertUnresolved(SecretRef ref, String words, Duration limit) {
    assertThatThrownBy(() -> resolver(limit).resolve(ref))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(ProblemCode.SECRET_UNRESOLVED);
              assertThat(e.problem().toString()).contains(words).doesNotContain("hunter2");
            });
  }

  @Test
  void eachKindIsResolved() throws Exception {
    Files.writeString(folder.resolve("a"), "from file\n");
    Files.writeString(folder.resolve("b"), "two\nlines\r\n");
    assertThat(resolve(new SecretRef.Env("TOKEN"))).isEqualTo("tok-en");
    assertThat(resolve(new SecretRef.File(folder.resolve("a").toString()))).isEqualTo("from file");
    assertThat(resolve(new SecretRef.File("b"))).isEqualTo("two\nlines");
    assertThat(resolve(exec("sh", "-c", "printf 'x\\n\\n'"))).as("one line break").isEqualTo("x\n");
    assertThat(resolve(exec("cat", "a"))).isEqualTo("from file");
  }

  @Test
  void aUserAndAPasswordComeFromTwoReferencesOrOne() throws Exception {
    Files.writeString(folder.resolve("both"), "{\"username\": \"me\", \"password\": \"hunter2\"}");
    SecretResolver resolver = resolver(Duration.ofSeconds(20));
    SecretResolver.Login one =
        resolver.resolve(new Credential.JsonValue(new SecretRef.File("both")));
    assertThat(one.username().reveal()).isEqualTo("me");
    assertThat(one.password().reveal()).isEqualTo("hunter2");
    assertThat(redactor.redact("login with hunter2")).doesNotContain("hunter2");
    SecretResolver.Login two =
        resolver.resolve(
            new Credential.Pair(new SecretRef.Env("TOKEN"), new SecretRef.File("both")));
    assertThat(two.username().reveal()).isEqualTo("tok-en");
    Files.writeString(folder.resolve("no"), "hunter2");
    Files.writeString(folder.resolve("half"), "{\"password\": \"hunter2\"}");
    for (String name : List.of("no", "half")) {
      assertThatThrownBy(() -> resolver.resolve(new Credential.JsonValue(new SecretRef.File(name))))
          .isInstanceOfSatisfying(
              SskubaException.class,
              e -> {
                assertThat(e.problem().code()).isEqualTo(ProblemCode.SECRET_UNRESOLVED);
                assertThat(e.toString() + e.problem() + e.getCause()).doesNotContain("hunter2");
              });
    }
  }

  /// No shell: what looks like one is an argument. And only our environment is passed on.
  @Test
  void argumentsAreNotInterpreted() throws Exception {
    assertThat(resolve(exec("echo", "$TOKEN; id `id` *"))).isEqualTo("$TOKEN; id `id` *");
    assertThat(resolve(exec("env"))).contains("TOKEN=tok-en").doesNotContain("HOME=");
  }

  @Test
  void whatCannotBeResolvedIsNamedWithoutAnyOutput() throws Exception {
    Files.write(folder.resolve("bytes"), new byte[] {(byte) 0xff});
    Files.write(folder.resolve("large"), new byte[65_537]);
    Files.writeString(folder.resolve("newline"), "\n");
    assertUnresolved(new SecretRef.Env("NONE"), "env NONE");
    assertUnresolved(new SecretRef.Env("EMPTY"), "empty");
    assertUnresolved(new SecretRef.File("none"), "no such file");
    assertUnresolved(new SecretRef.File("."), "folder");
    assertUnresolved(new SecretRef.File("bytes"), "UTF-8");
    assertUnresolved(new SecretRef.File("large"), "64 KiB");
    assertUnresolved(new SecretRef.File("newline"), "empty");
    assertUnresolved(exec(), "names no program");
    assertUnresolved(exec("/none/such"), "cannot be started");
    assertUnresolved(exec("sh", "-c", "echo hunter2; echo hunter2 >&2; exit 3"), "status 3");
    assertUnresolved(new SecretRef.Vault("secret/x", "key"), "supported");
    assertUnresolved(new SecretRef.AwsSecretsManager("x"), "awsSecretsManager x");
    assertUnresolved(new SecretRef.AzureKeyVault("v", "n"), "azureKeyVault v/n");
  }

  @Test
  void aProgramThatHangsOrFloodsIsEnded() throws Exception {
    Duration limit = Duration.ofMillis(500);
    long start = System.nanoTime();
    assertUnresolved(exec("sh", "-c", "sleep 61.25 & sleep 61.25"), "within 500ms", limit);
    assertUnresolved(exec("sh", "-c", "exec >&-; sleep 61.25"), "within 500ms", limit);
    assertUnresolved(exec("sh", "-c", "while :; do echo xxxxxxxxxxxxxxxx; done"), "64 KiB");
    assertUnresolved(new SecretRef.File(fifo().toString()), "within 500ms", limit);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
    assertThat(
            ProcessHandle.current()
                .descendants()
                .filter(p -> p.info().commandLine().orElse("").contains("61.25")))
        .isEmpty();
  }

  private Path fifo() throws Exception {
    Path fifo = folder.resolve("fifo");
    assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
    return fifo;
  }

  @Test
  void aResolvedValueIsMaskedFromThenOn() throws Exception {
    assertThat(redactor.redact("tok-en")).isEqualTo("tok-en");
    SecretValue value = resolver(Duration.ofSeconds(20)).resolve(new SecretRef.Env("TOKEN"));
    assertThat(redactor.redact("a tok-en b")).isEqualTo("a [redacted] b");
    assertThat(value.toString()).doesNotContain("tok-en");
    assertThat(SecretResolver.describe(exec("pass", "hunter2"))).isEqualTo("exec pass");
  }
}
