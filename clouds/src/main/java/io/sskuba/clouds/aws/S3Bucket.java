package io.sskuba.clouds.aws;

import io.sskuba.clouds.BucketProblems;
import io.sskuba.clouds.BucketUrl;
import io.sskuba.clouds.RemoteCall;
import io.sskuba.io.Environment;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.SskubaException;
import io.sskuba.state.ObjectBucket;
import io.sskuba.state.ServerClock;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/// A bucket of S3, or of another store that speaks S3 and knows conditional writes (`If-Match`,
/// `If-None-Match`): `s3://BUCKET/PREFIX?region=…&endpoint=…&s3ForcePathStyle=true&profile=…`.
///
/// Credentials are the user's native ones: the SDK's default chain.
/// - Limits: 30 s a call, 10 s an attempt, 4 attempts. A page is 1,000 names.
/// - Source: Amazon S3 user guide, "How to prevent object overwrites with conditional writes".
public final class S3Bucket implements ObjectBucket {
  private static final Set<String> OPTIONS =
      Set.of(
          "region",
          "endpoint",
          "profile",
          "s3ForcePathStyle",
          "use_path_style",
          "disableSSL",
          "disable_https",
          "awssdk");
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String RIGHTS = "s3:GetObject, s3:PutObject, s3:DeleteObject, s3:ListBucket";
  private static final Set<String> CREDENTIAL_CODES =
      Set.of(
          "AccessDenied",
          "AllAccessDisabled",
          "ExpiredToken",
          "InvalidAccessKeyId",
          "InvalidToken",
          "SignatureDoesNotMatch",
          "TokenRefreshRequired");

  private final BucketUrl url;
  private final S3Client client;
  private final ServerClock clock;
  private final AwsAccess access;
  private final Environment environment;

  private S3Bucket(
      BucketUrl url,
      S3Client client,
      ServerClock clock,
      AwsAccess access,
      Environment environment) {
    this.access = access;
    this.environment = environment;
    this.url = url;
    this.client = client;
    this.clock = clock;
  }

