package io.sskuba.toolchain;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.AtomicFiles;
import io.sskuba.io.Json;
import io.sskuba.io.TimeSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Downloads whose digest nobody has written down: verified by the publisher's signature the first
/// time, then by the digest that was locked here when the signature held.
///
/// What a signature needs is got first, so that a publisher who has none costs no download.
/// - Limits: [#SIGNATURE_BYTES_MAX] a signature, [#ANSWER_BYTES_MAX] an answer of the log; else
///   those of [Downloader].
/// - Errors: [Downloader.Failed] with the reason in words; then nothing is left in `part`.
final class SignedDownloads {
  private static final int SIGNATURE_BYTES_MAX = 256 << 10;
  private static final int ANSWER_BYTES_MAX = 1 << 20;
  private static final Duration GUARD_MAX = Duration.ofMinutes(2);
  private static final String LOG_SEARCH = "/api/v1/log/entries/retrieve";

  private final Downloader downloader;
  private final Path root;
  private final TimeSource time;
  private final TrustRoot trust;

  SignedDownloads(Downloader downloader, Path root, TimeSource time, TrustRoot trust) {
    this.downloader = downloader;
    this.root = root;
    this.time = time;
    this.trust = trust;
  }

  /// Whom to trust: `trusted_root.json` of a sigstore instance.
  @FunctionalInterface
  interface TrustRoot {
    byte[] get(SigstoreEngine engine, Downloader downloader)
        throws SigstoreEngine.Refused, IOException, InterruptedException;
  }

  static SignedDownloads of(Downloader downloader, Path root, TimeSource time) {
    return new SignedDownloads(
        downloader,
        root,
        time,
        new PublicTrustRoot(
            URI.create("https://tuf-repo-cdn.sigstore.dev/"), null, root.resolve("tuf"), time));
  }

  /// The same by another way out.
  SignedDownloads through(Downloader other) {
    return new SignedDownloads(other, root, time, trust);
  }

  /// The digest that was locked here for this download, or null.
  ///
  /// @param verified how its bytes were verified when it was locked
  record Locked(URI url, String sha256, String verified) {}

  @Nullable Locked locked(URI url) {
    Path file = lockFile(url);
    if (!Files.exists(file)) {
      return null;
    }
    try {
      JsonNode node = Json.parse(Files.readAllBytes(file));
      String sha256 = node.path("sha256").asText();
      boolean right = node.path("url").asText().equals(url.toString());
      return right && sha256.matches("[0-9a-f]{64}")
          ? new Locked(url, sha256, node.path("verified").asText())
          : null;
    } catch (IOException | UncheckedIOException | IllegalArgumentException e) {
      return null; // unreadable: the signature decides again
    }
  }

  /// Gets the download into `part` and returns how it was verified, in words.
  String get(Tool tool, URI url, Tool.Signature signature, Path part, Consumer<String> report)
      throws Downloader.Failed, IOException, InterruptedException {
    Locked locked = locked(url);
    if (locked != null) {
      downloader.fetch(tool.title(), url, locked.sha256(), part, report);
      return locked.verified();
    }
    Beside beside = beside(url, signature);
    report.accept(tool.title() + ": publisher: verifying by its signature, " + beside.what());
    SigstoreEngine engine = engine();
    byte[] trusted = trusted(engine, url);
    String sha256 = downloader.fetchUnverified(tool.title(), url, part, report);
    try {
      byte[] digest = HexFormat.of().parseHex(sha256);
      String who =
          engine.verify(
              trusted, digest, evidence(engine, trusted, digest, beside), signature.signers());
      String verified = "signature of " + who;
      lock(new Locked(url, sha256, verified));
      return verified;
    } catch (SigstoreEngine.Refused e) {
      Downloader.discard(part);
      throw new Downloader.Failed(url + ": signature: " + e.getMessage() + ": not used");
    } catch (LinkageError e) {
      Downloader.discard(part);
      throw new Downloader.Failed("this installation's lib/sigstore is damaged: " + e);
    } catch (Downloader.Failed e) {
      Downloader.discard(part);
      throw e;
    }
  }

  /// What lies beside the download; `certificate` is empty for a bundle.
  private record Beside(String what, byte[] signature, byte @Nullable [] certificate) {}

  private Beside beside(URI url, Tool.Signature signature)
      throws Downloader.Failed, IOException, InterruptedException {
    return switch (signature.form()) {
      case BUNDLE -> {
        URI bundle = signature.beside(url, signature.suffix());
        yield new Beside(bundle.toString(), small(bundle), null);
      }
      case DETACHED -> {
        URI file = signature.beside(url, ".sig");
        yield new Beside(file.toString(), small(file), small(signature.beside(url, ".cert")));
      }
    };
  }

