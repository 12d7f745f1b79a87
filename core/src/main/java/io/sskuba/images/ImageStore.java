package io.sskuba.images;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// Where an account keeps images of its own, in one region.
/// - Errors: `CLOUD_CREDENTIALS`, `CLOUD_DENIED`, `CLOUD_UNASKED`, `CLOUD_THROTTLED`.
public interface ImageStore {
  /// @param digest SHA-256 of the disk that it was made of; empty where nothing says it
  record Held(String name, String id, String digest) {}

  /// The image of this name, if it can be booted.
  Optional<Held> find(String name);

  /// Every image that was put here by us.
  List<Held> list();

  /// Puts a disk there as an image and waits until it can be booted.
  /// - Idempotent: an image of this name is returned as it is; a half-made one is gone on from.
  ///
  /// @param disk what the factory gives for the platform ([WantedImage#file])
  /// @param progress lines for people
  Held put(WantedImage image, Path disk, Consumer<String> progress) throws InterruptedException;

  /// Takes an image away with what it was made of. Idempotent.
  void remove(Held image);
}
