package io.sskuba.apply;

import io.sskuba.infra.Target;
import io.sskuba.infra.Topology;
import io.sskuba.machineconfig.MachineConfigRenderer;
import io.sskuba.machineconfig.MachineConfigs;
import io.sskuba.machineconfig.RenderInput;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.Phase;
import io.sskuba.run.PhaseContext;
import io.sskuba.secret.Sealer;
import io.sskuba.spec.ClusterSpec;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// With `delivery: userData`, renders the configurations that machines are made with: before there
/// are machines, from what is known without them. With any other delivery it does nothing.
/// - Idempotent: a configuration that a machine may have been made with is kept, sealed, and given
///   again; another one would replace the machine.
/// - Errors: `SPEC_INVALID` where the endpoint is not known before the machines are made.
public final class RenderUserData implements Phase<IssuedSecrets, Prepared> {
  private final Ports ports;

  RenderUserData(Ports ports) {
    this.ports = ports;
  }

  @Override
  public Prepared run(IssuedSecrets secrets, PhaseContext context) throws InterruptedException {
    OpenCluster opened = secrets.opened();
    if (opened.spec().target().delivery() != ClusterSpec.Delivery.USER_DATA) {
      return new Prepared(secrets, Map.of());
    }
    Map<String, String> configs =
        new LinkedHashMap<>(known(ports, opened.key(), opened.spec(), secrets.sealer()));
    int before = configs.size();
    if (before < made(opened.spec())) {
      MachineConfigs rendered = render(secrets, context);
      for (Target.Slot machine : Target.machines(opened.spec())) {
        String config = rendered.machines().get(machine.name());
        if (machine.made() && config != null && !configs.containsKey(machine.name())) {
          byte[] bytes = config.getBytes(StandardCharsets.UTF_8);
          ports
              .store()
              .putSealed(opened.key(), sealed(machine.name()), secrets.sealer().seal(bytes));
          configs.put(machine.name(), config);
        }
      }
    }
    context.log(configs.size() + " machines get their configuration as user data");
    return new Prepared(secrets, configs);
  }

  /// What the machines of this file were made with, as far as it is known.
  static Map<String, String> known(Ports ports, String key, ClusterSpec spec, Sealer sealer) {
    Map<String, String> configs = new LinkedHashMap<>();
    for (Target.Slot machine : Target.machines(spec)) {
      Optional<byte[]> sealed =
          machine.made() ? ports.store().sealed(key, sealed(machine.name())) : Optional.empty();
      sealed.ifPresent(
          s -> configs.put(machine.name(), new String(sealer.open(s), StandardCharsets.UTF_8)));
    }
    return configs;
  }

  private static String sealed(String machine) {
    return machine + ".yaml.age";
  }

  private static long made(ClusterSpec spec) {
    return Target.machines(spec).stream().filter(Target.Slot::made).count();
  }

  private MachineConfigs render(IssuedSecrets secrets, PhaseContext context)
      throws InterruptedException {
    OpenCluster opened = secrets.opened();
    Topology topology = opened.platform().topology(opened.cluster(), Map.of());
    if (topology.endpointHost().isEmpty()) {
      throw new SskubaException(
          Problem.of(
                  ProblemCode.SPEC_INVALID,
                  "target.delivery userData needs an endpoint that is known before the machines")
              .fact("missing", "dns with a provider, or target.endpoint.host")
              .next("sskuba-ctl explain target.delivery"));
    }
    return MachineConfigRenderer.render(
        new RenderInput(
            opened.spec(),
            secrets.bundle().await(),
            topology,
            context.time().now(),
            ports.random(),
            RenderValues.resolve(ports, opened.spec())));
  }
}
