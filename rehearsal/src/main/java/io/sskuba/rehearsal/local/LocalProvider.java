package io.sskuba.rehearsal.local;

import com.google.protobuf.Empty;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.sskuba.infra.local.LocalPlan;
import io.sskuba.infra.pulumi.Values;
import io.sskuba.problem.ProblemCode;
import io.sskuba.rehearsal.host.HostClient;
import io.sskuba.rehearsal.host.HostLauncher;
import io.sskuba.rehearsal.host.HostRelay;
import io.sskuba.spec.Nearest;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import pulumirpc.Plugin;
import pulumirpc.Provider;
import pulumirpc.ResourceProviderGrpc;

/// The Pulumi provider `sskuba`: the resources of the `local` target.
///
/// It holds nothing itself. `Host` is the cluster's host process, started and ended through
/// [HostLauncher]; every other resource is in that process's account, reached by [HostRelay].
/// - Limits: 60 s a call of the host process.
/// - Errors: an unknown property names the nearest one; a refusal of the host passes on with its
///   code.
/// - Idempotent: ids are the plan's resource keys, so a create of what exists adopts it, a delete
///   of what is gone succeeds, and with a dead host everything reads as gone.
/// - Source: pulumi/proto/pulumi/provider.proto.
public final class LocalProvider extends ResourceProviderGrpc.ResourceProviderImplBase {
  /// Package name: the first part of the type tokens.
  public static final String PACKAGE = "sskuba";

  private static final String VERSION = "1.0.0";
  private static final Duration CALL_LIMIT = Duration.ofSeconds(60);

  private final HostLauncher launcher;
  private final HostRelay relay;

  public LocalProvider(HostLauncher launcher, HostClient host) {
    this.launcher = launcher;
    this.relay = new HostRelay(host, CALL_LIMIT);
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
    answer(reply, Plugin.PluginInfo.newBuilder().setVersion(VERSION).build());
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
    String token = type(request.getType(), request.getUrn());
    LocalSchema.Type type = LocalSchema.type(token);
    if (type == null) {
      String near = Nearest.of(token, LocalSchema.types());
      reply.onError(
          Status.INVALID_ARGUMENT
              .withDescription(
                  "unknown resource type "
                      + token
                      + (near == null ? "" : "; did you mean " + near + "?"))
              .asRuntimeException());
      return;
    }
    var response = Provider.CheckResponse.newBuilder().setInputs(request.getNews());
    for (Map.Entry<String, String> problem :
        LocalSchema.problems(type, request.getNews().getFieldsMap().keySet())) {
      response.addFailures(
          Provider.CheckFailure.newBuilder()
              .setProperty(problem.getKey())
              .setReason(problem.getValue()));
    }
    answer(reply, response.build());
  }

  @Override
  public void diff(Provider.DiffRequest request, StreamObserver<Provider.DiffResponse> reply) {
    LocalSchema.Type type = LocalSchema.type(type(request.getType(), request.getUrn()));
    Map<String, Value> old = request.getOldInputs().getFieldsMap();
    Map<String, Value> now = request.getNews().getFieldsMap();
    var names = new TreeSet<>(old.keySet());
    names.addAll(now.keySet());
    var response =
        Provider.DiffResponse.newBuilder()
            .setChanges(Provider.DiffResponse.DiffChanges.DIFF_NONE)
            .setHasDetailedDiff(true);
    for (String name : names) {
      if (name.startsWith("__") || java.util.Objects.equals(old.get(name), now.get(name))) {
        continue;
      }
      boolean forced = type != null && type.forced().contains(name);
      response
          .setChanges(Provider.DiffResponse.DiffChanges.DIFF_SOME)
          .addDiffs(name)
          .putDetailedDiff(
              name,
              Provider.PropertyDiff.newBuilder()
                  .setKind(kind(old, now, name, forced))
                  .setInputDiff(true)
                  .build());
      if (forced) {
        // Addresses and names are unique: the old one must go first.
        response.addReplaces(name).setDeleteBeforeReplace(true);
      }
    }
    answer(reply, response.build());
  }

  private static Provider.PropertyDiff.Kind kind(
      Map<String, Value> old, Map<String, Value> now, String name, boolean forced) {
    if (!old.containsKey(name)) {
      return forced ? Provider.PropertyDiff.Kind.ADD_REPLACE : Provider.PropertyDiff.Kind.ADD;
    }
    if (!now.containsKey(name)) {
      return forced ? Provider.PropertyDiff.Kind.DELETE_REPLACE : Provider.PropertyDiff.Kind.DELETE;
    }
    return forced ? Provider.PropertyDiff.Kind.UPDATE_REPLACE : Provider.PropertyDiff.Kind.UPDATE;
  }

