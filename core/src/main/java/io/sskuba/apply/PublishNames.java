package io.sskuba.apply;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.dns.ZoneWriter;
import io.sskuba.io.Json;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.Mutation;
import io.sskuba.run.PhaseContext;
import io.sskuba.state.ClusterRecord;
import io.sskuba.wait.Observation;
import java.util.Optional;

/// Writes the cluster's FQDN and the wildcard under it into the zone of `dns.provider: rfc2136`, as
/// soon as the load balancer is known: the machines boot meanwhile, and the servers of the zone
/// tell each other.
/// - Idempotent: by the ownership record beside the names; the record of the cluster speaks of them
///   before they are written.
/// - Errors: `DNS_NAME_TAKEN`, `DNS_REFUSED`, `DNS_KEY`, `DNS_ZONE_MISSING`, `DNS_UNREACHABLE`,
///   `SECRET_UNRESOLVED`.
public final class PublishNames implements Mutation<Provisioned, Provisioned> {
  private final Ports ports;

  PublishNames(Ports ports) {
    this.ports = ports;
  }

  @Override
  public String digest(Provisioned input) {
    return Naming.wanted(ports, input)
        .map(w -> w.names().owner() + " " + w.words())
        .orElse("no names");
  }

  @Override
  public JsonNode encode(Provisioned output) {
    return Naming.wanted(ports, output)
        .<JsonNode>map(PublishedNames::toJson)
        .orElseGet(Json::object);
  }

  @Override
  public Provisioned decode(JsonNode journalled, Provisioned input) {
    return input;
  }

  @Override
  public boolean stillThere(Provisioned output, Provisioned input, PhaseContext context)
      throws InterruptedException {
    Optional<PublishedNames> wanted = Naming.wanted(ports, input);
    if (wanted.isEmpty()) {
      return true;
    }
    ZoneWriter writer = writer(input, wanted.get());
    try {
      return writer.owns(wanted.get().names())
          && writer.served(wanted.get().names()) instanceof Observation.Met;
    } catch (SskubaException e) {
      throw told(e, input);
    }
  }

  @Override
  public Provisioned run(Provisioned provisioned, PhaseContext context)
      throws InterruptedException {
    Optional<PublishedNames> wanted = Naming.wanted(ports, provisioned);
    if (wanted.isEmpty()) {
      return provisioned;
    }
    ClusterRecord record = ports.store().find(provisioned.opened().key()).orElseThrow();
    record.details().set(ClusterFacts.NAMES, wanted.get().toJson());
    ports.store().update(record);
    ZoneWriter writer = writer(provisioned, wanted.get());
    try {
      writer.put(wanted.get().names());
    } catch (SskubaException e) {
      throw told(e, provisioned);
    }
    context.log(wanted.get().words());
    return provisioned;
  }

  private ZoneWriter writer(Provisioned provisioned, PublishedNames wanted)
      throws InterruptedException {
    try {
      return Naming.writer(ports, wanted.place(), provisioned.opened().spec());
    } catch (SskubaException e) {
      throw told(e, provisioned);
    }
  }

  private static SskubaException told(SskubaException e, Provisioned provisioned) {
    LoadedSpec loaded = provisioned.opened().loaded();
    return Naming.told(e, loaded, "the machines of " + loaded.name() + ", without their names");
  }
}
