package io.sskuba.acceptance;

import com.google.protobuf.Empty;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.sskuba.io.Json;
import io.sskuba.io.SuppressForbidden;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import pulumirpc.Plugin;
import pulumirpc.Provider;
import pulumirpc.ResourceProviderGrpc;

/// A provider's plugin as a program of its own, which the real engine finds, starts and ends: for
/// what stands between the engine and a cloud. Its cloud is a folder: a file a resource.
///
/// Fault policy: none. A virtual machine's address is what `addresses.json` says. It answers each
/// question with a new value every time it is started, as a cloud does where there is a new image.
/// It writes down what it was started with, `seen.jsonl`, a line a start, and what it made,
/// `made.log`. A file `pause` holds the milliseconds that each creation takes. Who writes into a
/// resource's file changes it behind the engine's back.
@SuppressForbidden(reason = "a main class: its port goes to standard output, as the engine expects")
public final class FakePlugin extends ResourceProviderGrpc.ResourceProviderImplBase {
  static final String SEEN = "seen.jsonl";
  static final String MADE = "made.log";
  private static final AtomicInteger ANSWERS = new AtomicInteger();
  private final Path cloud;

  private FakePlugin(Path cloud) {
    this.cloud = cloud;
  }

  public static void main(String[] args) throws Exception {
    Path cloud = Path.of(args[0]);
    var seen = Json.object();
    System.getenv().forEach(seen.putObject("environment")::put);
    seen.put(
        "engine",
        ProcessHandle.current()
            .parent()
            .flatMap(p -> p.info().commandLine())
            .orElse("no parent that can be seen"));
    Files.writeString(
        cloud.resolve(SEEN),
        Json.compact(seen) + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(new FakePlugin(cloud))
            .build()
            .start();
    System.out.println(server.getPort());
    System.out.flush();
    server.awaitTermination();
  }

  /// Puts the plugin where `pulumi plugin install --file` puts one.
  static void install(Path home, String pkg, String version, Path cloud) throws IOException {
    Path folder = Files.createDirectories(home.resolve("plugins/resource-" + pkg + "-v" + version));
    Path program = folder.resolve("pulumi-resource-" + pkg);
    Files.writeString(
        program,
        "#!/bin/sh\nexec '"
            + Path.of(System.getProperty("java.home"), "bin", "java")
            + "' -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp '"
            + System.getProperty("java.class.path")
            + "' "
            + FakePlugin.class.getName()
            + " '"
            + cloud
            + "' \"$@\"\n");
    if (!program.toFile().setExecutable(true)) {
      throw new IOException("cannot be made a program: " + program);
    }
  }

  /// Ids of what its cloud holds.
  static List<String> held(Path cloud) throws IOException {
    try (Stream<Path> files = Files.list(cloud)) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(f -> f.startsWith("id-"))
          .sorted()
          .toList();
    }
  }

  /// Names of what its cloud was told to make, each as often as it was told.
  static List<String> made(Path cloud) throws IOException {
    Path log = cloud.resolve(MADE);
    return Files.exists(log) ? Files.readAllLines(log) : List.of();
  }

  @Override
  public void handshake(
      Provider.ProviderHandshakeRequest request,
      StreamObserver<Provider.ProviderHandshakeResponse> reply) {
    answer(reply, Provider.ProviderHandshakeResponse.newBuilder().setAcceptSecrets(true).build());
  }

  @Override
  public void attach(Plugin.PluginAttach request, StreamObserver<Empty> reply) {
    answer(reply, Empty.getDefaultInstance());
  }

  @Override
  public void getPluginInfo(Empty request, StreamObserver<Plugin.PluginInfo> reply) {
    answer(reply, Plugin.PluginInfo.newBuilder().setVersion("4.18.2").build());
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
    var response =
        Provider.DiffResponse.newBuilder().setChanges(Provider.DiffResponse.DiffChanges.DIFF_NONE);
    var names = new TreeSet<>(request.getNews().getFieldsMap().keySet());
    names.addAll(request.getOldInputs().getFieldsMap().keySet());
    for (String name : names) {
      Value now = request.getNews().getFieldsMap().get(name);
      if (!java.util.Objects.equals(now, request.getOldInputs().getFieldsMap().get(name))) {
        response.setChanges(Provider.DiffResponse.DiffChanges.DIFF_SOME).addDiffs(name);
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
    String name = request.getUrn().substring(request.getUrn().lastIndexOf("::") + 2);
    Struct.Builder properties = request.getProperties().toBuilder();
    String address = addresses().path(name).asText();
    if (!address.isEmpty()) {
      properties.putFields("defaultIpAddress", Value.newBuilder().setStringValue(address).build());
    }
    try {
      pause();
      Files.writeString(
          cloud.resolve(MADE), name + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      Files.writeString(
          cloud.resolve("id-" + name),
          JsonFormat.printer().print(properties),
          StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    answer(
        reply,
        Provider.CreateResponse.newBuilder().setId("id-" + name).setProperties(properties).build());
  }

  private void pause() throws IOException {
    Path pause = cloud.resolve("pause");
    if (Files.exists(pause)) {
      try {
        Thread.sleep(Long.parseLong(Files.readString(pause).strip()));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private com.fasterxml.jackson.databind.JsonNode addresses() {
    try {
      return Json.parse(Files.readAllBytes(cloud.resolve("addresses.json")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void read(Provider.ReadRequest request, StreamObserver<Provider.ReadResponse> reply) {
    var response = Provider.ReadResponse.newBuilder();
    Path file = cloud.resolve(request.getId());
    if (Files.exists(file)) {
      Struct.Builder properties = Struct.newBuilder();
      try {
        JsonFormat.parser().merge(Files.readString(file), properties);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      Struct.Builder inputs = Struct.newBuilder();
      properties
          .getFieldsMap()
          .forEach(
              (name, value) -> {
                // What only the cloud says is no input.
                if (!name.equals("defaultIpAddress")) {
                  inputs.putFields(name, value);
                }
              });
      response.setId(request.getId()).setProperties(properties).setInputs(inputs);
    }
    answer(reply, response.build());
  }

  @Override
  public void update(
      Provider.UpdateRequest request, StreamObserver<Provider.UpdateResponse> reply) {
    Struct properties =
        request.getOlds().toBuilder().putAllFields(request.getNews().getFieldsMap()).build();
    if (!request.getPreview()) {
      try {
        Files.writeString(cloud.resolve(request.getId()), JsonFormat.printer().print(properties));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    answer(reply, Provider.UpdateResponse.newBuilder().setProperties(properties).build());
  }

  @Override
  public void delete(Provider.DeleteRequest request, StreamObserver<Empty> reply) {
    try {
      Files.deleteIfExists(cloud.resolve(request.getId()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    answer(reply, Empty.getDefaultInstance());
  }

  @Override
  public void invoke(
      Provider.InvokeRequest request, StreamObserver<Provider.InvokeResponse> reply) {
    String name = request.getTok().substring(request.getTok().lastIndexOf(':') + 1);
    Value id =
        Value.newBuilder()
            .setStringValue(
                name + "-" + ProcessHandle.current().pid() + "-" + ANSWERS.incrementAndGet())
            .build();
    answer(
        reply,
        Provider.InvokeResponse.newBuilder()
            .setReturn(Struct.newBuilder().putFields("id", id).putFields("resourcePoolId", id))
            .build());
  }

  @Override
  public void cancel(Empty request, StreamObserver<Empty> reply) {
    answer(reply, Empty.getDefaultInstance());
  }

  private static <T> void answer(StreamObserver<T> reply, T value) {
    reply.onNext(value);
    reply.onCompleted();
  }
}
