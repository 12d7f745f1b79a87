package io.sskuba.toolchain.sigstore;

import dev.sigstore.KeylessVerificationException;
import dev.sigstore.KeylessVerifier;
import dev.sigstore.VerificationOptions;
import dev.sigstore.bundle.Bundle;
import dev.sigstore.bundle.BundleParseException;
import dev.sigstore.bundle.ImmutableBundle;
import dev.sigstore.encryption.certificates.Certificates;
import dev.sigstore.fulcio.client.ImmutableFulcioCertificateMatcher;
import dev.sigstore.json.JsonParseException;
import dev.sigstore.rekor.client.HashedRekordRequest;
import dev.sigstore.rekor.client.RekorEntry;
import dev.sigstore.rekor.client.RekorParseException;
import dev.sigstore.rekor.client.RekorResponse;
import dev.sigstore.strings.RegexSyntaxException;
import dev.sigstore.strings.StringMatcher;
import dev.sigstore.trustroot.SigstoreConfigurationException;
import dev.sigstore.trustroot.SigstoreTrustedRoot;
import dev.sigstore.trustroot.TransparencyLog;
import dev.sigstore.tuf.FileSystemTufStore;
import dev.sigstore.tuf.MetaFetcher;
import dev.sigstore.tuf.PassthroughCacheMetaStore;
import dev.sigstore.tuf.RootProvider;
import dev.sigstore.tuf.SigstoreTufClient;
import dev.sigstore.tuf.TrustedMetaStore;
import dev.sigstore.tuf.Updater;
import io.sskuba.toolchain.SigstoreEngine;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Checks signatures with sigstore-java.
/// - Errors: [SigstoreEngine.Refused] also for what the library throws unchecked at malformed
///   input: it is read before anything of it is known to be good.
/// - Source: the bundle and the trusted root, github.com/sigstore/protobuf-specs; the log's search,
///   the OpenAPI document of github.com/sigstore/rekor; TUF 1.0.
public final class SigstoreJava implements SigstoreEngine {
  private static final String TRUSTED_ROOT = "trusted_root.json";
  private static final int ENTRIES_MAX = 5;

  @Override
  public byte[] trustedRoot(
      @Nullable String root, Path store, Source metadata, Source targets, Instant now)
      throws Refused, IOException {
    RootProvider shipped = RootProvider.fromResource(SigstoreTufClient.PUBLIC_GOOD_ROOT_RESOURCE);
    FileSystemTufStore files = FileSystemTufStore.newFileSystemStore(store);
    Updater updater =
        Updater.builder()
            .setClock(Clock.fixed(now, ZoneOffset.UTC))
            .setTrustedRootPath(root == null ? shipped : () -> root)
            .setTrustedMetaStore(
                TrustedMetaStore.newTrustedMetaStore(
                    PassthroughCacheMetaStore.newPassthroughMetaCache(files)))
            .setTargetStore(files)
            .setMetaFetcher(MetaFetcher.newFetcher(fetcher(metadata)))
            .setTargetFetcher(fetcher(targets))
            .build();
    try {
      updater.updateMeta();
      updater.downloadTarget(TRUSTED_ROOT);
      return files.readTarget(TRUSTED_ROOT);
    } catch (JsonParseException | RuntimeException e) {
      throw refused("sigstore's trust root does not hold", e);
    }
  }

  private static dev.sigstore.tuf.Fetcher fetcher(Source source) {
    return new dev.sigstore.tuf.Fetcher() {
      @Override
      public String getSource() {
        return "sigstore's TUF repository";
      }

      @Override
      @SuppressWarnings("NullAway") // null is the library's word for "not there"
      public byte[] fetchResource(String name, int bytesMax) throws IOException {
        return source.fetch(name, bytesMax);
      }
    };
  }

  @Override
  public List<URI> logs(byte[] trustedRoot) throws Refused {
    return root(trustedRoot).getTLogs().stream()
        .map(TransparencyLog::getBaseUrl)
        .distinct()
        .toList();
  }

