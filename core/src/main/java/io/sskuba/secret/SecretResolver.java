package io.sskuba.secret;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.Environment;
import io.sskuba.io.Json;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.Credential;
import io.sskuba.spec.Durations;
import io.sskuba.spec.SecretRef;
import io.sskuba.wait.Deadline;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// Resolves secret references, and teaches each value to the redactor before anybody has it.
/// - Limits: 30 s and 64 KiB a reference. One line break at the end is no part of the value.
/// - Errors: `SECRET_UNRESOLVED`, which names the reference and never holds output.
public final class SecretResolver {
  static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int MAX_BYTES = 64 * 1024;

  private final Environment env;
  private final TimeSource time;
  private final Redactor redactor;
  private final Duration limit;
  private final RemoteSecrets remote;

  /// Without secret stores.
  public SecretResolver(Environment env, TimeSource time, Redactor redactor) {
    this(env, time, redactor, LIMIT);
  }

  public SecretResolver(Environment env, TimeSource time, Redactor redactor, RemoteSecrets remote) {
    this(env, time, redactor, remote, LIMIT);
  }

  SecretResolver(Environment env, TimeSource time, Redactor redactor, Duration limit) {
    this(env, time, redactor, RemoteSecrets.none(), limit);
  }

  private SecretResolver(
      Environment env, TimeSource time, Redactor redactor, RemoteSecrets remote, Duration limit) {
    this.remote = remote;
    this.env = env;
    this.time = time;
    this.redactor = redactor;
    this.limit = limit;
  }

  /// The file's Vault and authorities stand in where the user's environment names none (contract,
  /// section 1).
  public static Environment withVaultOf(ClusterSpec spec, Environment environment) {
    Map<String, String> more = new LinkedHashMap<>(environment.variables());
    ClusterSpec.@Nullable Secrets file = spec.secrets();
    if (file != null && file.address() != null) {
      more.putIfAbsent("VAULT_ADDR", file.address());
    }
    if (spec.trustBundle() != null) {
      more.putIfAbsent("VAULT_CACERT", spec.trustBundle());
    }
    return new Environment(more, environment.workingFolder());
  }

  public SecretValue resolve(SecretRef ref) throws InterruptedException {
    byte[] bytes =
        switch (ref) {
          case SecretRef.Env e -> ofVariable(e);
          case SecretRef.File f -> ofFile(f);
          case SecretRef.Exec x -> ofCommand(x);
          case SecretRef.Vault _, SecretRef.AwsSecretsManager _, SecretRef.AzureKeyVault _ ->
              remote.value(ref);
        };
    SecretValue value = new SecretValue(withoutLineBreak(text(ref, bytes)));
    if (value.reveal().isEmpty()) {
      throw unresolved(ref, "its value is empty", null);
    }
    redactor.learn(value);
    return value;
  }

  /// A user name and password. Errors: as [#resolve(SecretRef)]; also where the one value of both
  /// is not the JSON that it has to be.
  public Login resolve(Credential credential) throws InterruptedException {
    return switch (credential) {
      case Credential.Pair pair -> new Login(resolve(pair.username()), resolve(pair.password()));
      case Credential.VaultKeys keys ->
          new Login(
              resolve(new SecretRef.Vault(keys.path(), keys.usernameKey())),
              resolve(new SecretRef.Vault(keys.path(), keys.passwordKey())));
      case Credential.JsonValue one -> login(one.ref(), resolve(one.ref()));
    };
  }

  public record Login(SecretValue username, SecretValue password) {}

  private Login login(SecretRef ref, SecretValue both) {
    JsonNode json;
    try {
      json = Json.parse(both.reveal());
    } catch (UncheckedIOException e) {
      // Its message would quote the value.
      throw unresolved(ref, "it is no JSON with username and password", null);
    }
    String username = json.path("username").asText("");
    String password = json.path("password").asText("");
    if (username.isEmpty() || password.isEmpty()) {
      throw unresolved(ref, "its JSON has no username and password", null);
    }
    Login login = new Login(new SecretValue(username), new SecretValue(password));
    redactor.learn(login.password());
    return login;
  }

