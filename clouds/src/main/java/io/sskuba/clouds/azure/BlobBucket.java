package io.sskuba.clouds.azure;

import com.azure.core.credential.AzureSasCredential;
import com.azure.core.exception.AzureException;
import com.azure.core.exception.ClientAuthenticationException;
import com.azure.core.http.HttpClient;
import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpPipelineCallContext;
import com.azure.core.http.HttpPipelineNextPolicy;
import com.azure.core.http.HttpPipelineNextSyncPolicy;
import com.azure.core.http.HttpResponse;
import com.azure.core.http.jdk.httpclient.JdkHttpClientBuilder;
import com.azure.core.http.policy.HttpPipelinePolicy;
import com.azure.core.util.BinaryData;
import com.azure.core.util.Context;
import com.azure.identity.DefaultAzureCredentialBuilder;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobContainerClientBuilder;
import com.azure.storage.blob.models.BlobDownloadContentResponse;
import com.azure.storage.blob.models.BlobItem;
import com.azure.storage.blob.models.BlobRequestConditions;
import com.azure.storage.blob.models.BlobStorageException;
import com.azure.storage.blob.models.ListBlobsOptions;
import com.azure.storage.blob.options.BlockBlobSimpleUploadOptions;
import com.azure.storage.common.StorageSharedKeyCredential;
import com.azure.storage.common.policy.RequestRetryOptions;
import com.azure.storage.common.policy.RetryPolicyType;
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
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// A container of Azure Blob Storage:
/// `azblob://CONTAINER/PREFIX?storage_account=NAME[&domain=…&protocol=…&localemu=true]`.
///
/// Credentials as Pulumi's backend takes them: `AZURE_STORAGE_KEY` or `AZURE_STORAGE_SAS_TOKEN`
/// with `AZURE_STORAGE_ACCOUNT`, else the user's own (environment, federated, CLI, managed).
/// - Limits: 30 s a call, 10 s an attempt, 4 attempts.
public final class BlobBucket implements ObjectBucket {
  private static final Set<String> OPTIONS =
      Set.of("storage_account", "domain", "protocol", "localemu", "cdn");
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int ATTEMPTS = 4;
  private static final int ATTEMPT_SECONDS = 10;
  private static final String RIGHTS = "the role Storage Blob Data Contributor on the container";

  private final BucketUrl url;
  private final BlobContainerClient container;
  private final ServerClock clock;
  private final String account;

  private BlobBucket(
      BucketUrl url, BlobContainerClient container, ServerClock clock, String account) {
    this.account = account;
    this.url = url;
    this.container = container;
    this.clock = clock;
  }

  /// Calls nobody. Errors: `STATE_URL_UNSUPPORTED`.
  public static BlobBucket open(URI stateUrl, Environment environment, TimeSource time) {
    BucketUrl url = BucketUrl.parse(stateUrl, OPTIONS);
    ServerClock clock = new ServerClock(time);
    String account =
        url.option("storage_account")
            .or(() -> Optional.ofNullable(environment.get("AZURE_STORAGE_ACCOUNT")))
            .filter(a -> !a.isEmpty())
            .orElseThrow(
                () ->
                    BucketUrl.unsupported(
                        stateUrl, "neither storage_account nor AZURE_STORAGE_ACCOUNT is set"));
    HttpClient http = new JdkHttpClientBuilder().connectionTimeout(Duration.ofSeconds(5)).build();
    BlobContainerClientBuilder builder =
        new BlobContainerClientBuilder()
            .endpoint(endpoint(url, account))
            .containerName(url.bucket())
            .httpClient(http)
            .retryOptions(
                new RequestRetryOptions(
                    RetryPolicyType.EXPONENTIAL, ATTEMPTS, ATTEMPT_SECONDS, 500L, 4_000L, null))
            .addPolicy(new DateReader(clock));
    String key = environment.get("AZURE_STORAGE_KEY");
    String sas = environment.get("AZURE_STORAGE_SAS_TOKEN");
    if (key != null && !key.isEmpty()) {
      builder.credential(new StorageSharedKeyCredential(account, key));
    } else if (sas != null && !sas.isEmpty()) {
      builder.credential(new AzureSasCredential(sas));
    } else {
      builder.credential(new DefaultAzureCredentialBuilder().httpClient(http).build());
    }
    return new BlobBucket(url, builder.buildClient(), clock, account);
  }

  private static String endpoint(BucketUrl url, String account) {
    String protocol = url.option("protocol").orElse("https");
    String domain = url.option("domain").orElse("blob.core.windows.net");
    return url.flag("localemu")
        ? protocol + "://" + domain + "/" + account
        : protocol + "://" + account + "." + domain;
  }