  @Override
  public String logQuery(byte[] sha256, byte[] certificate, byte[] signature) throws Refused {
    try {
      byte[] pem = Certificates.toPemBytes(leaf(certificate));
      return "{\"entries\":["
          + HashedRekordRequest.newHashedRekordRequest(sha256, pem, binary(signature))
              .toJsonPayload()
          + "]}";
    } catch (IOException | RuntimeException e) {
      throw refused("the signature or its certificate cannot be read", e);
    }
  }

  @Override
  public String verify(byte[] trustedRoot, byte[] sha256, Evidence evidence, List<Signer> signers)
      throws Refused {
    SigstoreTrustedRoot root = root(trustedRoot);
    try {
      KeylessVerifier verifier = KeylessVerifier.builder().trustedRootProvider(() -> root).build();
      return switch (evidence) {
        case Evidence.Bundle bundle -> {
          Bundle read = Bundle.from(new StringReader(bundle.json()));
          yield verify(verifier, sha256, read, signers);
        }
        case Evidence.Detached detached -> verifyDetached(verifier, sha256, detached, signers);
      };
    } catch (BundleParseException e) {
      throw refused("the bundle cannot be read", e);
    } catch (GeneralSecurityException | SigstoreConfigurationException e) {
      throw refused("the trust root cannot be used", e);
    } catch (RuntimeException e) {
      throw refused("the signature cannot be read", e);
    }
  }

  /// The same file may have been signed twice with one key: any entry that holds will do.
  private static String verifyDetached(
      KeylessVerifier verifier, byte[] sha256, Evidence.Detached detached, List<Signer> signers)
      throws Refused, CertificateException {
    X509Certificate leaf = leaf(detached.certificate());
    List<RekorEntry> entries = entries(detached.logEntries());
    if (entries.isEmpty()) {
      throw new Refused("the transparency log does not have it" + signedBy(leaf), null);
    }
    @Nullable Refused last = null;
    for (RekorEntry entry : entries) {
      try {
        Bundle bundle =
            ImmutableBundle.builder()
                .certPath(Certificates.toCertPath(leaf))
                .messageSignature(
                    Bundle.MessageSignature.of(
                        dev.sigstore.AlgorithmRegistry.HashAlgorithm.SHA2_256,
                        sha256,
                        binary(detached.signature())))
                .addEntries(entry)
                .build();
        return verify(verifier, sha256, bundle, signers);
      } catch (Refused e) {
        last = e;
      }
    }
    throw last == null ? new Refused("the transparency log does not have it", null) : last;
  }

  private static String verify(
      KeylessVerifier verifier, byte[] sha256, Bundle bundle, List<Signer> signers) throws Refused {
    X509Certificate leaf = Certificates.getLeaf(bundle.getCertPath());
    if (bundle.getMessageSignature().isEmpty() || bundle.getEntries().isEmpty()) {
      throw new Refused("it is no signature of a file with a proof of the transparency log", null);
    }
    try {
      verifier.verify(sha256, bundle, options(signers));
    } catch (KeylessVerificationException e) {
      throw refused(signedBy(leaf).strip(), e);
    }
    requireSignedWhileValid(bundle, leaf);
    return subject(leaf) + " (" + issuer(leaf) + ")";
  }

  /// sigstore-java 2.0.0 takes an entry of the log without asking whether the certificate was valid
  /// when the log took it in; without this a stolen key of ten minutes would sign for ever. The
  /// signed time of the log has been verified, as has a timestamp where the bundle has one.
  private static void requireSignedWhileValid(Bundle bundle, X509Certificate leaf) throws Refused {
    RekorEntry entry = bundle.getEntries().get(0);
    @Nullable String signed = entry.getVerification().getSignedEntryTimestamp();
    if (signed == null || signed.isEmpty()) {
      if (bundle.getTimestamps().isEmpty()) {
        throw new Refused("nothing proves when it was signed", null);
      }
      return; // the library has checked each timestamp against the certificate
    }
    Date at = Date.from(entry.getIntegratedTimeInstant());
    if (at.before(leaf.getNotBefore()) || at.after(leaf.getNotAfter())) {
      throw new Refused(
          "the certificate was valid from %s to %s, but the log took the signature in at %s"
              .formatted(
                  leaf.getNotBefore().toInstant(), leaf.getNotAfter().toInstant(), at.toInstant()),
          null);
    }
  }