  private byte[] small(URI url) throws Downloader.Failed, IOException, InterruptedException {
    try {
      return downloader.bytes(url, SIGNATURE_BYTES_MAX);
    } catch (Downloader.Failed e) {
      throw new Downloader.Failed("no signature: " + e.getMessage() + ": not used");
    }
  }

  /// A detached signature says nothing about when it was made: the transparency log is asked.
  private SigstoreEngine.Evidence evidence(
      SigstoreEngine engine, byte[] trusted, byte[] digest, Beside beside)
      throws SigstoreEngine.Refused, Downloader.Failed, IOException, InterruptedException {
    byte[] certificate = beside.certificate();
    if (certificate == null) {
      return new SigstoreEngine.Evidence.Bundle(
          new String(beside.signature(), StandardCharsets.UTF_8));
    }
    String query = engine.logQuery(digest, certificate, beside.signature());
    Downloader.@Nullable Failed last = null;
    for (URI log : engine.logs(trusted)) {
      try {
        List<String> entries = entries(downloader.post(at(log), query, ANSWER_BYTES_MAX));
        if (!entries.isEmpty()) {
          return new SigstoreEngine.Evidence.Detached(certificate, beside.signature(), entries);
        }
      } catch (Downloader.Failed e) {
        last = e;
      }
    }
    if (last != null) {
      throw new Downloader.Failed("transparency log: " + last.getMessage() + ": not used");
    }
    return new SigstoreEngine.Evidence.Detached(certificate, beside.signature(), List.of());
  }

  private static List<String> entries(String answer) throws Downloader.Failed {
    List<String> entries = new ArrayList<>();
    try {
      Json.parse(answer.getBytes(StandardCharsets.UTF_8))
          .elements()
          .forEachRemaining(entry -> entries.add(entry.toString()));
    } catch (UncheckedIOException | IllegalArgumentException e) {
      throw new Downloader.Failed("its answer is no JSON");
    }
    return entries;
  }

  private static URI at(URI log) {
    return URI.create(log.toString().replaceAll("/+$", "") + LOG_SEARCH);
  }

  private static SigstoreEngine engine() throws Downloader.Failed {
    try {
      return SigstoreLoader.load();
    } catch (IOException e) {
      throw new Downloader.Failed(e.getMessage() + ": not used");
    }
  }

  private byte[] trusted(SigstoreEngine engine, URI url)
      throws Downloader.Failed, IOException, InterruptedException {
    try (ToolGuard _ =
        ToolGuard.take(
            root.resolve("locks").resolve("sigstore.lock"),
            "sigstore's trust root",
            time,
            GUARD_MAX,
            line -> {})) {
      return trust.get(engine, downloader);
    } catch (SigstoreEngine.Refused e) {
      throw new Downloader.Failed(url + ": " + e.getMessage() + ": not used");
    } catch (NotFetched e) {
      throw new Downloader.Failed(
          url + ": sigstore's trust root: " + e.getMessage() + ": not used");
    }
  }

  private void lock(Locked locked) throws IOException {
    Path file = lockFile(locked.url());
    AtomicFiles.privateFolder(Objects.requireNonNull(file.getParent(), "a lock has a folder"));
    AtomicFiles.writeString(
        file,
        Json.pretty(
            Json.object()
                .put("url", locked.url().toString())
                .put("sha256", locked.sha256())
                .put("verified", locked.verified())
                .put("at", time.now().toString())));
  }

  private Path lockFile(URI url) {
    String name = Digests.of(url.toString().getBytes(StandardCharsets.UTF_8)).substring(0, 32);
    return root.resolve("digests").resolve(name + ".json");
  }

  /// A failure of the network inside a library that knows `IOException` only.
  private static final class NotFetched extends IOException {
    private static final long serialVersionUID = 1L;

    NotFetched(String why) {
      super(why);
    }
  }

  /// sigstore's public instance, by TUF; its repository is asked through our own downloader.
  ///
  /// @param root where trust begins, as JSON; null for what the library ships
  record PublicTrustRoot(URI repository, @Nullable String root, Path store, TimeSource time)
      implements TrustRoot {
    @Override
    public byte[] get(SigstoreEngine engine, Downloader downloader)
        throws SigstoreEngine.Refused, IOException, InterruptedException {
      AtomicFiles.privateFolder(store);
      return engine.trustedRoot(
          root,
          store,
          source(downloader, repository),
          source(downloader, repository.resolve("targets/")),
          time.now());
    }

    private static SigstoreEngine.Source source(Downloader downloader, URI folder) {
      return (name, bytesMax) -> {
        try {
          return downloader.bytes(folder.resolve(name), bytesMax);
        } catch (Downloader.Failed e) {
          if (e.missing()) {
            return null;
          }
          throw new NotFetched(String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new NotFetched("interrupted");
        }
      };
    }
  }
}
