package io.sskuba.cli;

import io.sskuba.apply.Platforms;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Target;
import io.sskuba.io.Places;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.rehearsal.cloud.CloudModel;
import io.sskuba.rehearsal.cloud.RehearsedPlatform;
import io.sskuba.rehearsal.cloud.TypeRules;
import io.sskuba.rehearsal.local.LocalPlatform;
import io.sskuba.spec.ClusterSpec.Provider;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// Which targets this release has, and what each is rehearsed against.
final class TargetPlatforms implements Platforms {
  private final Places places;
  private final TimeSource time;
  private final RandomSource random;
  private final Supplier<RehearsedPlatform.Options> options;

  TargetPlatforms(
      Places places,
      TimeSource time,
      RandomSource random,
      Supplier<RehearsedPlatform.Options> options) {
    this.places = places;
    this.time = time;
    this.random = random;
    this.options = options;
  }

  @Override
  public Optional<Platform> of(Provider provider, boolean rehearsal) {
    if (provider == Provider.LOCAL) {
      return Optional.of(new LocalPlatform(places, time, random));
    }
    Optional<Target> target = target(provider);
    if (!rehearsal || target.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new RehearsedPlatform(
            target.get(),
            models(provider),
            TargetPlatforms::rules,
            options.get(),
            places,
            time,
            random));
  }

  @Override
  public Optional<Target> target(Provider provider) {
    return Optional.empty();
  }

  private static List<CloudModel> models(Provider provider) {
    return List.of();
  }

  private static TypeRules rules(String pkg) {
    throw new IllegalStateException("no types of " + pkg);
  }
}
