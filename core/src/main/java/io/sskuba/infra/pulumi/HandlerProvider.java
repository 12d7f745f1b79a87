package io.sskuba.infra.pulumi;

import com.google.protobuf.Empty;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.sskuba.infra.types.TypeCatalog;
import io.sskuba.infra.types.TypeCheck;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import pulumirpc.Plugin;
import pulumirpc.Provider;
import pulumirpc.ResourceProviderGrpc;

/// A Pulumi provider of a [ResourceHandler]: checks inputs against the package's published types
/// and answers previews and diffs by them.
/// - Errors: the handler's, with its code, summary and facts.
/// - Source: pulumi/proto/pulumi/provider.proto.
public final class HandlerProvider extends ResourceProviderGrpc.ResourceProviderImplBase {
  private final ResourceHandler handler;
  private final TypeCatalog catalog;

  public HandlerProvider(ResourceHandler handler) {
    this.handler = handler;
    this.catalog = TypeCatalog.of(handler.pkg());
  }

  /// The provider as the engine attaches it.
  public static ProviderService service(ResourceHandler handler) {
    return new ProviderService(handler.pkg(), new HandlerProvider(handler));
  }

  @Override
  public void handshake(
      Provider.ProviderHandshakeRequest request,
      StreamObserver<Provider.ProviderHandshakeResponse> reply) {
    answer(reply, Provider.ProviderHandshakeResponse.newBuilder().setAcceptSecrets(false).build());
  }

  @Override
  public void attach(Plugin.PluginAttach request, StreamObserver<Empty> reply) {
    answer(reply, Empty.getDefaultInstance());
  }

  @Override
  public void getPluginInfo(Empty request, StreamObserver<Plugin.PluginInfo> reply) {
    answer(reply, Plugin.PluginInfo.newBuilder().setVersion(catalog.version()).build());
  }

  @Override
  public void checkConfig(
      Provider.CheckRequest request, StreamObserver<Provider.CheckResponse> reply) {
    answer(reply, Provider.CheckResponse.newBuilder().setInputs(request.getNews()).build());
  }

  @Override
  public void diffConfig(
      Provider.DiffRequest request, StreamObserver<Provider.DiffResponse> reply) {
    answer(
        reply,
        Provider.DiffResponse.newBuilder()
            .setChanges(Provider.DiffResponse.DiffChanges.DIFF_NONE)
            .build());
  }

  @Override
  public void configure(
      Provider.ConfigureRequest request, StreamObserver<Provider.ConfigureResponse> reply) {
    answer(
        reply,
        Provider.ConfigureResponse.newBuilder()
            .setAcceptSecrets(false)
            .setSupportsPreview(true)
            .build());
  }

  @Override
  public void check(Provider.CheckRequest request, StreamObserver<Provider.CheckResponse> reply) {
    String type = type(request.getType(), request.getUrn());
    var response = Provider.CheckResponse.newBuilder().setInputs(request.getNews());
    for (TypeCheck.Finding finding : TypeCheck.findings(type, Values.plain(request.getNews()))) {
      response.addFailures(
          Provider.CheckFailure.newBuilder().setProperty(finding.at()).setReason(finding.reason()));
    }
    answer(reply, response.build());
  }

  @Override
  public void diff(Provider.DiffRequest request, StreamObserver<Provider.DiffResponse> reply) {
    TypeCatalog.ResourceType type = catalog.types().get(type(request.getType(), request.getUrn()));
    Map<String, Value> old = request.getOldInputs().getFieldsMap();
    Map<String, Value> now = request.getNews().getFieldsMap();
    var names = new TreeSet<>(old.keySet());
    names.addAll(now.keySet());
    var response =
        Provider.DiffResponse.newBuilder()
            .setChanges(Provider.DiffResponse.DiffChanges.DIFF_NONE)
            .setHasDetailedDiff(true);
    for (String name : names) {
      if (name.startsWith("__") || Objects.equals(old.get(name), now.get(name))) {
        continue;
      }
      boolean replaces = type != null && type.replace().contains(name);
      boolean first = type != null && type.deleteBeforeReplace();
      response
          .setChanges(Provider.DiffResponse.DiffChanges.DIFF_SOME)
          .addDiffs(name)
          .putDetailedDiff(
              name,
              Provider.PropertyDiff.newBuilder()
                  .setKind(
                      replaces
                          ? Provider.PropertyDiff.Kind.UPDATE_REPLACE
                          : Provider.PropertyDiff.Kind.UPDATE)
                  .setInputDiff(true)
                  .build());
      if (replaces) {
        response.addReplaces(name).setDeleteBeforeReplace(first);
      }
    }
    answer(reply, response.build());
  }

