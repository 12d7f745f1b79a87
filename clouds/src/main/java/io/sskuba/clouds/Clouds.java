package io.sskuba.clouds;

import io.sskuba.cloud.CloudAccount;
import io.sskuba.cloud.CloudServices;
import io.sskuba.clouds.aws.AwsAccount;
import io.sskuba.clouds.aws.AwsImageStore;
import io.sskuba.clouds.aws.S3Bucket;
import io.sskuba.clouds.azure.AzureAccount;
import io.sskuba.clouds.azure.AzureImageStore;
import io.sskuba.clouds.azure.BlobBucket;
import io.sskuba.clouds.dns.Rfc2136Zone;
import io.sskuba.clouds.vsphere.VsphereAccount;
import io.sskuba.clouds.vsphere.VsphereImageStore;
import io.sskuba.dns.UpdateServer;
import io.sskuba.dns.ZoneWriter;
import io.sskuba.images.ImageStore;
import io.sskuba.io.Environment;
import io.sskuba.io.TimeSource;
import io.sskuba.secret.Redactor;
import io.sskuba.secret.RemoteSecrets;
import io.sskuba.secret.SecretResolver;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.state.ObjectBucket;
import java.net.URI;
import java.util.Optional;

/// What [CloudServices] promises. Its own methods name each library only where it is needed.
public final class Clouds implements CloudServices {
  @Override
  public ObjectBucket bucket(URI stateUrl, Environment environment, TimeSource time) {
    return switch (String.valueOf(stateUrl.getScheme())) {
      case "s3" -> S3Bucket.open(stateUrl, environment, time);
      case "azblob" -> BlobBucket.open(stateUrl, environment, time);
      default ->
          throw BucketUrl.unsupported(stateUrl, "there is no " + stateUrl.getScheme() + " here");
    };
  }

  @Override
  public ZoneWriter zone(UpdateServer server, TimeSource time) {
    return Rfc2136Zone.of(server);
  }

  @Override
  public Optional<CloudAccount> account(
      ClusterSpec spec, Environment environment, TimeSource time) {
    return switch (spec.target().provider()) {
      case AWS -> Optional.of(AwsAccount.of(spec, environment, time));
      case AZURE -> Optional.of(AzureAccount.of(spec, environment, time));
      case VSPHERE ->
          Optional.of(VsphereAccount.of(spec, references(spec, environment, time), time));
      case LOCAL, DOCKER, METAL -> Optional.empty();
    };
  }

  /// Resolves what the file refers to, with its own Vault where the environment names none.
  private static SecretResolver references(
      ClusterSpec spec, Environment environment, TimeSource time) {
    Environment with = SecretResolver.withVaultOf(spec, environment);
    return new SecretResolver(with, time, new Redactor(), new CloudSecrets(with));
  }

  @Override
  public Optional<ImageStore> images(ClusterSpec spec, Environment environment, TimeSource time) {
    return switch (spec.target().provider()) {
      case AWS -> Optional.of(AwsImageStore.of(spec, environment, time));
      case AZURE -> Optional.of(AzureImageStore.of(spec, environment, time));
      case VSPHERE ->
          Optional.of(VsphereImageStore.of(spec, references(spec, environment, time), time));
      case LOCAL, DOCKER, METAL -> Optional.empty();
    };
  }

  @Override
  public RemoteSecrets secrets(Environment environment) {
    return new CloudSecrets(environment);
  }
}
