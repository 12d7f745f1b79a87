package io.sskuba.toolchain;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What checks sigstore signatures. Its implementation and its libraries are loaded by
/// [SigstoreLoader] when a download is verified, apart from everything else. It dials nobody: what
/// it needs from elsewhere it asks a [Source] for.
public interface SigstoreEngine {
  /// Gets files of a TUF repository.
  @FunctionalInterface
  interface Source {
    /// The file, or null when the repository does not have it.
    byte @Nullable [] fetch(String name, int bytesMax) throws IOException;
  }

  /// Who must have signed.
  ///
  /// @param identity the subject of the certificate, or a regular expression for all of it
  /// @param pattern whether it is a regular expression
  /// @param issuer who vouched for the identity
  record Signer(String identity, boolean pattern, String issuer) {}

  /// What the publisher offers beside the file.
  sealed interface Evidence {
    /// `FILE.sig` and `FILE.cert`, and what the transparency log has for [#logQuery]: JSON objects
    /// of one entry each.
    record Detached(byte[] certificate, byte[] signature, List<String> logEntries)
        implements Evidence {
      public Detached {
        logEntries = List.copyOf(logEntries);
        certificate = certificate.clone();
        signature = signature.clone();
      }

      @Override
      public byte[] certificate() {
        return certificate.clone();
      }

      @Override
      public byte[] signature() {
        return signature.clone();
      }
    }

    /// A sigstore bundle: signature, certificate and proof of the log in one file.
    record Bundle(String json) implements Evidence {}
  }

  /// The signature does not hold, or something is not of the form that it must have.
  final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    public Refused(String why, @Nullable Throwable cause) {
      super(why, cause);
    }
  }

  /// `trusted_root.json` of sigstore's public instance, fetched by TUF from the root key that the
  /// library ships. What was seen is kept in `store`, so that it cannot be rolled back.
  ///
  /// @param root another root to begin with, as JSON, or null
  byte[] trustedRoot(
      @Nullable String root, Path store, Source metadata, Source targets, Instant now)
      throws Refused, IOException;

  /// Where the transparency logs of a trusted root are asked.
  List<URI> logs(byte[] trustedRoot) throws Refused;

  /// The body of the search for the entry of a signature, for `POST /api/v1/log/entries/retrieve`.
  String logQuery(byte[] sha256, byte[] certificate, byte[] signature) throws Refused;

  /// Returns who signed, in words, if one of the signers did so for the file with this digest while
  /// the certificate was valid, and the log proves it.
  String verify(byte[] trustedRoot, byte[] sha256, Evidence evidence, List<Signer> signers)
      throws Refused;
}
