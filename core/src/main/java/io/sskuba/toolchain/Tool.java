package io.sskuba.toolchain;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// One pinned program, as the lock file has it.
///
/// @param versionArgs arguments that make it print its version; empty where it cannot
/// @param versionPattern finds the version in that output as its first group
/// @param published the publisher's downloads, by platform such as `linux/amd64`
/// @param signature how the publisher signs, or null where it is not known to
/// @param build how it is built from the Go module proxy
record Tool(
    String name,
    String version,
    List<String> versionArgs,
    @Nullable Pattern versionPattern,
    Map<String, Published> published,
    @Nullable Signature signature,
    GoBuild build) {

  Tool {
    versionArgs = List.copyOf(versionArgs);
    published = Map.copyOf(published);
  }

  /// @param entry the program's path inside an archive; null when the download is the program
  /// @param digest `sha256:HEX` of the download, or null where the lock says `unverified`
  record Published(URI url, @Nullable String entry, @Nullable String digest) {}

  /// How the publisher signs a download: keyless, by sigstore.
  ///
  /// @param form what lies beside the download
  /// @param suffix of the bundle; not used for detached signatures
  /// @param folder where signatures lie, ending in `/`; null for beside the download
  /// @param signers who must have signed, one of them
  /// @param source the published document that says so
  record Signature(
      Form form,
      String suffix,
      @Nullable URI folder,
      List<SigstoreEngine.Signer> signers,
      String source) {
    Signature {
      signers = List.copyOf(signers);
    }

    /// `DETACHED`: `FILE.sig` and `FILE.cert`. `BUNDLE`: one file with the proof of the log in it.
    enum Form {
      DETACHED,
      BUNDLE
    }

    /// Where the file with this suffix lies for a download.
    URI beside(URI download, String suffix) {
      if (folder == null) {
        return URI.create(download + suffix);
      }
      String path = download.getPath();
      return folder.resolve(path.substring(path.lastIndexOf('/') + 1) + suffix);
    }
  }

  /// @param module the folder under `toolchain/` that holds `go.mod` and `go.sum`
  /// @param expected wall time with empty caches on 2 idle cores
  record GoBuild(String module, String mainPackage, List<String> ldflags, Duration expected) {
    GoBuild {
      ldflags = List.copyOf(ldflags);
    }
  }

  /// Name and version as people read them.
  String title() {
    return name + " " + version;
  }

  /// Whether `other` is the pinned version, with or without a leading `v`.
  boolean isVersion(String other) {
    return bare(other).equals(bare(version));
  }

  private static String bare(String version) {
    return version.startsWith("v") ? version.substring(1) : version;
  }
}
