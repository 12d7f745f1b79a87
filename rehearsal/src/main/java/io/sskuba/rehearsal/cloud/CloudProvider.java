package io.sskuba.rehearsal.cloud;

import com.google.protobuf.Struct;
import io.grpc.stub.StreamObserver;
import io.sskuba.infra.OfflineTopology;
import io.sskuba.infra.local.LocalPlan;
import io.sskuba.infra.pulumi.ProviderProtocol;
import io.sskuba.infra.pulumi.ResourceHandler;
import io.sskuba.infra.pulumi.Values;
import io.sskuba.io.TimeSource;
import io.sskuba.rehearsal.account.Account;
import io.sskuba.rehearsal.account.CloudFault;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.rehearsal.account.Fabric;
import io.sskuba.rehearsal.host.HostClient;
import io.sskuba.rehearsal.host.HostRelay;
import io.sskuba.wait.Deadline;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import pulumirpc.Provider;

/// A Pulumi provider of one simulated package: the published types say what it takes, a
/// [CloudModel] what it does, a [Scenario] what goes wrong, a [LatencyModel] how long it takes.
/// - Limits: [#RETRIES] tries of a call that was turned away, as real providers retry.
/// - Errors: the model's texts; an unknown type or property names the nearest one.
/// - Idempotent: delete and read. A create is not, as in the real cloud.
public final class CloudProvider extends ProviderProtocol {
  static final int RETRIES = 8;
  private static final Duration RETRY_PAUSE = Duration.ofMillis(20);
  private static final Duration NOT_FOUND_PAUSE = Duration.ofMillis(100);
  private static final Duration SHOWN_MORE = Duration.ofSeconds(1);
  private static final Duration HANG = Duration.ofMinutes(30);

  private final CloudModel model;
  private final TypeRules rules;
  private final Account account;
  private final Site site;
  private final LatencyModel latency;
  private final double factor;
  private final ModelledTime modelled;
  private final HostRelay host;
  private final Instant credentialsEnd;
  private final Lag lag;
  private final TimeSource time;
  private final Map<String, Object> passing = new ConcurrentHashMap<>();

  /// By the name of the machine, for as long as the engine runs.
  private final Map<String, HandedOver> userData = new ConcurrentHashMap<>();

  /// @param factor what share of the modelled time is really waited
  /// @param lag how far reads and lists lag behind
  /// @param credentialsEnd from when on calls are refused, as with a token that ran out
  public record Surroundings(
      Account account,
      Site site,
      LatencyModel latency,
      double factor,
      ModelledTime modelled,
      HostRelay host,
      Instant credentialsEnd,
      Lag lag,
      TimeSource time) {

    /// A cloud that shows at once what it holds, to credentials that do not end.
    public Surroundings(
        Account account,
        Site site,
        LatencyModel latency,
        double factor,
        ModelledTime modelled,
        HostRelay host,
        TimeSource time) {
      this(account, site, latency, factor, modelled, host, Instant.MAX, Lag.NONE, time);
    }
  }

  public CloudProvider(CloudModel model, TypeRules rules, Surroundings around) {
    super("1.0.0", false);
    this.model = model;
    this.rules = rules;
    this.account = around.account();
    this.site = around.site();
    this.latency = around.latency();
    this.factor = around.factor();
    this.modelled = around.modelled();
    this.host = around.host();
    this.credentialsEnd = around.credentialsEnd();
    this.lag = around.lag();
    this.time = around.time();
  }

  @Override
  protected List<Map.Entry<String, String>> failures(String type, Map<String, Object> inputs) {
    return rules.problems(type, inputs);
  }

  @Override
  protected boolean replaces(String type, String property) {
    return rules.replaces(type, property);
  }

  @Override
  protected boolean deleteBeforeReplace(String type) {
    return rules.deleteBeforeReplace(type);
  }

  @Override
  protected ResourceHandler.Made made(String type, String name, Map<String, Object> given)
      throws Exception {
    Map<String, Object> inputs = withoutUserData(type, name, given);
    CloudResource made =
        call(
            "create",
            type,
            name,
            view -> {
              CloudModel.Made answer = model.create(request(type, name, inputs), view);
              CloudResource resource =
                  new CloudResource(
                      answer.id(),
                      type,
                      site.clusterId(),
                      name,
                      inputs,
                      answer.outputs(),
                      answer.tags(),
                      time.now(),
                      answer.fabric());
              view.put(resource);
              return resource;
            });
    return new ResourceHandler.Made(made.id(), made.outputs());
  }

