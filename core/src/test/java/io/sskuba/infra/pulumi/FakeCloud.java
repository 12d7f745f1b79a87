package io.sskuba.infra.pulumi;

import com.google.protobuf.Empty;
import com.google.protobuf.Struct;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import pulumirpc.Plugin;
import pulumirpc.Provider;
import pulumirpc.ResourceProviderGrpc;

/// A provider whose cloud is a map. Fault policy: `failing` names fail on create with a message
/// that holds a secret; each create and delete takes `latency`; `made` counts real creations, so
/// that a duplicate shows. Idempotent by name: a create of what exists adopts it.
final class FakeCloud extends ResourceProviderGrpc.ResourceProviderImplBase {
  final Map<String, Map<String, Object>> things = new ConcurrentSkipListMap<>();

  /// What somebody else changed: properties by id, as a read tells them.
  final Map<String, Map<String, Object>> changed = new ConcurrentHashMap<>();

  final Set<String> failing = ConcurrentHashMap.newKeySet();
  final AtomicInteger made = new AtomicInteger();
  final AtomicInteger deleted = new AtomicInteger();
  final AtomicInteger asked = new AtomicInteger();
  volatile Duration latency = Duration.ZERO;
  volatile @Nullable Runnable onCreate;
  private @Nullable Path journal;

  @Override
  public void handshake(
      Provider.ProviderHandshakeRequest request,
      StreamObserver<Provider.ProviderHandshakeResponse> reply) {
    answer(
        reply,
        Provider.ProviderHandshakeResponse.newBuilder()
            .setAcceptSecrets(true)
            .setAcceptResources(false)
            .setAcceptOutputs(false)
            .build());
  }

  @Override
  public void attach(Plugin.PluginAttach request, StreamObserver<Empty> reply) {
    answer(reply, Empty.getDefaultInstance());
  }

  @Override
  public void getPluginInfo(Empty request, StreamObserver<Plugin.PluginInfo> reply) {
    answer(reply, Plugin.PluginInfo.newBuilder().setVersion("1.0.0").build());
  }

  @Override
  public void checkConfig(
      Provider.CheckRequest request, StreamObserver<Provider.CheckResponse> reply) {
    answer(reply, Provider.CheckResponse.newBuilder().setInputs(request.getNews()).build());
  }

  @Override
  public void diffConfig(
      Provider.DiffRequest request, StreamObserver<Provider.DiffResponse> reply) {
    answer(reply, Provider.DiffResponse.getDefaultInstance());
  }

  @Override
  public void configure(
      Provider.ConfigureRequest request, StreamObserver<Provider.ConfigureResponse> reply) {
    answer(
        reply,
        Provider.ConfigureResponse.newBuilder()
            .setAcceptSecrets(true)
            .setSupportsPreview(true)
            .build());
  }

  @Override
  public void check(Provider.CheckRequest request, StreamObserver<Provider.CheckResponse> reply) {
    answer(reply, Provider.CheckResponse.newBuilder().setInputs(request.getNews()).build());
  }

  @Override
  public void diff(Provider.DiffRequest request, StreamObserver<Provider.DiffResponse> reply) {
    Struct old = request.getOldInputs();
    var response = Provider.DiffResponse.newBuilder();
    response.setChanges(Provider.DiffResponse.DiffChanges.DIFF_NONE);
    for (String key : request.getNews().getFieldsMap().keySet()) {
      if (!request.getNews().getFieldsMap().get(key).equals(old.getFieldsMap().get(key))) {
        response.setChanges(Provider.DiffResponse.DiffChanges.DIFF_SOME).addDiffs(key);
        if (key.equals("forced")) {
          response.addReplaces(key).setDeleteBeforeReplace(true);
        }
      }
    }
    answer(reply, response.build());
  }

