package io.sskuba.toolchain;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.Environment;
import io.sskuba.io.Json;
import io.sskuba.io.TimeSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;

/// An Image Factory: `SSKUBA_IMAGE_FACTORY`, else the public one.
/// - Limits: an hour and 4 GiB an image, 5 attempts; what was got is not verified here, since no
///   factory publishes digests: that the address holds the schematic's own digest is all there is.
public final class FactoryDownload {
  private static final String PUBLIC = "https://factory.talos.dev/";
  private static final int ANSWER_MAX = 64 * 1024;
  private static final Downloader.Limits LIMITS =
      new Downloader.Limits(
          Duration.ofSeconds(10), Duration.ofMinutes(5), Duration.ofHours(1), 4L << 30, 5);

  private final Downloader downloader;
  private final URI factory;

  public FactoryDownload(Environment user, TimeSource time, Egress egress) {
    this.downloader = new Downloader(egress.over(user), time, LIMITS, egress.trustPem());
    String named = user.get("SSKUBA_IMAGE_FACTORY");
    String base = named == null || named.isEmpty() ? PUBLIC : named;
    this.factory = URI.create(base.endsWith("/") ? base : base + "/");
  }

  /// Tells the factory a schematic and returns the id that it gives. Idempotent.
  public String register(String json) throws IOException, InterruptedException {
    try {
      JsonNode answer =
          Json.parse(downloader.post(factory.resolve("schematics"), json, ANSWER_MAX));
      return answer.path("id").asText();
    } catch (Downloader.Failed | UncheckedIOException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /// Gets what lies at `path` into `part`. The factory makes an image when first asked for it.
  public void fetch(String path, Path part, Consumer<String> report)
      throws IOException, InterruptedException {
    try {
      String _ = downloader.fetchUnverified("image", factory.resolve(path), part, report);
    } catch (Downloader.Failed e) {
      throw new IOException(e.getMessage(), e);
    }
  }
}
