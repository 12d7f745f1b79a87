package io.sskuba.clouds.azure;

import com.azure.core.http.jdk.httpclient.JdkHttpClientBuilder;
import com.azure.core.util.Context;
import com.azure.storage.blob.models.BlobRange;
import com.azure.storage.blob.models.BlobStorageException;
import com.azure.storage.blob.models.PageRange;
import com.azure.storage.blob.models.PageRangeItem;
import com.azure.storage.blob.specialized.PageBlobClient;
import com.azure.storage.blob.specialized.SpecializedBlobClientBuilder;
import com.azure.storage.common.policy.RequestRetryOptions;
import com.azure.storage.common.policy.RetryPolicyType;
import io.sskuba.clouds.RemoteCall;
import io.sskuba.run.Fan;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/// Writes a disk into a page blob that is there and holds zeros: what holds something, 4 MiB at a
/// time, each with its MD5, which Azure checks; what an earlier run wrote is left as it is.
/// - Limits: [#AT_ONCE] pieces at a time; 60 s a piece, 4 attempts.
/// - Source: Blob Storage REST, "Put Page", "Get Page Ranges"
final class PageUpload {
  private static final int PIECE = 4 << 20;
  private static final int AT_ONCE = 8;
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final PageBlobClient blob;
  private final Map<Long, Long> written = new TreeMap<>();

  /// @param url with a shared access signature: secret
  PageUpload(String url) {
    blob =
        new SpecializedBlobClientBuilder()
            .endpoint(url)
            .httpClient(new JdkHttpClientBuilder().connectionTimeout(Duration.ofSeconds(5)).build())
            .retryOptions(
                new RequestRetryOptions(RetryPolicyType.EXPONENTIAL, 4, 30, 500L, 8_000L, null))
            .buildPageBlobClient();
  }

  private record Piece(long at, byte[] bytes) {}

  /// Errors: `IOException` from the disk; those of the library.
  void run(VhdDisk disk, Consumer<String> progress) throws IOException, InterruptedException {
    look();
    long there = written.entrySet().stream().mapToLong(e -> e.getValue() - e.getKey()).sum();
    if (there > 0) {
      progress.accept("going on: %d MB are there".formatted(there >> 20));
    }
    List<Piece> batch = new ArrayList<>();
    long sent = 0;
    try (InputStream in = disk.open()) {
      for (long at = 0; at < disk.length(); at += PIECE) {
        byte[] bytes = in.readNBytes((int) Math.min(PIECE, disk.length() - at));
        if (!isZero(bytes) && !covered(at, at + bytes.length)) {
          batch.add(new Piece(at, bytes));
        }
        if (batch.size() == AT_ONCE) {
          write(batch);
          if (++sent % 8 == 0) {
            progress.accept("%d of %d MB".formatted(at >> 20, disk.length() >> 20));
          }
        }
      }
    }
    write(batch);
  }

  /// What is written: a signature that may only write is not told, and then all is written again.
  private void look() {
    try {
      RemoteCall.run(
          LIMIT,
          () -> {
            for (PageRangeItem item : blob.listPageRanges(new BlobRange(0))) {
              if (!item.isClear()) {
                long from = item.getRange().getOffset();
                Long count = item.getRange().getLength();
                written.put(from, from + (count == null ? 0 : count));
              }
            }
            return true;
          });
    } catch (BlobStorageException e) {
      if (e.getStatusCode() != 403) {
        throw e;
      }
      written.clear();
    }
  }

  private boolean covered(long from, long to) {
    return written.entrySet().stream()
        .anyMatch(range -> range.getKey() <= from && range.getValue() >= to);
  }

  private static boolean isZero(byte[] bytes) {
    for (byte b : bytes) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  private void write(List<Piece> batch) throws InterruptedException {
    List<Boolean> _ =
        Fan.out(
            List.copyOf(batch), piece -> RemoteCall.run(LIMIT.multipliedBy(4), () -> put(piece)));
    batch.clear();
  }

  private boolean put(Piece piece) {
    byte[] md5 = md5(piece.bytes());
    var _ =
        blob.uploadPagesWithResponse(
            new PageRange().setStart(piece.at()).setEnd(piece.at() + piece.bytes().length - 1),
            new ByteArrayInputStream(piece.bytes()),
            md5,
            null,
            LIMIT,
            Context.NONE);
    return true;
  }

  private static byte[] md5(byte[] bytes) {
    try {
      return MessageDigest.getInstance("MD5").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Whether everything of the disk that holds something is there; true where it may not be asked.
  boolean complete(VhdDisk disk) throws IOException {
    written.clear();
    look();
    if (written.isEmpty()) {
      return true;
    }
    try (InputStream in = disk.open()) {
      for (long at = 0; at < disk.length(); at += PIECE) {
        byte[] bytes = in.readNBytes((int) Math.min(PIECE, disk.length() - at));
        if (!isZero(bytes) && !covered(at, at + bytes.length)) {
          return false;
        }
      }
      return true;
    }
  }
}
