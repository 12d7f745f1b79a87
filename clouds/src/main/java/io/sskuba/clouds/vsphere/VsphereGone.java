package io.sskuba.clouds.vsphere;

import io.sskuba.clouds.vsphere.VimClient.Ref;
import io.sskuba.clouds.vsphere.VimClient.Seen;
import io.sskuba.infra.vsphere.VsphereTarget;
import java.util.List;
import java.util.Map;

/// Whether the vCenter itself says that a resource of our plans is gone. By its id alone, with the
/// ids that the Pulumi provider gives; a type that is not known here is never gone, since nobody
/// looked.
final class VsphereGone {
  private final VsphereSession session;

  VsphereGone(VsphereSession session) {
    this.session = session;
  }

  boolean gone(String type, String id) {
    try {
      return switch (type) {
        case VsphereTarget.MACHINE -> machine(id);
        case VsphereTarget.FOLDER ->
            session
                .vim()
                .read(List.of(new Ref("Folder", id)), Map.of("Folder", List.of("name")))
                .isEmpty();
        case VsphereTarget.ANTI_AFFINITY -> rule(id);
        case VsphereTarget.TAG -> tagging("tag/id:" + id);
        case VsphereTarget.TAG_CATEGORY -> tagging("category/id:" + id);
        default -> false;
      };
    } catch (VsphereFailure e) {
      if (e.kind() == VsphereFailure.Kind.NOT_FOUND) {
        return true;
      }
      throw e;
    }
  }

  private boolean machine(String uuid) {
    return Xml.child(
            session
                .vim()
                .call(
                    "FindByUuid",
                    session.vim().service().searches(),
                    "<uuid>"
                        + Xml.escaped(uuid)
                        + "</uuid><vmSearch>true</vmSearch><instanceUuid>false</instanceUuid>"),
            "returnval")
        .isEmpty();
  }

  /// `CLUSTER:KEY`.
  private boolean rule(String id) {
    int colon = id.indexOf(':');
    if (colon < 0) {
      return false;
    }
    String key = id.substring(colon + 1);
    List<Seen> cluster =
        session
            .vim()
            .read(
                List.of(new Ref("ClusterComputeResource", id.substring(0, colon))),
                Map.of("ClusterComputeResource", List.of("configurationEx")));
    return cluster.stream()
        .flatMap(c -> VsphereInventory.rules(c).stream())
        .noneMatch(rule -> Xml.text(rule, "key").equals(key));
  }

  private boolean tagging(String path) {
    session.vapi().get(VsphereInventory.TAGGING + path);
    return false;
  }
}