  /// Reads the store's clock off each answer.
  private record DateReader(ServerClock clock) implements HttpPipelinePolicy {
    @Override
    public Mono<HttpResponse> process(
        HttpPipelineCallContext context, HttpPipelineNextPolicy next) {
      return next.process().doOnNext(this::learn);
    }

    @Override
    public HttpResponse processSync(
        HttpPipelineCallContext context, HttpPipelineNextSyncPolicy next) {
      HttpResponse response = next.processSync();
      learn(response);
      return response;
    }

    private void learn(HttpResponse response) {
      clock.learn(response.getHeaderValue(HttpHeaderName.DATE));
    }
  }

  @Override
  public Optional<Stored> read(String name) {
    return call(
        name,
        () -> {
          BlobDownloadContentResponse answer =
              container
                  .getBlobClient(url.prefix() + name)
                  .downloadContentWithResponse(null, null, LIMIT, Context.NONE);
          return Optional.of(
              new Stored(answer.getValue().toBytes(), answer.getDeserializedHeaders().getETag()));
        });
  }

  @Override
  public Optional<String> putIfAbsent(String name, byte[] bytes) {
    return put(name, bytes, new BlobRequestConditions().setIfNoneMatch("*"));
  }

  @Override
  public Optional<String> replace(String name, byte[] bytes, String tag) {
    return put(name, bytes, new BlobRequestConditions().setIfMatch(tag));
  }

  @Override
  public void put(String name, byte[] bytes) {
    put(name, bytes, null);
  }

  private Optional<String> put(
      String name, byte[] bytes, @Nullable BlobRequestConditions conditions) {
    return call(
        name,
        () -> {
          BlockBlobSimpleUploadOptions options =
              new BlockBlobSimpleUploadOptions(BinaryData.fromBytes(bytes));
          if (conditions != null) {
            options.setRequestConditions(conditions);
          }
          return Optional.of(
              container
                  .getBlobClient(url.prefix() + name)
                  .getBlockBlobClient()
                  .uploadWithResponse(options, LIMIT, Context.NONE)
                  .getValue()
                  .getETag());
        });
  }

  @Override
  public void delete(String name) {
    call(
        name,
        () -> {
          container.getBlobClient(url.prefix() + name).deleteIfExists();
          return Optional.empty();
        });
  }

  @Override
  public List<String> names(String prefix, int limit) {
    List<String> names = new ArrayList<>();
    call(
        prefix,
        () -> {
          ListBlobsOptions options = new ListBlobsOptions().setPrefix(url.prefix() + prefix);
          for (BlobItem blob : container.listBlobs(options, LIMIT)) {
            names.add(blob.getName().substring(url.prefix().length()));
            if (names.size() == limit) {
              break;
            }
          }
          return Optional.empty();
        });
    names.sort(null);
    return List.copyOf(names);
  }

  /// Asks for a blob that is not there when no answer has told the time yet.
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

  /// The engine takes a key only with the account's name beside it.
  @Override
  public Map<String, String> variables() {
    return Map.of("AZURE_STORAGE_ACCOUNT", account);
  }

  /// One call; empty where the blob is not there, or a condition is not met.
  private <T> Optional<T> call(String name, Callable<Optional<T>> call) {
    try {
      return RemoteCall.run(LIMIT.plusSeconds(2), call);
    } catch (BlobStorageException e) {
      if (isNo(e)) {
        return Optional.empty();
      }
      throw problem(name, e);
    } catch (ClientAuthenticationException e) {
      throw BucketProblems.denied(place(name), BucketProblems.cause(e), RIGHTS, e);
    } catch (AzureException | RemoteCall.Overdue | IllegalStateException e) {
      throw BucketProblems.unreachable(place(name), BucketProblems.cause(e), e);
    } catch (RuntimeException e) {
      // The SDK wraps what its HTTP client throws in types of Reactor's own.
      throw BucketProblems.unreachable(
          place(name), BucketProblems.cause(e.getCause() == null ? e : e.getCause()), e);
    }
  }

  private static boolean isNo(BlobStorageException e) {
    String code = String.valueOf(e.getErrorCode());
    return e.getStatusCode() == 412
        || (e.getStatusCode() == 404 && !code.equals("ContainerNotFound"))
        || code.equals("BlobAlreadyExists");
  }

  private SskubaException problem(String name, BlobStorageException e) {
    String cause = (String.valueOf(e.getErrorCode()) + " " + e.getStatusCode()).strip();
    return e.getStatusCode() == 401 || e.getStatusCode() == 403
        ? BucketProblems.denied(place(name), cause, RIGHTS, e)
        : BucketProblems.unreachable(place(name), cause, e);
  }
}