  @Override
  public void create(
      Provider.CreateRequest request, StreamObserver<Provider.CreateResponse> reply) {
    if (request.getPreview()) {
      answer(
          reply,
          Provider.CreateResponse.newBuilder().setProperties(request.getProperties()).build());
      return;
    }
    run(
        reply,
        () -> {
          ResourceHandler.Made made =
              handler.create(
                  type(request.getType(), request.getUrn()),
                  name(request.getUrn()),
                  Values.plain(request.getProperties()));
          return Provider.CreateResponse.newBuilder()
              .setId(made.id())
              .setProperties(merged(request.getProperties(), made.outputs()))
              .build();
        });
  }

  @Override
  public void read(Provider.ReadRequest request, StreamObserver<Provider.ReadResponse> reply) {
    run(
        reply,
        () ->
            handler
                .read(
                    type(request.getType(), request.getUrn()),
                    request.getId(),
                    Values.plain(request.getInputs()))
                .map(
                    outputs ->
                        Provider.ReadResponse.newBuilder()
                            .setId(request.getId())
                            .setProperties(merged(request.getInputs(), outputs))
                            .setInputs(request.getInputs())
                            .build())
                .orElseGet(Provider.ReadResponse::getDefaultInstance));
  }

  @Override
  public void update(
      Provider.UpdateRequest request, StreamObserver<Provider.UpdateResponse> reply) {
    if (request.getPreview()) {
      answer(
          reply,
          Provider.UpdateResponse.newBuilder()
              .setProperties(
                  request.getOlds().toBuilder().putAllFields(request.getNews().getFieldsMap()))
              .build());
      return;
    }
    run(
        reply,
        () ->
            Provider.UpdateResponse.newBuilder()
                .setProperties(
                    merged(
                        request.getNews(),
                        handler.update(
                            type(request.getType(), request.getUrn()),
                            request.getId(),
                            Values.plain(request.getNews()))))
                .build());
  }

  @Override
  public void delete(Provider.DeleteRequest request, StreamObserver<Empty> reply) {
    run(
        reply,
        () -> {
          handler.delete(
              type(request.getType(), request.getUrn()),
              request.getId(),
              Values.plain(request.getProperties()));
          return Empty.getDefaultInstance();
        });
  }

  @Override
  public void cancel(Empty request, StreamObserver<Empty> reply) {
    // Every call ends by itself within its limit.
    answer(reply, Empty.getDefaultInstance());
  }

  @FunctionalInterface
  private interface Work<T> {
    T run() throws InterruptedException;
  }

  private static <T> void run(StreamObserver<T> reply, Work<T> work) {
    T value;
    try {
      value = work.run();
    } catch (SskubaException e) {
      reply.onError(Status.UNKNOWN.withDescription(describe(e)).asRuntimeException());
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      reply.onError(Status.CANCELLED.withDescription("interrupted").asRuntimeException());
      return;
    } catch (RuntimeException e) {
      // gRPC would answer "Application error processing RPC", which tells nobody anything.
      reply.onError(
          Status.UNKNOWN
              .withDescription(ProblemCode.INTERNAL.id() + ": " + e)
              .withCause(e)
              .asRuntimeException());
      return;
    }
    answer(reply, value);
  }

  private static String describe(SskubaException e) {
    StringBuilder text = new StringBuilder(String.valueOf(e.getMessage()));
    for (Problem.Fact fact : e.problem().facts()) {
      text.append("; ").append(fact.label()).append(' ').append(fact.value());
    }
    return text.toString();
  }

  private static Struct merged(Struct inputs, Map<String, Object> outputs) {
    return inputs.toBuilder().putAllFields(Values.struct(outputs).getFieldsMap()).build();
  }

  private static String type(String field, String urn) {
    if (!field.isEmpty()) {
      return field;
    }
    String[] parts = urn.split("::", -1);
    return parts.length < 4 ? "" : parts[2].substring(parts[2].lastIndexOf('$') + 1);
  }

  private static String name(String urn) {
    return urn.substring(urn.lastIndexOf("::") + 2);
  }

  private static <T> void answer(StreamObserver<T> reply, T value) {
    reply.onNext(value);
    reply.onCompleted();
  }
}
