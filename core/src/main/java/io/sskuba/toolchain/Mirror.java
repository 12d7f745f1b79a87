package io.sskuba.toolchain;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A folder or web server of the user's with programs as `NAME/VERSION/OS-ARCH/NAME`, each with its
/// digest beside it in `NAME.sha256` (as `sha256sum` writes it).
///
/// Whoever sets the mirror trusts it; so a web mirror must be https, or on this machine.
record Mirror(URI base) {
  private static final int DIGEST_FILE_BYTES_MAX = 4096;
  private static final Pattern DIGEST = Pattern.compile("^(?:sha256:)?([0-9a-fA-F]{64})\\b");

  /// Gets the program into `target` and checks it. Fails with the reason in words.
  void fetch(
      Tool tool,
      Platform platform,
      Downloader downloader,
      Path part,
      Path target,
      Consumer<String> report)
      throws Downloader.Failed, IOException, InterruptedException {
    String relative =
        "%s/%s/%s/%s".formatted(tool.name(), tool.version(), platform.dashed(), tool.name());
    if ("file".equals(base.getScheme())) {
      copy(Path.of(base).resolve(relative), target);
      return;
    }
    requireTrustworthy();
    URI url = URI.create(base.toString().replaceAll("/+$", "") + "/" + relative);
    String sha256 =
        digest(
            downloader.text(URI.create(url + ".sha256"), DIGEST_FILE_BYTES_MAX), url + ".sha256");
    downloader.fetch(tool.title(), url, sha256, part, report);
    Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static void copy(Path file, Path target) throws Downloader.Failed, IOException {
    Path digestFile = file.resolveSibling(file.getFileName() + ".sha256");
    if (!Files.isRegularFile(file)) {
      throw new Downloader.Failed("no " + file);
    }
    if (!Files.isRegularFile(digestFile)) {
      throw new Downloader.Failed("no digest file " + digestFile + ": not used");
    }
    String expected = digest(Files.readString(digestFile), digestFile.toString());
    Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
    String actual = Digests.ofFile(target);
    if (!actual.equals(expected)) {
      Files.delete(target);
      throw new Downloader.Failed(
          "%s: wrong digest%n  expected sha256:%s%n  actual   sha256:%s"
              .formatted(file, expected, actual));
    }
  }

  private static String digest(String text, String where) throws Downloader.Failed {
    Matcher matcher = DIGEST.matcher(text.strip());
    if (!matcher.find()) {
      throw new Downloader.Failed(where + ": holds no SHA-256");
    }
    return matcher.group(1).toLowerCase(Locale.ROOT);
  }

  private void requireTrustworthy() throws Downloader.Failed {
    String host = String.valueOf(base.getHost());
    boolean here = host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]");
    if (!"https".equals(base.getScheme()) && !("http".equals(base.getScheme()) && here)) {
      throw new Downloader.Failed(base + ": neither https nor a folder: not used");
    }
  }
}
