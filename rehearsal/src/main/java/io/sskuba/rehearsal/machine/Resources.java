package io.sskuba.rehearsal.machine;

import com.google.protobuf.ByteString;
import io.sskuba.io.Yaml;
import io.sskuba.talos.api.cosi.Metadata;
import io.sskuba.talos.api.cosi.Resource;
import io.sskuba.talos.api.cosi.Spec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// What a machine shows as COSI resources, worked out from its state whenever it is asked for.
///
/// A resource's version counts how often its spec was seen to differ; Talos counts updates.
final class Resources {
  private record Seen(String yaml, long version, Instant created, Instant updated) {}

  private final SimMachine machine;
  private final Map<String, Seen> seen = new HashMap<>();

  Resources(SimMachine machine) {
    this.machine = machine;
  }

  /// All resources of a type in a namespace, in the order of ids.
  List<Resource> list(ResourceType type, String namespace) {
    if (!namespace.equals(type.namespace())) {
      return List.of();
    }
    List<Resource> all = new ArrayList<>();
    for (ResourceType.Item item : type.items(machine)) {
      all.add(resource(type, item));
    }
    return all;
  }

  Optional<Resource> find(ResourceType type, String namespace, String id) {
    return list(type, namespace).stream()
        .filter(resource -> resource.getMetadata().getId().equals(id))
        .findFirst();
  }

  private Resource resource(ResourceType type, ResourceType.Item item) {
    String yaml = item.spec() instanceof String text ? text : Yaml.dump(item.spec());
    Seen version = version(type.name() + "/" + item.id(), yaml);
    Metadata.Builder metadata = Metadata.newBuilder();
    if (type.name().equals("MachineConfigs.config.talos.dev")) {
      // Tells clients that the spec is a YAML string, not the config's first document.
      metadata.putAnnotations("talos.dev/yaml-spec", "1");
    }
    return Resource.newBuilder()
        .setMetadata(
            metadata
                .setNamespace(type.namespace())
                .setType(type.name())
                .setId(item.id())
                .setVersion(Long.toString(version.version()))
                .setOwner(type.owner())
                .setPhase("running")
                .setCreated(OwnServices.timestamp(version.created()))
                .setUpdated(OwnServices.timestamp(version.updated())))
        .setSpec(
            Spec.newBuilder()
                .setYamlSpec(yaml)
                .setProtoSpec(Objects.requireNonNullElse(item.proto(), ByteString.EMPTY)))
        .build();
  }

  private synchronized Seen version(String key, String yaml) {
    Instant now = machine.time().now();
    // Only a digest is kept: a spec may hold keys.
    String digest = Integer.toHexString(yaml.hashCode()) + ":" + yaml.length();
    Seen before = seen.get(key);
    if (before != null && before.yaml().equals(digest)) {
      return before;
    }
    Seen next =
        before == null
            ? new Seen(digest, 1, now, now)
            : new Seen(digest, before.version() + 1, before.created(), now);
    seen.put(key, next);
    return next;
  }
}
