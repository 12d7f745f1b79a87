package io.sskuba.clouds;

import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// A state URL of a bucket or container: `SCHEME://BUCKET[/PREFIX][?KEY=VALUE&…]`. It is Pulumi's
/// own form, so that the engine gets the same text.
///
/// @param prefix empty, or ends with a slash
/// @param options the query
public record BucketUrl(String scheme, String bucket, String prefix, Map<String, String> options) {
  public BucketUrl {
    options = Map.copyOf(options);
  }

  /// Errors: `STATE_URL_UNSUPPORTED`, also for an option that `known` does not name: a misspelt one
  /// would lead to another bucket.
  public static BucketUrl parse(URI url, java.util.Set<String> known) {
    String bucket = url.getRawAuthority();
    if (bucket == null || !bucket.matches("[a-zA-Z0-9][a-zA-Z0-9._$-]{1,62}")) {
      throw unsupported(url, "it names no bucket");
    }
    String path = url.getPath() == null ? "" : url.getPath().replaceAll("^/+|/+$", "");
    Map<String, String> options = new TreeMap<>();
    String query = url.getRawQuery() == null ? "" : url.getRawQuery();
    for (String part : query.isEmpty() ? new String[0] : query.split("&", -1)) {
      String[] sides = part.split("=", 2);
      if (sides.length != 2 || !known.contains(sides[0])) {
        throw unsupported(url, "it has no option " + sides[0] + "; there are " + sorted(known));
      }
      options.put(sides[0], URLDecoder.decode(sides[1], StandardCharsets.UTF_8));
    }
    return new BucketUrl(
        String.valueOf(url.getScheme()), bucket, path.isEmpty() ? "" : path + "/", options);
  }

  private static String sorted(java.util.Set<String> known) {
    return String.join(", ", new java.util.TreeSet<>(known));
  }

  public Optional<String> option(String... names) {
    for (String name : names) {
      String value = options.get(name);
      if (value != null && !value.isEmpty()) {
        return Optional.of(value);
      }
    }
    return Optional.empty();
  }

  public boolean flag(String... names) {
    return option(names).filter("true"::equals).isPresent();
  }

  /// Without the query, which may name a profile.
  public String place(String name) {
    return scheme + "://" + bucket + "/" + prefix + name;
  }

  public static SskubaException unsupported(URI url, String cause) {
    return new SskubaException(
        Problem.of(ProblemCode.STATE_URL_UNSUPPORTED, "the state URL cannot be used: " + cause)
            .fact("url", url.toString())
            .fact(
                "expected",
                "s3://BUCKET/PREFIX?region=REGION or azblob://CONTAINER/PREFIX?storage_account=NAME")
            .next("sskuba-ctl explain " + ProblemCode.STATE_URL_UNSUPPORTED.id()));
  }
}
