package io.sskuba.clouds.vsphere;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.clouds.vsphere.VimClient.Ref;
import io.sskuba.clouds.vsphere.VimClient.Seen;
import io.sskuba.clouds.vsphere.VimClient.Step;
import io.sskuba.infra.Platform.Found;
import io.sskuba.infra.ResourceTags;
import io.sskuba.infra.vsphere.VsphereTarget;
import io.sskuba.io.Json;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.w3c.dom.Element;

/// What bears the tags of an FQDN's clusters in a vCenter, with the ids that the Pulumi provider
/// gives: a category a cluster, its tags, what they are attached to, machines in the cluster's
/// folder (whose tags may be missing when an answer was lost), and the rule about them.
/// - Limits: 2000 categories and 500 tags are looked at.
/// - Source: ids: https://www.pulumi.com/registry/packages/vsphere/ ("Import" of each type)
final class VsphereInventory {
  static final String TAGGING = "cis/tagging/";
  private static final String PREFIX = "sskuba.io/";
  private static final int CATEGORIES_MAX = 2000;
  private static final int TAGS_MAX = 500;

  private final VsphereSession session;
  private final Asks asks;

  VsphereInventory(VsphereSession session, Asks asks) {
    this.session = session;
    this.asks = asks;
  }

  /// @param clusterIds those of the FQDN of which something is there
  record Held(List<Found> found, Set<String> clusterIds) {
    static final Held NONE = new Held(List.of(), Set.of());
  }

  private record Category(String id, String clusterId) {}

  private record Tag(String id, String name) {}

  /// @param clusterId empty: every cluster that had this FQDN
  Held of(String fqdn, Optional<String> clusterId) {
    List<Category> ours = categories(fqdn, clusterId);
    List<Found> found = new ArrayList<>();
    Set<String> ids = new LinkedHashSet<>();
    List<CompletableFuture<List<Found>>> parts = new ArrayList<>();
    for (Category category : ours) {
      ids.add(category.clusterId());
      found.add(new Found(VsphereTarget.TAG_CATEGORY, VsphereTarget.CATEGORY_NAME, category.id()));
      parts.add(asks.ask(() -> tagged(category, fqdn)));
    }
    parts.forEach(p -> found.addAll(p.join()));
    return new Held(List.copyOf(found), ids);
  }

  private List<Category> categories(String fqdn, Optional<String> clusterId) {
    List<CompletableFuture<JsonNode>> asked = new ArrayList<>();
    for (JsonNode id : session.vapi().get(TAGGING + "category")) {
      if (asked.size() < CATEGORIES_MAX) {
        asked.add(asks.ask(() -> session.vapi().get(TAGGING + "category/id:" + id.asText())));
      }
    }
    List<Category> ours = new ArrayList<>();
    for (CompletableFuture<JsonNode> answer : asked) {
      JsonNode category = answer.join();
      String name = category.path("name").asText("");
      String of = name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : "";
      if (!of.isEmpty()
          && category.path("description").asText("").equals("cluster " + fqdn)
          && clusterId.map(of::equals).orElse(true)) {
        ours.add(new Category(category.path("id").asText(), of));
      }
    }
    return ours;
  }

  private List<Found> tagged(Category category, String fqdn) {
    JsonNode ids =
        session
            .vapi()
            .post(
                TAGGING + "tag/id:" + category.id() + "?~action=list-tags-for-category",
                Json.object());
    List<Tag> tags = new ArrayList<>();
    ArrayNode all = Json.object().putArray("tag_ids");
    for (JsonNode id : ids) {
      if (tags.size() < TAGS_MAX) {
        JsonNode tag = session.vapi().get(TAGGING + "tag/id:" + id.asText());
        tags.add(new Tag(id.asText(), tag.path("name").asText("")));
        all.add(id.asText());
      }
    }
    List<Found> found = new ArrayList<>(named(tags));
    if (!tags.isEmpty()) {
      ObjectNode body = Json.object();
      body.set("tag_ids", all);
      Set<Ref> attached = new LinkedHashSet<>();
      for (JsonNode tag :
          session
              .vapi()
              .post(TAGGING + "tag-association?~action=list-attached-objects-on-tags", body)) {
        tag.path("object_ids")
            .forEach(o -> attached.add(new Ref(o.path("type").asText(), o.path("id").asText())));
      }
      found.addAll(objects(attached, category.clusterId(), fqdn));
    }
    return found;
  }