  /// The inputs as the account may hold them.
  private Map<String, Object> withoutUserData(String type, String name, Map<String, Object> inputs)
      throws CloudFault {
    Optional<HandedOver> data = HandedOver.of(model.userData(type, inputs));
    if (data.isEmpty()) {
      return inputs;
    }
    userData.put(name, data.get());
    return data.get().masked(inputs);
  }

  @Override
  public void read(Provider.ReadRequest request, StreamObserver<Provider.ReadResponse> reply) {
    String type = type(request.getType(), request.getUrn());
    run(
        reply,
        () -> {
          Optional<CloudResource> found =
              account
                  .change(view -> view.find(request.getId()))
                  .or(() -> lag.ghost(request.getId()));
          if (found.isPresent() && !lag.shows(found.get())) {
            // There, and not seen yet: it goes on running here.
            return Provider.ReadResponse.getDefaultInstance();
          }
          if (found.isEmpty() || !found.get().type().equals(type)) {
            switchOff(request.getId());
            return Provider.ReadResponse.getDefaultInstance();
          }
          CloudResource resource = found.get();
          Map<String, Object> held = resource.inputs();
          Map<String, Object> known = Values.plain(request.getInputs());
          Optional<HandedOver> data = HandedOver.of(model.userData(type, known));
          if (data.isPresent()) {
            userData.put(name(request.getUrn()), data.get());
            held = data.get().unmasked(held);
          }
          Fabric fabric = resource.fabric();
          if (fabric != null) {
            switchOn(resource.id(), fabric);
          }
          Struct inputs = Values.struct(held);
          return Provider.ReadResponse.newBuilder()
              .setId(resource.id())
              .setProperties(merged(inputs, resource.outputs()))
              .setInputs(inputs)
              .build();
        });
  }

  @Override
  protected Map<String, Object> updated(
      String type, String name, String id, Map<String, Object> given) throws Exception {
    Map<String, Object> inputs = withoutUserData(type, name, given);
    CloudResource made =
        call(
            "update",
            type,
            name,
            view -> {
              CloudResource before = view.require(type, id, type + " " + id + " is gone");
              CloudModel.Made answer = model.update(request(type, name, inputs), before, view);
              CloudResource resource =
                  before
                      .with(inputs, answer.outputs())
                      .withTags(answer.tags())
                      .withFabric(answer.fabric());
              view.put(resource);
              return resource;
            });
    return made.outputs();
  }

  @Override
  protected void removed(String type, String name, String id, Map<String, Object> properties)
      throws Exception {
    call(
        "delete",
        type,
        name,
        view -> {
          Optional<CloudResource> found = view.find(id);
          if (found.isPresent()) {
            model.delete(request(type, name, Map.of()), found.get(), view);
            view.remove(id);
            lag.deleted(found.get());
          }
          return true;
        });
  }

  @Override
  public void invoke(
      Provider.InvokeRequest request, StreamObserver<Provider.InvokeResponse> reply) {
    run(
        reply,
        () ->
            Provider.InvokeResponse.newBuilder()
                .setReturn(
                    Values.struct(model.invoke(request.getTok(), Values.plain(request.getArgs()))))
                .build());
  }

  private CloudRequest request(String type, String name, Map<String, Object> inputs) {
    return new CloudRequest(type, name, inputs, site, site.scenario(), time.now());
  }

  /// One call: faults, the change under the account's lock, what it starts and ends here, and the
  /// time that it takes in the real cloud.
  private <T> T call(String operation, String type, String name, Account.Work<T, CloudFault> work)
      throws CloudFault, IOException, InterruptedException, HostRelay.Refused {
    Deadline shown = Deadline.after(time, lag.duration().plus(SHOWN_MORE));
    Optional<Scenario.Fault> struck = Optional.empty();
    for (int attempt = 1; ; attempt++) {
      try {
        Optional<Scenario.Fault> strikes = strikes(operation, type, name);
        struck = struck.isPresent() ? struck : strikes;
        List<Change> changes = new ArrayList<>();
        T result =
            account.change(
                view -> {
                  if (!operation.equals("delete")) {
                    view.show(lag::shows);
                  }
                  T out = work.in(view);
                  view.touched().forEach((id, before) -> changes.add(change(view, id, before)));
                  return out;
                });
        for (Change change : changes) {
          pass(change);
        }
        spend(operation, type, name);
        if (struck.isPresent()) {
          throw new CloudFault(
              CloudFault.Kind.UNAVAILABLE,
              "RequestTimeout: the answer to "
                  + operation
                  + " "
                  + type
                  + " did not arrive in time");
        }
        return result;
      } catch (CloudFault e) {
        // As real providers do with a reference to what was just made.
        if (e.kind() == CloudFault.Kind.NOT_FOUND && !lag.isNone() && !shown.passed()) {
          time.sleep(NOT_FOUND_PAUSE);
          continue;
        }
        boolean again =
            e.kind() == CloudFault.Kind.THROTTLED || e.kind() == CloudFault.Kind.DEPENDENCY;
        if (!again || attempt >= RETRIES) {
          throw e;
        }
        time.sleep(RETRY_PAUSE.multipliedBy(attempt));
      }
    }
  }

