package io.sskuba.cli;

import io.sskuba.apply.Platforms;
import io.sskuba.cloud.RealPlatform;
import io.sskuba.infra.Platform;
import io.sskuba.infra.Target;
import io.sskuba.infra.aws.AwsTarget;
import io.sskuba.infra.azure.AzureTarget;
import io.sskuba.infra.docker.DockerTarget;
import io.sskuba.infra.metal.MetalTarget;
import io.sskuba.infra.vsphere.VsphereTarget;
import io.sskuba.io.Places;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.rehearsal.cloud.CatalogRules;
import io.sskuba.rehearsal.cloud.CloudModel;
import io.sskuba.rehearsal.cloud.RehearsedPlatform;
import io.sskuba.rehearsal.cloud.aws.AwsModel;
import io.sskuba.rehearsal.cloud.azure.AzureModel;
import io.sskuba.rehearsal.cloud.bigip.BigIpModel;
import io.sskuba.rehearsal.cloud.docker.DockerModel;
import io.sskuba.rehearsal.cloud.metal.MetalModel;
import io.sskuba.rehearsal.cloud.vsphere.VsphereModel;
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
  private final RealPlatform.World world;

  TargetPlatforms(RealPlatform.World world, Supplier<RehearsedPlatform.Options> options) {
    this.places = world.places();
    this.time = world.time();
    this.random = world.random();
    this.options = options;
    this.world = world;
  }

  @Override
  public Optional<Platform> of(Provider provider, boolean rehearsal) {
    if (provider == Provider.LOCAL) {
      return Optional.of(new LocalPlatform(places, time, random));
    }
    Optional<Target> target = target(provider);
    if (target.isEmpty()) {
      return Optional.empty();
    }
    if (!rehearsal) {
      return Optional.of(new RealPlatform(target.get(), world));
    }
    return Optional.of(
        new RehearsedPlatform(
            target.get(), models(provider), CatalogRules::of, options.get(), places, time, random));
  }

  @Override
  public Optional<Target> target(Provider provider) {
    return switch (provider) {
      case LOCAL -> Optional.empty();
      case AWS -> Optional.of(new AwsTarget());
      case AZURE -> Optional.of(new AzureTarget());
      case VSPHERE -> Optional.of(new VsphereTarget());
      case METAL -> Optional.of(new MetalTarget());
      case DOCKER -> Optional.of(new DockerTarget());
    };
  }

  private static List<CloudModel> models(Provider provider) {
    return switch (provider) {
      case AZURE -> List.of(new AzureModel());
      case VSPHERE -> List.of(new VsphereModel(), new BigIpModel());
      case METAL -> List.of(new MetalModel());
      case DOCKER -> List.of(new DockerModel());
      case AWS -> List.of(new AwsModel());
      case LOCAL -> List.of();
    };
  }
}
