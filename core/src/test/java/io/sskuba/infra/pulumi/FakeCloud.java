package io.sskuba.infra.pulumi;

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
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import pulumirpc.Provider;

/// A provider whose cloud is a map. Fault policy: `failing` names fail on create with a message
/// that holds a secret; each create and delete takes `latency`; `made` counts real creations, so
/// that a duplicate shows. Idempotent by name: a create of what exists adopts it.
final class FakeCloud extends ProviderProtocol {
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

  FakeCloud() {
    super("1.0.0", true);
  }

  @Override
  protected boolean replaces(String type, String property) {
    return property.equals("forced");
  }

  @Override
  protected boolean deleteBeforeReplace(String type) {
    return true;
  }

  @Override
  protected ResourceHandler.Made made(String type, String name, Map<String, Object> inputs)
      throws IOException {
    if (onCreate != null) {
      onCreate.run();
    }
    pause();
    if (failing.contains(name)) {
      throw new IOException("quota exceeded, password=hunter2 was used");
    }
    Map<String, Object> all = new LinkedHashMap<>(inputs);
    all.putAll(outputs(name));
    String id = String.valueOf(all.getOrDefault("key", "id-" + name));
    if (things.put(id, all) == null) {
      made.incrementAndGet();
    }
    log("made " + id);
    return new ResourceHandler.Made(id, outputs(name));
  }

  private static Map<String, Object> outputs(String name) {
    return Map.of(
        "address",
        "10.0.0." + name.length(),
        "status",
        Map.of("list", List.of(Map.of("ip", "192.0.2.7"))));
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
  protected Map<String, Object> updated(
      String type, String name, String id, Map<String, Object> inputs) {
    return outputs(name);
  }

  @Override
  protected void removed(String type, String name, String id, Map<String, Object> properties) {
    pause();
    things.remove(id);
    log("gone " + id);
    deleted.incrementAndGet();
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
}
