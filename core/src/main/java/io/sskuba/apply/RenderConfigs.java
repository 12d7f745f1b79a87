package io.sskuba.apply;

import io.sskuba.machineconfig.MachineConfigRenderer;
import io.sskuba.machineconfig.MachineConfigs;
import io.sskuba.machineconfig.RenderInput;
import io.sskuba.run.Phase;
import io.sskuba.run.PhaseContext;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/// Renders machine configurations and talosconfig, and keeps them sealed. Pure but for that.
public final class RenderConfigs implements Phase<Provisioned, Rendered> {
  static final String TALOSCONFIG = "talosconfig.age";
  private final Ports ports;

  RenderConfigs(Ports ports) {
    this.ports = ports;
  }

  @Override
  public Rendered run(Provisioned provisioned, PhaseContext context) throws InterruptedException {
    OpenCluster opened = provisioned.opened();
    MachineConfigs rendered =
        MachineConfigRenderer.render(
            new RenderInput(
                opened.spec(),
                provisioned.secrets().bundle().await(),
                provisioned.topology(),
                context.time().now(),
                ports.random(),
                RenderValues.resolve(ports, opened.spec())));
    // What a machine was made with is its configuration, whatever is known since.
    Map<String, String> all = new LinkedHashMap<>(rendered.machines());
    all.putAll(provisioned.prepared().userData());
    MachineConfigs configs = new MachineConfigs(all, rendered.talosconfig());
    for (Map.Entry<String, String> config : configs.machines().entrySet()) {
      seal(provisioned, config.getKey() + ".yaml.age", config.getValue());
    }
    seal(provisioned, TALOSCONFIG, configs.talosconfig());
    context.log(configs.machines().size() + " configurations");
    return new Rendered(provisioned, configs);
  }

  private void seal(Provisioned provisioned, String name, String text) {
    ports
        .store()
        .putSealed(
            provisioned.opened().key(),
            name,
            provisioned.secrets().sealer().seal(text.getBytes(StandardCharsets.UTF_8)));
  }
}
