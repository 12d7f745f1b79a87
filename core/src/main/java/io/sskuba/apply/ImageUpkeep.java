package io.sskuba.apply;

import io.sskuba.images.EnsureImages;
import io.sskuba.images.EnsureImages.Ensured;
import io.sskuba.images.ImageStore;
import io.sskuba.images.ImageStore.Held;
import io.sskuba.images.WantedImage;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.toolchain.FactoryDownload;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/// The use case `image`: the images that a cluster file needs and nobody publishes, in the account
/// of its target.
public final class ImageUpkeep {
  private final Ports ports;
  private final Function<ClusterSpec, Optional<ImageStore>> stores;

  public ImageUpkeep(Ports ports, Function<ClusterSpec, Optional<ImageStore>> stores) {
    this.ports = ports;
    this.stores = stores;
  }

  private ImageStore store(ClusterSpec spec) {
    return stores
        .apply(spec)
        .orElseThrow(
            () ->
                new SskubaException(
                    Problem.of(
                            ProblemCode.SPEC_UNSUPPORTED,
                            "this release puts no images on target "
                                + spec.target().provider().word())
                        .fact("available", "aws, azure, vsphere")));
  }

  /// Puts there what is missing. Errors: those of [EnsureImages].
  public List<Ensured> ensure(ClusterSpec spec, Consumer<String> progress)
      throws InterruptedException {
    ImageStore store = store(spec);
    FactoryDownload factory =
        new FactoryDownload(ports.environment(), ports.time(), RenderValues.egress(spec));
    return new EnsureImages(store, factory, ports.places().cache())
        .ensure(WantedImage.of(spec), progress);
  }

  /// Every image of ours in the account and region, whichever file it was made for.
  public List<Held> list(ClusterSpec spec) {
    return store(spec).list();
  }

  /// Takes away what the file needs. Machines that run keep running; new ones find no image.
  public List<Held> remove(ClusterSpec spec) {
    ImageStore store = store(spec);
    List<Held> removed = new ArrayList<>();
    for (WantedImage wanted : WantedImage.of(spec)) {
      store
          .find(wanted.name())
          .ifPresent(
              held -> {
                store.remove(held);
                removed.add(held);
              });
    }
    return removed;
  }
}