  /// Calls nobody. Errors: `STATE_URL_UNSUPPORTED`.
  public static S3Bucket open(URI stateUrl, Environment environment, TimeSource time) {
    BucketUrl url = BucketUrl.parse(stateUrl, OPTIONS);
    ServerClock clock = new ServerClock(time);
    Optional<String> endpoint = url.option("endpoint");
    boolean plain = url.flag("disableSSL", "disable_https");
    AwsAccess access = AwsAccess.of(environment, url.option("profile"), url.option("region"));
    S3ClientBuilder builder = S3Client.builder();
    access.configure(builder, LIMIT, new DateReader(clock));
    builder
        .forcePathStyle(url.flag("s3ForcePathStyle", "use_path_style"))
        .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
        .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED);
    endpoint.ifPresent(
        e ->
            builder.endpointOverride(
                URI.create(e.contains("://") ? e : (plain ? "http://" : "https://") + e)));
    return new S3Bucket(url, builder.build(), clock, access, environment);
  }

  /// Reads the store's clock off each answer.
  private record DateReader(ServerClock clock) implements ExecutionInterceptor {
    @Override
    public void afterTransmission(
        Context.AfterTransmission context, ExecutionAttributes attributes) {
      clock.learn(context.httpResponse().firstMatchingHeader("Date").orElse(null));
    }
  }

  @Override
  public Optional<Stored> read(String name) {
    return call(
        name,
        () -> {
          ResponseBytes<GetObjectResponse> answer =
              client.getObjectAsBytes(r -> r.bucket(url.bucket()).key(url.prefix() + name));
          return Optional.of(new Stored(answer.asByteArrayUnsafe(), answer.response().eTag()));
        });
  }

  @Override
  public Optional<String> putIfAbsent(String name, byte[] bytes) {
    return put(name, bytes, request(name).ifNoneMatch("*"));
  }

  @Override
  public Optional<String> replace(String name, byte[] bytes, String tag) {
    return put(name, bytes, request(name).ifMatch(tag));
  }

  @Override
  public void put(String name, byte[] bytes) {
    put(name, bytes, request(name));
  }

  private PutObjectRequest.Builder request(String name) {
    return PutObjectRequest.builder().bucket(url.bucket()).key(url.prefix() + name);
  }

  private Optional<String> put(String name, byte[] bytes, PutObjectRequest.Builder request) {
    return call(
        name,
        () -> Optional.of(client.putObject(request.build(), RequestBody.fromBytes(bytes)).eTag()));
  }

  @Override
  public void delete(String name) {
    call(
        name,
        () -> {
          client.deleteObject(r -> r.bucket(url.bucket()).key(url.prefix() + name));
          return Optional.empty();
        });
  }

  @Override
  public List<String> names(String prefix, int limit) {
    List<String> names = new ArrayList<>();
    @Nullable String next = null;
    do {
      String from = next;
      ListObjectsV2Response page =
          call(
                  prefix,
                  () ->
                      Optional.of(
                          client.listObjectsV2(
                              r ->
                                  r.bucket(url.bucket())
                                      .prefix(url.prefix() + prefix)
                                      .continuationToken(from))))
              .orElseThrow(
                  () ->
                      BucketProblems.unreachable(
                          place(prefix), "there is no such bucket", new IllegalStateException()));
      page.contents().forEach(o -> names.add(o.key().substring(url.prefix().length())));
      next = Boolean.TRUE.equals(page.isTruncated()) ? page.nextContinuationToken() : null;
    } while (next != null && names.size() < limit);
    names.sort(null);
    return List.copyOf(names.size() > limit ? names.subList(0, limit) : names);
  }

  /// Asks for an object that is not there when no answer has told the time yet.
  @Override
  public Instant clock() {
    if (clock.now().isEmpty()) {
      read("clock");
    }
    return clock
        .now()
        .orElseThrow(
            () ->
                BucketProblems.unreachable(
                    place(""), "its answers have no Date", new IllegalStateException()));
  }

  @Override
  public String place(String name) {
    return url.place(name);
  }

  @Override
  public Map<String, String> variables() {
    return call("", () -> Optional.of(access.ofJob())).orElseThrow();
  }

  @Override
  public Optional<Instant> credentialsEnd() {
    return call("", () -> access.expires(environment));
  }

  /// One call; empty where the object is not there, or a condition is not met.
  private <T> Optional<T> call(String name, Callable<Optional<T>> call) {
    try {
      return RemoteCall.run(LIMIT.plusSeconds(2), call);
    } catch (AwsServiceException e) {
      if (isNo(e)) {
        return Optional.empty();
      }
      throw problem(name, e);
    } catch (SdkException | RemoteCall.Overdue e) {
      throw problem(name, e);
    }
  }

  /// 409 is a conditional write that met another one under way.
  private static boolean isNo(AwsServiceException e) {
    String code = code(e);
    return e.statusCode() == 412
        || (e.statusCode() == 404 && !code.equals("NoSuchBucket"))
        || (e.statusCode() == 409 && code.equals("ConditionalRequestConflict"));
  }

  private static String code(AwsServiceException e) {
    return e.awsErrorDetails() == null || e.awsErrorDetails().errorCode() == null
        ? ""
        : e.awsErrorDetails().errorCode();
  }

  private SskubaException problem(String name, RuntimeException e) {
    String place = place(name);
    return switch (e) {
      case AwsServiceException s when CREDENTIAL_CODES.contains(code(s)) || s.statusCode() == 403 ->
          BucketProblems.denied(place, (code(s) + " " + s.statusCode()).strip(), RIGHTS, s);
      case AwsServiceException s ->
          BucketProblems.unreachable(
              place,
              code(s).equals("NoSuchBucket")
                  ? "there is no bucket " + url.bucket()
                  : (code(s) + " " + s.statusCode()).strip(),
              s);
      case ApiCallTimeoutException t -> overdue(place, t);
      case ApiCallAttemptTimeoutException t -> overdue(place, t);
      case SdkClientException c when aboutCredentials(c) ->
          BucketProblems.denied(place, BucketProblems.cause(c), RIGHTS, c);
      default -> BucketProblems.unreachable(place, BucketProblems.cause(e), e);
    };
  }

  private static SskubaException overdue(String place, RuntimeException e) {
    return BucketProblems.unreachable(place, "no answer within " + LIMIT.toSeconds() + "s", e);
  }

  /// The SDK has no type of its own for this.
  private static boolean aboutCredentials(SdkClientException e) {
    String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
    return message.contains("credentials") || message.contains("profile");
  }
}
