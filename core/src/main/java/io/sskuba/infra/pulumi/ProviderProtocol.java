package io.sskuba.infra.pulumi;

import com.google.protobuf.Empty;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import pulumirpc.Plugin;
import pulumirpc.Provider;
import pulumirpc.ResourceProviderGrpc;

/// What every provider of ours answers alike: who it is, that it has no configuration, what a
/// preview of a create or an update looks like, and how a difference is told.
/// - Errors: whatever the work throws, as `UNKNOWN` with [#describe]'s text, so that the engine
///   shows the cause; an interruption as `CANCELLED`.
/// - Source: pulumi/proto/pulumi/provider.proto.
public abstract class ProviderProtocol extends ResourceProviderGrpc.ResourceProviderImplBase {
  private final String version;
  private final boolean acceptSecrets;

  /// @param acceptSecrets whether secret values come marked as such; else in the clear
  protected ProviderProtocol(String version, boolean acceptSecrets) {
    this.version = version;
    this.acceptSecrets = acceptSecrets;
  }

  /// What is wrong with the inputs: property and reason.
  protected List<Map.Entry<String, String>> failures(String type, Map<String, Object> inputs) {
    return List.of();
  }

  /// Whether a changed property makes the resource anew.
  protected boolean replaces(String type, String property) {
    return false;
  }

  /// Whether the old one goes first when it is made anew: where names or addresses are unique.
  protected boolean deleteBeforeReplace(String type) {
    return false;
  }

  @Override
  public final void handshake(
      Provider.ProviderHandshakeRequest request,
      StreamObserver<Provider.ProviderHandshakeResponse> reply) {
    answer(
        reply,
        Provider.ProviderHandshakeResponse.newBuilder().setAcceptSecrets(acceptSecrets).build());
  }

  @Override
  public final void attach(Plugin.PluginAttach request, StreamObserver<Empty> reply) {
    answer(reply, Empty.getDefaultInstance());
  }

  @Override
  public final void getPluginInfo(Empty request, StreamObserver<Plugin.PluginInfo> reply) {
    answer(reply, Plugin.PluginInfo.newBuilder().setVersion(version).build());
  }

  @Override
  public final void checkConfig(
      Provider.CheckRequest request, StreamObserver<Provider.CheckResponse> reply) {
    answer(reply, Provider.CheckResponse.newBuilder().setInputs(request.getNews()).build());
  }

  @Override
  public final void diffConfig(
      Provider.DiffRequest request, StreamObserver<Provider.DiffResponse> reply) {
    answer(
        reply,
        Provider.DiffResponse.newBuilder()
            .setChanges(Provider.DiffResponse.DiffChanges.DIFF_NONE)
            .build());
  }

  @Override
  public final void configure(
      Provider.ConfigureRequest request, StreamObserver<Provider.ConfigureResponse> reply) {
    answer(
        reply,
        Provider.ConfigureResponse.newBuilder()
            .setAcceptSecrets(acceptSecrets)
            .setSupportsPreview(true)
            .build());
  }

  /// Every call of ours ends by itself within its limit; there is nothing to cut short.
  @Override
  public final void cancel(Empty request, StreamObserver<Empty> reply) {
    answer(reply, Empty.getDefaultInstance());
  }

  @Override
  public final void check(
      Provider.CheckRequest request, StreamObserver<Provider.CheckResponse> reply) {
    run(
        reply,
        () -> {
          var response = Provider.CheckResponse.newBuilder().setInputs(request.getNews());
          String type = type(request.getType(), request.getUrn());
          for (var failure : failures(type, Values.plain(request.getNews()))) {
            response.addFailures(
                Provider.CheckFailure.newBuilder()
                    .setProperty(failure.getKey())
                    .setReason(failure.getValue()));
          }
          return response.build();
        });
  }

