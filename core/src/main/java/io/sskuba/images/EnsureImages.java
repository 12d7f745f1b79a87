package io.sskuba.images;

import io.sskuba.io.AtomicFiles;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.toolchain.FactoryDownload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// Sees to it that an account holds the images of a cluster file: made by an Image Factory, got to
/// this machine, put into the account. What is there is left as it is.
public final class EnsureImages {
  private final ImageStore store;
  private final FactoryDownload factory;
  private final Path cache;

  /// @param cache the folder of downloads
  public EnsureImages(ImageStore store, FactoryDownload factory, Path cache) {
    this.store = store;
    this.factory = factory;
    this.cache = cache;
  }

  /// @param made whether it was put there now
  public record Ensured(ImageStore.Held image, boolean made) {}

  /// - Errors: `CLOUD_IMAGE_MISSING` where the factory does not give it; those of [ImageStore].
  public List<Ensured> ensure(List<WantedImage> wanted, Consumer<String> progress)
      throws InterruptedException {
    List<Ensured> ensured = new ArrayList<>();
    for (WantedImage image : wanted) {
      Optional<ImageStore.Held> held = store.find(image.name());
      if (held.isPresent()) {
        ensured.add(new Ensured(held.get(), false));
        continue;
      }
      Path disk = disk(image, progress);
      ensured.add(new Ensured(store.put(image, disk, progress), true));
      delete(disk);
    }
    return ensured;
  }

  private Path disk(WantedImage image, Consumer<String> progress) throws InterruptedException {
    Path folder = cache.resolve("images");
    String name = image.name().replace('/', '_');
    Path disk = folder.resolve(name + image.file().substring(image.file().indexOf('.')));
    try {
      AtomicFiles.privateFolder(folder);
      if (Files.exists(disk)) {
        return disk; // whole: it got its name after its last byte
      }
      String id = factory.register(image.schematic().toJson().toString());
      if (!id.equals(image.schematic().id())) {
        throw new SskubaException(
            Problem.of(
                    ProblemCode.CLOUD_IMAGE_MISSING,
                    "the Image Factory calls the schematic otherwise than we do")
                .fact("expected", image.schematic().id())
                .fact("observed", id));
      }
      Path part = folder.resolve(name + ".part");
      factory.fetch("image/" + id + "/" + image.talos() + "/" + image.file(), part, progress);
      Files.move(part, disk);
      return disk;
    } catch (IOException e) {
      throw new SskubaException(
          Problem.of(
                  ProblemCode.CLOUD_IMAGE_MISSING, "the image " + image.name() + " cannot be got")
              .fact("cause", String.valueOf(e.getMessage()))
              .fact("schematic", image.schematic().id())
              .next("sskuba-ctl explain " + ProblemCode.CLOUD_IMAGE_MISSING.id()),
          e);
    }
  }

  private static void delete(Path disk) {
    try {
      Files.deleteIfExists(disk);
    } catch (IOException e) {
      return; // the cache may keep it
    }
  }
}
