package io.sskuba.clouds.azure;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.clouds.azure.AzureAccess.Token;
import io.sskuba.io.Environment;
import io.sskuba.io.Json;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The sign-in of the Azure CLI: `az account get-access-token`, which renews what it keeps.
/// - Limits: [#LIMIT] a call; 256 KiB of what it says.
/// - Errors: `CLOUD_CREDENTIALS`. What it says is told by what we know of it, never as it stands.
/// - Source: azure-cli, `az account get-access-token`; its output since 2.54 has `expires_on`
final class AzureCli {
  /// Python starts slowly, and it asks Entra when its token has ended.
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private static final int BYTES_MAX = 256 * 1024;

  /// What older ones, which do not say it as a number, are taken to have left.
  private static final Duration SHORT = Duration.ofMinutes(5);

  private static final Pattern ENTRA = Pattern.compile("AADSTS[0-9]{4,9}");

  private final Environment environment;
  private final TimeSource time;
  private final String subscription;
  private final String audience;

  AzureCli(Environment environment, TimeSource time, String subscription, String audience) {
    this.environment = environment;
    this.time = time;
    this.subscription = subscription;
    this.audience = audience;
  }

  private record Said(int exit, String out, String err) {}

  Token token() {
    Path program =
        program()
            .orElseThrow(
                () ->
                    refused(
                        "there is no az on the PATH, nor other credentials in the environment"));
    Said said =
        run(
            List.of(
                program.toString(),
                "account",
                "get-access-token",
                "--output",
                "json",
                "--subscription",
                subscription,
                "--resource",
                audience + "/"));
    if (said.exit() != 0) {
      throw refused(cause(said));
    }
    JsonNode json;
    try {
      json = Json.parse(said.out());
    } catch (UncheckedIOException e) {
      throw refused("az printed no JSON");
    }
    String value = json.path("accessToken").asText("");
    if (value.isEmpty()) {
      throw refused("az printed no token");
    }
    Instant expires =
        json.path("expires_on").canConvertToLong()
            ? Instant.ofEpochSecond(json.path("expires_on").asLong())
            : time.now().plus(SHORT);
    return new Token(value, expires);
  }

  private Optional<Path> program() {
    String path = environment.get("PATH");
    if (path == null) {
      return Optional.empty();
    }
    boolean windows = File.separatorChar == '\\';
    for (String folder : path.split(Pattern.quote(File.pathSeparator), -1)) {
      Path program = Path.of(folder).resolve(windows ? "az.cmd" : "az");
      if (!folder.isEmpty() && program.isAbsolute() && Files.isExecutable(program)) {
        return Optional.of(program);
      }
    }
    return Optional.empty();
  }

  private Said run(List<String> argv) {
    ProcessBuilder builder = new ProcessBuilder(argv).directory(environment.home().toFile());
    builder.environment().clear();
    builder.environment().putAll(environment.variables());
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw refused("az cannot be started");
    }
    try {
      process.getOutputStream().close();
      CompletableFuture<String> out = read(process.getInputStream());
      CompletableFuture<String> err = read(process.getErrorStream());
      if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        throw refused("az did not end within " + LIMIT.toSeconds() + "s");
      }
      return new Said(process.exitValue(), out.join(), err.join());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw refused("az was not waited for");
    } catch (IOException | CompletionException e) {
      throw refused("what az says cannot be read");
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private static CompletableFuture<String> read(InputStream in) {
    CompletableFuture<String> text = new CompletableFuture<>();
    Thread.ofVirtual()
        .name("az output")
        .start(
            () -> {
              try (in) {
                text.complete(new String(in.readNBytes(BYTES_MAX), StandardCharsets.UTF_8));
              } catch (IOException e) {
                text.completeExceptionally(e);
              }
            });
    return text;
  }

  private String cause(Said said) {
    Matcher code = ENTRA.matcher(said.err());
    if (code.find()) {
      return "az: " + code.group() + ", its sign-in has ended or does not suffice";
    }
    if (said.err().contains("az login")) {
      return "az: nobody is signed in";
    }
    if (said.err().contains("not found. Check the spelling")
        || said.err().contains("doesn't exist in cloud")) {
      return "az: subscription " + subscription + " is not among those of its sign-in";
    }
    return "az ended with status " + said.exit();
  }

  private static SskubaException refused(String cause) {
    return new SskubaException(
        Problem.of(ProblemCode.CLOUD_CREDENTIALS, "the Azure CLI gives no token")
            .fact("cause", cause)
            .next("az login"));
  }
}