  @Override
  public final void diff(
      Provider.DiffRequest request, StreamObserver<Provider.DiffResponse> reply) {
    String type = type(request.getType(), request.getUrn());
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
      boolean replaces = replaces(type, name);
      response
          .setChanges(Provider.DiffResponse.DiffChanges.DIFF_SOME)
          .addDiffs(name)
          .putDetailedDiff(
              name,
              Provider.PropertyDiff.newBuilder()
                  .setKind(kind(old.containsKey(name), now.containsKey(name), replaces))
                  .setInputDiff(true)
                  .build());
      if (replaces) {
        response.addReplaces(name).setDeleteBeforeReplace(deleteBeforeReplace(type));
      }
    }
    answer(reply, response.build());
  }

  private static Provider.PropertyDiff.Kind kind(boolean was, boolean is, boolean replaces) {
    if (!was) {
      return replaces ? Provider.PropertyDiff.Kind.ADD_REPLACE : Provider.PropertyDiff.Kind.ADD;
    }
    if (!is) {
      return replaces
          ? Provider.PropertyDiff.Kind.DELETE_REPLACE
          : Provider.PropertyDiff.Kind.DELETE;
    }
    return replaces ? Provider.PropertyDiff.Kind.UPDATE_REPLACE : Provider.PropertyDiff.Kind.UPDATE;
  }

  /// A preview has no id and no outputs yet: what refers to them is told that they are unknown.
  @Override
  public final void create(
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
              made(
                  type(request.getType(), request.getUrn()),
                  name(request.getUrn()),
                  Values.plain(request.getProperties()));
          return Provider.CreateResponse.newBuilder()
              .setId(made.id())
              .setProperties(merged(request.getProperties(), made.outputs()))
              .build();
        });
  }

  /// Makes one resource: its id and what the provider adds to the inputs.
  protected abstract ResourceHandler.Made made(String type, String name, Map<String, Object> inputs)
      throws Exception;

  @Override
  public final void update(
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
                        updated(
                            type(request.getType(), request.getUrn()),
                            name(request.getUrn()),
                            request.getId(),
                            Values.plain(request.getNews()))))
                .build());
  }

  /// Brings one resource to `inputs`: what the provider adds to them.
  protected abstract Map<String, Object> updated(
      String type, String name, String id, Map<String, Object> inputs) throws Exception;

  @Override
  public final void delete(Provider.DeleteRequest request, StreamObserver<Empty> reply) {
    run(
        reply,
        () -> {
          removed(
              type(request.getType(), request.getUrn()),
              name(request.getUrn()),
              request.getId(),
              Values.plain(request.getProperties()));
          return Empty.getDefaultInstance();
        });
  }

  /// Takes one resource away. What is gone already is no error.
  protected abstract void removed(
      String type, String name, String id, Map<String, Object> properties) throws Exception;

  /// Work of one call.
  @FunctionalInterface
  protected interface Work<T> {
    T run() throws Exception;
  }

  protected final <T> void run(StreamObserver<T> reply, Work<T> work) {
    T value;
    try {
      value = work.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      reply.onError(Status.CANCELLED.withDescription("interrupted").asRuntimeException());
      return;
    } catch (Exception e) {
      // gRPC would answer "Application error processing RPC", which tells nobody anything.
      reply.onError(Status.UNKNOWN.withDescription(describe(e)).withCause(e).asRuntimeException());
      return;
    }
    answer(reply, value);
  }

  /// What the engine shows of a failure: a coded problem with its facts; anything else unforeseen
  /// is a bug.
  protected String describe(Exception e) {
    if (!(e instanceof SskubaException told)) {
      return e instanceof RuntimeException
          ? ProblemCode.INTERNAL.id() + ": " + e
          : String.valueOf(e.getMessage());
    }
    StringBuilder text = new StringBuilder(String.valueOf(told.getMessage()));
    for (Problem.Fact fact : told.problem().facts()) {
      text.append("; ").append(fact.label()).append(' ').append(fact.value());
    }
    return text.toString();
  }

  /// The inputs as they are, with what the provider added.
  protected static Struct merged(Struct inputs, Map<String, Object> outputs) {
    return inputs.toBuilder().putAllFields(Values.struct(outputs).getFieldsMap()).build();
  }

  /// The type token; older engines send it only in the URN.
  protected static String type(String field, String urn) {
    if (!field.isEmpty()) {
      return field;
    }
    String[] parts = urn.split("::", -1);
    return parts.length < 4 ? "" : parts[2].substring(parts[2].lastIndexOf('$') + 1);
  }

  protected static String name(String urn) {
    return urn.substring(urn.lastIndexOf("::") + 2);
  }

  protected static <T> void answer(StreamObserver<T> reply, T value) {
    reply.onNext(value);
    reply.onCompleted();
  }
}