  /// The scenario's say. Returns a fault that strikes after the change took effect.
  private Optional<Scenario.Fault> strikes(String operation, String type, String name)
      throws CloudFault, IOException, InterruptedException {
    if (time.now().isAfter(credentialsEnd)) {
      throw model.refusal("expired", operation, type);
    }
    Scenario scenario = site.scenario();
    if (scenario.throttle() > 0) {
      long nth = account.change(view -> view.next("calls"));
      if (new SplittableRandom(scenario.seed() * 31 + nth).nextDouble() < scenario.throttle()) {
        account.change(view -> view.next("throttled"));
        throw model.refusal("throttled", operation, type);
      }
    }
    int n = 0;
    for (Scenario.Fault fault : scenario.faults()) {
      n++;
      if (!fault.concerns(operation, type, name)) {
        continue;
      }
      String counter = "fault/" + site.clusterId() + "/" + n;
      long nth = account.change(view -> view.next(counter));
      boolean strikes =
          nth > fault.after() && (fault.times() == 0 || nth <= fault.after() + fault.times());
      if (!strikes) {
        continue;
      }
      if (fault.fault().equals("lostAnswer")) {
        return Optional.of(fault);
      }
      if (fault.fault().equals("hangs")) {
        time.sleep(HANG);
      }
      throw model.refusal(fault.fault(), operation, type);
    }
    return Optional.empty();
  }

  /// What a change means for the host process.
  private record Change(String id, Optional<Fabric> before, Optional<Fabric> after) {}

  private static Change change(Account.View view, String id, Optional<CloudResource> before) {
    return new Change(
        id, before.map(CloudResource::fabric), view.find(id).map(CloudResource::fabric));
  }

  /// Tells the host process what the account holds now: two calls that changed one resource may
  /// come here in either order, and the later one's state is the one that stays. Without a host
  /// nothing runs here; one that comes reads the account.
  private void pass(Change change) throws IOException, HostRelay.Refused {
    if (change.before().equals(change.after())) {
      return;
    }
    synchronized (passing.computeIfAbsent(change.id(), _ -> new Object())) {
      Optional<Fabric> now =
          account.change(view -> view.find(change.id()).map(CloudResource::fabric));
      try {
        if (now.isEmpty()) {
          host.delete(change.before().or(change::after).orElseThrow().type(), change.id());
          return;
        }
        Map<String, Object> inputs = handed(now.get());
        host.create(now.get().type(), change.id(), inputs);
        if (change.before().isPresent()) {
          host.update(now.get().type(), change.id(), inputs);
        }
      } catch (HostClient.Absent e) {
        // A host that comes reads what it runs from the account.
        return;
      }
    }
  }

  /// What the host process is told of a machine or port: a machine's user data with it, over the
  /// host's private socket.
  private Map<String, Object> handed(Fabric fabric) {
    Map<String, Object> inputs = CloudResource.plain(fabric.inputs());
    HandedOver data = userData.get(fabric.inputs().path("name").asText());
    if (data != null && fabric.type().equals(LocalPlan.MACHINE)) {
      inputs.put("userData", data.config());
      inputs.put("endpointHost", OfflineTopology.of(site.spec()).endpointHost());
      inputs.put("endpointTwin", site.endpointTwin());
    }
    return inputs;
  }

  /// The cloud never lost it: a host process that came anew starts it again.
  private void switchOn(String id, Fabric fabric) throws IOException, HostRelay.Refused {
    try {
      host.create(fabric.type(), id, handed(fabric));
    } catch (HostClient.Absent e) {
      return;
    }
  }

  /// What vanished from the account without us is switched off here too.
  private void switchOff(String id) throws IOException, HostRelay.Refused {
    try {
      host.delete(LocalPlan.MACHINE, id);
      host.delete(LocalPlan.LOAD_BALANCER, id);
    } catch (HostClient.Absent e) {
      return;
    }
  }

  private void spend(String operation, String type, String name) throws InterruptedException {
    Duration real = latency.of(type, operation);
    modelled.add(operation, name, real);
    if (factor > 0) {
      time.sleep(Duration.ofNanos((long) (real.toNanos() * factor)));
    }
  }

  @Override
  protected String describe(Exception e) {
    return e instanceof IOException
        ? "the simulated account cannot be used: " + e.getMessage()
        : super.describe(e);
  }
}
