package io.sskuba.cloud;

import io.sskuba.dns.UpdateServer;
import io.sskuba.dns.ZoneWriter;
import io.sskuba.images.ImageStore;
import io.sskuba.io.Environment;
import io.sskuba.io.TimeSource;
import io.sskuba.secret.RemoteSecrets;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.state.ObjectBucket;
import java.net.URI;
import java.util.Optional;

/// What the module `clouds` offers, made with no call to anybody. Its libraries are many and start
/// slowly, so nothing asks for it that works on this machine alone.
public interface CloudServices {
  /// The bucket or container of a state URL `s3://…` or `azblob://…`.
  ///
  /// Errors: `STATE_URL_UNSUPPORTED`.
  ObjectBucket bucket(URI stateUrl, Environment environment, TimeSource time);

  /// A zone that is changed by RFC 2136.
  ///
  /// Errors: `DNS_UNREACHABLE`, `DNS_KEY`.
  ZoneWriter zone(UpdateServer server, TimeSource time);

  /// The account of the file's target, through the user's own credentials. Made with no call to
  /// anybody. Empty for targets that have none: `local`, `docker`, `metal`.
  default Optional<CloudAccount> account(
      ClusterSpec spec, Environment environment, TimeSource time) {
    return Optional.empty();
  }

  /// Where the account of the file's target keeps images of its own. Made with no call to anybody.
  /// Empty where this release puts none.
  default Optional<ImageStore> images(ClusterSpec spec, Environment environment, TimeSource time) {
    return Optional.empty();
  }

  /// Key services and secret stores. Made with no call to anybody.
  RemoteSecrets secrets(Environment environment);
}
