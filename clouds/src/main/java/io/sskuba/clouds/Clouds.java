package io.sskuba.clouds;

import io.sskuba.cloud.CloudServices;
import io.sskuba.clouds.aws.S3Bucket;
import io.sskuba.io.Environment;
import io.sskuba.io.TimeSource;
import io.sskuba.state.ObjectBucket;
import java.net.URI;

/// What [CloudServices] promises. Its own methods name each library only where it is needed.
public final class Clouds implements CloudServices {
  @Override
  public ObjectBucket bucket(URI stateUrl, Environment environment, TimeSource time) {
    return switch (String.valueOf(stateUrl.getScheme())) {
      case "s3" -> S3Bucket.open(stateUrl, environment, time);
      default ->
          throw BucketUrl.unsupported(stateUrl, "there is no " + stateUrl.getScheme() + " here");
    };
  }
}