  @Override
  public void create(
      Provider.CreateRequest request, StreamObserver<Provider.CreateResponse> reply) {
    String name = EngineEvents.name(request.getUrn());
    if (request.getPreview()) {
      answer(
          reply,
          Provider.CreateResponse.newBuilder().setProperties(request.getProperties()).build());
      return;
    }
    if (onCreate != null) {
      onCreate.run();
    }
    pause();
    if (failing.contains(name)) {
      reply.onError(
          Status.UNKNOWN
              .withDescription("quota exceeded, password=hunter2 was used")
              .asRuntimeException());
      return;
    }
    Map<String, Object> outputs = new LinkedHashMap<>(Values.plain(request.getProperties()));
    outputs.put("address", "10.0.0." + name.length());
    outputs.put("status", Map.of("list", java.util.List.of(Map.of("ip", "192.0.2.7"))));
    String id = String.valueOf(outputs.getOrDefault("key", "id-" + name));
    if (things.put(id, outputs) == null) {
      made.incrementAndGet();
    }
    log("made " + id);
    Struct properties =
        Values.struct(outputs).toBuilder()
            .putAllFields(request.getProperties().getFieldsMap())
            .build();
    answer(reply, Provider.CreateResponse.newBuilder().setId(id).setProperties(properties).build());
  }

  @Override
  public void read(Provider.ReadRequest request, StreamObserver<Provider.ReadResponse> reply) {
    if (!things.containsKey(request.getId())) {
      answer(reply, Provider.ReadResponse.getDefaultInstance());
      return;
    }
    Struct others = Values.struct(changed.getOrDefault(request.getId(), Map.of()));
    answer(
        reply,
        Provider.ReadResponse.newBuilder()
            .setId(request.getId())
            .setProperties(request.getProperties().toBuilder().putAllFields(others.getFieldsMap()))
            .setInputs(request.getInputs().toBuilder().putAllFields(others.getFieldsMap()))
            .build());
  }

  @Override
  public void update(
      Provider.UpdateRequest request, StreamObserver<Provider.UpdateResponse> reply) {
    answer(
        reply,
        Provider.UpdateResponse.newBuilder()
            .setProperties(
                request.getOlds().toBuilder().putAllFields(request.getNews().getFieldsMap()))
            .build());
  }

  @Override
  public void delete(Provider.DeleteRequest request, StreamObserver<Empty> reply) {
    pause();
    things.remove(request.getId());
    log("gone " + request.getId());
    deleted.incrementAndGet();
    answer(reply, Empty.getDefaultInstance());
  }

  /// A question has another answer each time.
  @Override
  public void invoke(
      Provider.InvokeRequest request, StreamObserver<Provider.InvokeResponse> reply) {
    if (request.getTok().equals("fake:img:none")) {
      reply.onError(Status.NOT_FOUND.withDescription("no such image").asRuntimeException());
      return;
    }
    String id = "image-" + asked.incrementAndGet();
    answer(
        reply,
        Provider.InvokeResponse.newBuilder()
            .setReturn(
                Values.struct(
                    Map.of("id", id, "of", String.valueOf(Values.plain(request.getArgs())))))
            .build());
  }

  @Override
  public void cancel(Empty request, StreamObserver<Empty> reply) {
    answer(reply, Empty.getDefaultInstance());
  }

  /// Makes the cloud outlive this JVM: a line a change, read again by the next one.
  static FakeCloud in(Path journal) throws IOException {
    FakeCloud cloud = new FakeCloud();
    cloud.journal = journal;
    if (Files.exists(journal)) {
      for (String line : Files.readAllLines(journal)) {
        if (line.startsWith("made ")) {
          cloud.things.put(line.substring(5), Map.of());
        } else if (line.startsWith("gone ")) {
          cloud.things.remove(line.substring(5));
        }
      }
    }
    return cloud;
  }

  private synchronized void log(String line) {
    if (journal != null) {
      try {
        Files.writeString(
            journal, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private void pause() {
    try {
      Thread.sleep(latency);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static <T> void answer(StreamObserver<T> reply, T value) {
    reply.onNext(value);
    reply.onCompleted();
  }
}