  /// The reference in words, without any value: for messages and placeholders.
  public static String describe(SecretRef ref) {
    return switch (ref) {
      case SecretRef.Env e -> "env " + e.name();
      case SecretRef.File f -> "file " + f.path();
      // Only the program: somebody may have put a secret into an argument.
      case SecretRef.Exec x -> "exec " + (x.argv().isEmpty() ? "" : x.argv().getFirst());
      case SecretRef.Vault v -> "vault " + v.path() + "#" + v.key();
      case SecretRef.AwsSecretsManager a -> "awsSecretsManager " + a.name();
      case SecretRef.AzureKeyVault k -> "azureKeyVault " + k.vault() + "/" + k.name();
    };
  }

  private byte[] ofVariable(SecretRef.Env ref) {
    String value = env.get(ref.name());
    if (value == null) {
      throw unresolved(ref, "the variable is not set", null);
    }
    return value.getBytes(StandardCharsets.UTF_8);
  }

  private byte[] ofFile(SecretRef.File ref) throws InterruptedException {
    Path path = env.workingFolder().resolve(ref.path());
    if (Files.isDirectory(path)) {
      throw unresolved(ref, "it is a folder", null);
    }
    // A named pipe may have no writer, so reading has a limit too.
    CompletableFuture<byte[]> content =
        inBackground(
            () -> {
              try (InputStream in = Files.newInputStream(path)) {
                return in.readNBytes(MAX_BYTES + 1);
              }
            });
    return await(ref, content);
  }

  private byte[] ofCommand(SecretRef.Exec ref) throws InterruptedException {
    if (ref.argv().isEmpty()) {
      throw unresolved(ref, "it names no program", null);
    }
    ProcessBuilder builder =
        new ProcessBuilder(ref.argv())
            .directory(env.workingFolder().toFile())
            .redirectError(Redirect.DISCARD);
    builder.environment().clear();
    builder.environment().putAll(env.variables());
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw unresolved(ref, "the program cannot be started", e);
    }
    Deadline deadline = Deadline.after(time, limit);
    try {
      process.getOutputStream().close();
      CompletableFuture<byte[]> output =
          inBackground(() -> process.getInputStream().readNBytes(MAX_BYTES + 1));
      byte[] bytes = await(ref, output);
      if (bytes.length > MAX_BYTES) {
        return bytes; // refused as too long; the program need not end by itself
      }
      if (!process.waitFor(deadline.left().toNanos(), TimeUnit.NANOSECONDS)) {
        throw unresolved(ref, "the program did not end within " + words(), null);
      }
      if (process.exitValue() != 0) {
        throw unresolved(ref, "the program ended with status " + process.exitValue(), null);
      }
      return bytes;
    } catch (IOException e) {
      throw unresolved(ref, "the program's output cannot be read", e);
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  @FunctionalInterface
  private interface Read {
    byte[] read() throws IOException;
  }

  private static CompletableFuture<byte[]> inBackground(Read read) {
    CompletableFuture<byte[]> result = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .name("secret reader")
        .start(
            () -> {
              try {
                result.complete(read.read());
              } catch (IOException | RuntimeException e) {
                result.completeExceptionally(e);
              }
            });
    return result;
  }

  private byte[] await(SecretRef ref, CompletableFuture<byte[]> content)
      throws InterruptedException {
    try {
      return content.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw unresolved(ref, "no value within " + words(), e);
    } catch (ExecutionException e) {
      String cause =
          e.getCause() instanceof NoSuchFileException
              ? "there is no such file"
              : "it cannot be read";
      throw unresolved(ref, cause, e);
    }
  }

  private String words() {
    return Durations.format(limit);
  }

  private static String text(SecretRef ref, byte[] bytes) {
    if (bytes.length > MAX_BYTES) {
      throw unresolved(ref, "its value is larger than 64 KiB", null);
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw unresolved(ref, "its value is not UTF-8", null);
    }
  }

  private static String withoutLineBreak(String text) {
    if (text.endsWith("\r\n")) {
      return text.substring(0, text.length() - 2);
    }
    return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
  }

  private static SskubaException unresolved(
      SecretRef ref, String cause, @Nullable Throwable exception) {
    return new SskubaException(
        Problem.of(
                ProblemCode.SECRET_UNRESOLVED,
                "the secret reference " + describe(ref) + " cannot be resolved")
            .fact("cause", cause)
            .next("sskuba-ctl explain " + ProblemCode.SECRET_UNRESOLVED.id()),
        exception);
  }
}