  private static VerificationOptions options(List<Signer> signers) throws Refused {
    var options = VerificationOptions.builder();
    for (Signer signer : signers) {
      try {
        options.addCertificateMatchers(
            ImmutableFulcioCertificateMatcher.builder()
                .subjectAlternativeName(
                    signer.pattern()
                        ? StringMatcher.regex(signer.identity())
                        : StringMatcher.string(signer.identity()))
                .issuer(StringMatcher.string(signer.issuer()))
                .build());
      } catch (RegexSyntaxException e) {
        throw refused("the lock file names no signer", e);
      }
    }
    if (signers.isEmpty()) {
      throw new Refused("the lock file names no signer", null);
    }
    return options.build();
  }

  private static List<RekorEntry> entries(List<String> answers) throws Refused {
    List<RekorEntry> entries = new ArrayList<>();
    try {
      for (String one : answers.subList(0, Math.min(answers.size(), ENTRIES_MAX))) {
        entries.add(RekorResponse.newRekorResponse(URI.create("log"), one).getEntry());
      }
    } catch (RekorParseException | RuntimeException e) {
      throw refused("the transparency log's answer cannot be read", e);
    }
    return entries;
  }

  private static SigstoreTrustedRoot root(byte[] json) throws Refused {
    try {
      return SigstoreTrustedRoot.from(new ByteArrayInputStream(json));
    } catch (SigstoreConfigurationException | RuntimeException e) {
      throw refused("the trust root cannot be read", e);
    }
  }

  /// PEM, or the base64 of PEM that cosign's `--output-certificate` writes.
  private static X509Certificate leaf(byte[] certificate) throws Refused {
    try {
      String text = new String(certificate, StandardCharsets.US_ASCII).strip();
      byte[] pem =
          text.startsWith("-----BEGIN")
              ? text.getBytes(StandardCharsets.US_ASCII)
              : Base64.getMimeDecoder().decode(text);
      Certificate read = Certificates.fromPem(pem);
      if (read instanceof X509Certificate x509) {
        return x509;
      }
      throw new Refused("the certificate cannot be read", null);
    } catch (CertificateException | RuntimeException e) {
      throw refused("the certificate cannot be read", e);
    }
  }

  private static byte[] binary(byte[] base64) throws Refused {
    try {
      return Base64.getMimeDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw refused("the signature cannot be read", e);
    }
  }

  private static String signedBy(X509Certificate leaf) {
    return ", signed by " + subject(leaf) + " (" + issuer(leaf) + ")";
  }

  private static String subject(X509Certificate leaf) {
    try {
      @Nullable Collection<List<?>> names = leaf.getSubjectAlternativeNames();
      return names == null || names.isEmpty()
          ? "nobody"
          : printable(String.valueOf(names.iterator().next().get(1)));
    } catch (CertificateParsingException e) {
      return "nobody";
    }
  }

  /// The issuer's extension of Fulcio; its last part is the text in both of its forms.
  private static String issuer(X509Certificate leaf) {
    for (String oid : List.of("1.3.6.1.4.1.57264.1.8", "1.3.6.1.4.1.57264.1.1")) {
      byte @Nullable [] value = leaf.getExtensionValue(oid);
      if (value != null) {
        String text = new String(value, StandardCharsets.ISO_8859_1);
        int at = text.indexOf("http");
        return at < 0 ? "unknown issuer" : printable(text.substring(at));
      }
    }
    return "no issuer";
  }

  private static String printable(String text) {
    String safe = text.replaceAll("[^\\x20-\\x7e]", "?");
    return safe.substring(0, Math.min(safe.length(), 200));
  }

  private static Refused refused(String what, Throwable cause) {
    @Nullable String why = cause.getMessage();
    String reason =
        why == null ? cause.getClass().getSimpleName() : why.lines().findFirst().orElse("");
    @Nullable Throwable deeper = cause.getCause();
    if (deeper != null && deeper.getMessage() != null && !reason.contains(deeper.getMessage())) {
      reason = reason + ": " + deeper.getMessage().lines().findFirst().orElse("");
    }
    return new Refused((what.startsWith(", ") ? what.substring(2) : what) + ": " + reason, cause);
  }
}
