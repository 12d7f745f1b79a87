package io.sskuba.acceptance;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.sskuba.infra.pulumi.ProviderProtocol;
import io.sskuba.infra.pulumi.ResourceHandler;
import io.sskuba.infra.pulumi.Values;
import io.sskuba.io.Json;
import io.sskuba.io.SuppressForbidden;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import pulumirpc.Provider;

/// A provider's plugin as a program of its own, which the real engine finds, starts and ends: for
/// what stands between the engine and a cloud. Its cloud is a folder: a file a resource.
///
/// Fault policy: none. A virtual machine's address is what `addresses.json` says. It answers each
/// question with a new value every time it is started, as a cloud does where there is a new image.
/// It writes down what it was started with, `seen.jsonl`, a line a start, and what it made,
/// `made.log`. A file `pause` holds the milliseconds that each creation takes. Who writes into a
/// resource's file changes it behind the engine's back.
@SuppressForbidden(reason = "a main class: its port goes to standard output, as the engine expects")
public final class FakePlugin extends ProviderProtocol {
  static final String SEEN = "seen.jsonl";
  static final String MADE = "made.log";
  private static final AtomicInteger ANSWERS = new AtomicInteger();
  private final Path cloud;

  private FakePlugin(Path cloud) {
    super("4.18.2", false);
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
  protected ResourceHandler.Made made(String type, String name, Map<String, Object> inputs)
      throws IOException {
    String address = addresses().path(name).asText();
    pause();
    Files.writeString(
        cloud.resolve(MADE), name + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    Map<String, Object> outputs = outputs(address);
    keep("id-" + name, inputs, outputs);
    return new ResourceHandler.Made("id-" + name, outputs);
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

  private static Map<String, Object> outputs(String address) {
    return address.isEmpty() ? Map.of() : Map.of("defaultIpAddress", address);
  }

  private void keep(String id, Map<String, Object> inputs, Map<String, Object> outputs)
      throws IOException {
    Map<String, Object> all = new LinkedHashMap<>(inputs);
    all.putAll(outputs);
    Files.writeString(cloud.resolve(id), JsonFormat.printer().print(Values.struct(all)));
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
  protected Map<String, Object> updated(
      String type, String name, String id, Map<String, Object> inputs) throws IOException {
    Map<String, Object> outputs = outputs(addresses().path(name).asText());
    keep(id, inputs, outputs);
    return outputs;
  }

  @Override
  protected void removed(String type, String name, String id, Map<String, Object> properties)
      throws IOException {
    Files.deleteIfExists(cloud.resolve(id));
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
}