  @Override
  public void create(
      Provider.CreateRequest request, StreamObserver<Provider.CreateResponse> reply) {
    if (request.getPreview()) {
      // No id and no outputs yet: what refers to them is told that they are unknown.
      answer(
          reply,
          Provider.CreateResponse.newBuilder().setProperties(request.getProperties()).build());
      return;
    }
    String token = type(request.getType(), request.getUrn());
    Map<String, Object> inputs = Values.plain(request.getProperties());
    String id = String.valueOf(inputs.get("key"));
    run(
        reply,
        () -> {
          Map<String, Object> outputs = new LinkedHashMap<>();
          if (token.equals(LocalPlan.HOST)) {
            outputs.put("instance", launcher.ensureRunning(inputs));
          }
          outputs.putAll(relay.create(token, id, inputs));
          return Provider.CreateResponse.newBuilder()
              .setId(id)
              .setProperties(merged(request.getProperties(), outputs))
              .build();
        });
  }

  @Override
  public void read(Provider.ReadRequest request, StreamObserver<Provider.ReadResponse> reply) {
    String token = type(request.getType(), request.getUrn());
    run(
        reply,
        () -> {
          Optional<String> instance = launcher.running();
          Optional<Map<String, Object>> found =
              instance.isEmpty() ? Optional.empty() : relay.read(token, request.getId());
          if (found.isEmpty()) {
            return Provider.ReadResponse.getDefaultInstance();
          }
          Map<String, Object> outputs = new LinkedHashMap<>(found.get());
          if (token.equals(LocalPlan.HOST)) {
            outputs.put("instance", instance.get());
          }
          return Provider.ReadResponse.newBuilder()
              .setId(request.getId())
              .setProperties(merged(request.getInputs(), outputs))
              .setInputs(request.getInputs())
              .build();
        });
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
    String token = type(request.getType(), request.getUrn());
    run(
        reply,
        () -> {
          Map<String, Object> outputs =
              new LinkedHashMap<>(
                  relay.update(token, request.getId(), Values.plain(request.getNews())));
          if (token.equals(LocalPlan.HOST)) {
            launcher.running().ifPresent(instance -> outputs.put("instance", instance));
          }
          return Provider.UpdateResponse.newBuilder()
              .setProperties(merged(request.getNews(), outputs))
              .build();
        });
  }

  @Override
  public void delete(Provider.DeleteRequest request, StreamObserver<Empty> reply) {
    String token = type(request.getType(), request.getUrn());
    run(
        reply,
        () -> {
          if (launcher.running().isPresent()) {
            relay.delete(token, request.getId());
          }
          if (token.equals(LocalPlan.HOST)) {
            launcher.stop();
          }
          return Empty.getDefaultInstance();
        });
  }

  @Override
  public void cancel(Empty request, StreamObserver<Empty> reply) {
    // Every call ends by itself within its limit; there is nothing to cut short.
    answer(reply, Empty.getDefaultInstance());
  }

  @FunctionalInterface
  private interface Work<T> {
    T run() throws IOException, InterruptedException, HostRelay.Refused;
  }

  private static <T> void run(StreamObserver<T> reply, Work<T> work) {
    T value;
    try {
      value = work.run();
    } catch (HostRelay.Refused e) {
      reply.onError(Status.UNKNOWN.withDescription(e.getMessage()).asRuntimeException());
      return;
    } catch (IOException e) {
      reply.onError(
          Status.UNKNOWN
              .withDescription("SSK-INFRA-004: the host process does not answer: " + e.getMessage())
              .asRuntimeException());
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      reply.onError(Status.CANCELLED.withDescription("interrupted").asRuntimeException());
      return;
    } catch (io.sskuba.problem.SskubaException e) {
      reply.onError(Status.UNKNOWN.withDescription(describe(e)).asRuntimeException());
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

  private static String describe(io.sskuba.problem.SskubaException e) {
    StringBuilder text = new StringBuilder(String.valueOf(e.getMessage()));
    List.copyOf(e.problem().facts())
        .forEach(f -> text.append("; ").append(f.label()).append(' ').append(f.value()));
    return text.toString();
  }

  /// The inputs as they are, with what the host added.
  private static Struct merged(Struct inputs, Map<String, Object> outputs) {
    return inputs.toBuilder().putAllFields(Values.struct(outputs).getFieldsMap()).build();
  }

  /// The type token; older engines send it only in the URN.
  private static String type(String field, String urn) {
    if (!field.isEmpty()) {
      return field;
    }
    String[] parts = urn.split("::", -1);
    return parts.length < 4 ? "" : parts[2].substring(parts[2].lastIndexOf('$') + 1);
  }

  private static <T> void answer(StreamObserver<T> reply, T value) {
    reply.onNext(value);
    reply.onCompleted();
  }
}