  /// As the plan names them: ours by what they say, labels in the order of their names.
  private static List<Found> named(List<Tag> tags) {
    List<Found> found = new ArrayList<>();
    int label = 0;
    for (Tag tag : tags.stream().sorted(Comparator.comparing(Tag::name)).toList()) {
      int end = tag.name().indexOf('=');
      boolean ours = tag.name().startsWith(PREFIX) && end > 0;
      String name = ours ? "tag-" + tag.name().substring(PREFIX.length(), end) : "";
      if (!ours) {
        label++;
        name = "tag-label-" + label;
      }
      found.add(new Found(VsphereTarget.TAG, name, tag.id()));
    }
    return found;
  }

  private List<Found> objects(Set<Ref> attached, String clusterId, String fqdn) {
    List<Found> found = new ArrayList<>();
    Map<String, List<String>> wanted =
        Map.of("VirtualMachine", List.of("name", "config.uuid", "config.annotation"));
    Set<Ref> machines = new HashSet<>();
    List<Seen> seen = new ArrayList<>();
    for (Ref object : attached) {
      if (object.type().equals("Folder")) {
        found.add(new Found(VsphereTarget.FOLDER, VsphereTarget.FOLDER_NAME, object.id()));
        seen.addAll(
            session
                .vim()
                .look(
                    object, wanted, List.of(new Step("f", "Folder", "childEntity", List.of("f")))));
      }
    }
    List<Ref> direct = attached.stream().filter(o -> o.type().equals("VirtualMachine")).toList();
    seen.addAll(session.vim().read(direct, wanted));
    for (Seen machine : seen) {
      boolean ours = attached.contains(machine.ref()) || key(machine).startsWith(clusterId + "/");
      if (ours && machines.add(machine.ref())) {
        found.add(new Found(VsphereTarget.MACHINE, name(machine), machine.text("config.uuid")));
      }
    }
    if (!machines.isEmpty()) {
      found.addAll(rules(machines, fqdn.substring(0, Math.max(0, fqdn.indexOf('.')))));
    }
    return found;
  }

  /// The value of our annotation, `CLUSTERID/NAME`.
  static String key(Seen machine) {
    return machine
        .text("config.annotation")
        .lines()
        .filter(l -> l.startsWith(ResourceTags.KEY + "="))
        .map(l -> l.substring(ResourceTags.KEY.length() + 1).strip())
        .findFirst()
        .orElse("");
  }

  private static String name(Seen machine) {
    String key = key(machine);
    return key.contains("/") ? key.substring(key.indexOf('/') + 1) : machine.text("name");
  }

  private List<Found> rules(Set<Ref> machines, String clusterName) {
    List<Found> found = new ArrayList<>();
    for (Seen cluster :
        session
            .vim()
            .look(
                session.vim().service().root(),
                Map.of("ClusterComputeResource", List.of("configurationEx")),
                List.of(
                    new Step("f", "Folder", "childEntity", List.of("f", "d")),
                    new Step("d", "Datacenter", "hostFolder", List.of("f"))))) {
      for (Element rule : rules(cluster)) {
        if (Xml.text(rule, "name").equals(clusterName + "-control-planes")
            && Xml.children(rule, "vm").stream().map(Ref::of).anyMatch(machines::contains)) {
          found.add(
              new Found(
                  VsphereTarget.ANTI_AFFINITY,
                  "anti-affinity",
                  cluster.ref().id() + ":" + Xml.text(rule, "key")));
        }
      }
    }
    return found;
  }

  static List<Element> rules(Seen cluster) {
    return cluster.list("configurationEx").stream()
        .filter(e -> Xml.name(e).equals("rule"))
        .toList();
  }
}
