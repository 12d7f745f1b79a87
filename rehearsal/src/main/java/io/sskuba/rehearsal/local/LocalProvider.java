package io.sskuba.rehearsal.local;

import io.grpc.stub.StreamObserver;
import io.sskuba.infra.local.LocalPlan;
import io.sskuba.infra.pulumi.ProviderProtocol;
import io.sskuba.infra.pulumi.ResourceHandler;
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
import pulumirpc.Provider;

/// The Pulumi provider `sskuba`: the resources of the `local` target.
///
/// It holds nothing itself. `Host` is the cluster's host process, started and ended through
/// [HostLauncher]; every other resource is in that process's account, reached by [HostRelay].
/// - Limits: 60 s a call of the host process.
/// - Errors: an unknown property names the nearest one; a refusal of the host passes on with its
///   code.
/// - Idempotent: ids are the plan's resource keys, so a create of what exists adopts it, a delete
///   of what is gone succeeds, and with a dead host everything reads as gone.
public final class LocalProvider extends ProviderProtocol {
  /// Package name: the first part of the type tokens.
  public static final String PACKAGE = "sskuba";

  private static final String VERSION = "1.0.0";
  private static final Duration CALL_LIMIT = Duration.ofSeconds(60);

  private final HostLauncher launcher;
  private final HostRelay relay;

  public LocalProvider(HostLauncher launcher, HostClient host) {
    super(VERSION, false);
    this.launcher = launcher;
    this.relay = new HostRelay(host, CALL_LIMIT);
  }

  @Override
  protected List<Map.Entry<String, String>> failures(String token, Map<String, Object> inputs) {
    LocalSchema.Type type = LocalSchema.type(token);
    if (type == null) {
      String near = Nearest.of(token, LocalSchema.types());
      return List.of(
          Map.entry(
              "",
              "unknown resource type "
                  + token
                  + (near == null ? "" : "; did you mean " + near + "?")));
    }
    return LocalSchema.problems(type, inputs.keySet());
  }

  @Override
  protected boolean replaces(String token, String property) {
    LocalSchema.Type type = LocalSchema.type(token);
    return type != null && type.forced().contains(property);
  }

  /// Addresses and names are unique: the old one must go first.
  @Override
  protected boolean deleteBeforeReplace(String token) {
    return true;
  }

  @Override
  protected ResourceHandler.Made made(String token, String name, Map<String, Object> inputs)
      throws Exception {
    String id = String.valueOf(inputs.get("key"));
    Map<String, Object> outputs = new LinkedHashMap<>();
    if (token.equals(LocalPlan.HOST)) {
      outputs.put("instance", launcher.ensureRunning(inputs));
    }
    outputs.putAll(relay.create(token, id, inputs));
    return new ResourceHandler.Made(id, outputs);
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
  protected Map<String, Object> updated(
      String token, String name, String id, Map<String, Object> inputs) throws Exception {
    Map<String, Object> outputs = new LinkedHashMap<>(relay.update(token, id, inputs));
    if (token.equals(LocalPlan.HOST)) {
      launcher.running().ifPresent(instance -> outputs.put("instance", instance));
    }
    return outputs;
  }

  @Override
  protected void removed(String token, String name, String id, Map<String, Object> properties)
      throws Exception {
    if (launcher.running().isPresent()) {
      relay.delete(token, id);
    }
    if (token.equals(LocalPlan.HOST)) {
      launcher.stop();
    }
  }

  @Override
  protected String describe(Exception e) {
    return e instanceof IOException
        ? "SSK-INFRA-004: the host process does not answer: " + e.getMessage()
        : super.describe(e);
  }
}
