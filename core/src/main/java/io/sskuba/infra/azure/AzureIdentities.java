package io.sskuba.infra.azure;

import io.sskuba.infra.InfraPlan.Ref;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/// Who the cluster is towards Azure: one identity for the cloud controller, one for the CSI driver,
/// both on control planes only, with built-in roles on this cluster's resource group and nowhere
/// else. Workers have none: a pod there gets no token from the metadata service.
///
/// Built-in roles, not roles of our own: those are objects of the whole directory, and the right to
/// make them is rarely given. In a landing zone the cloud controller can therefore not join load
/// balancers of its own to the provided subnets until that zone's owner lets it.
/// - Source: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
final class AzureIdentities {
  static final String CLOUD_CONTROLLER = "cloud-controller";
  static final String CSI = "csi";

  /// A role on the resource group.
  ///
  /// @param guid the same in every subscription
  record Grant(String identity, String role, String guid, String why) {}

  static final List<Grant> GRANTS =
      List.of(
          new Grant(
              CLOUD_CONTROLLER,
              "reader",
              "acdd72a7-3385-48ef-bd42-f606fba81ae7",
              "finds the machines that stand behind nodes"),
          new Grant(
              CLOUD_CONTROLLER,
              "network-contributor",
              "4d97b98b-1d4f-4787-a291-c67834d212e7",
              "makes load balancers of Services and joins nodes to them"),
          new Grant(
              CSI,
              "virtual-machine-contributor",
              "9980e02c-c2be-4d73-94e8-173b1dc7cf3c",
              "makes disks and attaches them to nodes"),
          new Grant(
              CSI,
              "disk-snapshot-contributor",
              "7efff54f-a5b4-42b5-a1c5-5411624893ce",
              "takes and removes snapshots of disks"));

  private AzureIdentities() {}

  static void identities(AzurePlan plan) {
    for (String identity : List.of(CLOUD_CONTROLLER, CSI)) {
      plan.addTagged(
          "azure-native:managedidentity:UserAssignedIdentity",
          identity,
          Map.of("resourceName", identity));
    }
    for (Grant grant : GRANTS) {
      String name = grant.identity() + "-" + grant.role();
      Map<String, Object> inputs = new LinkedHashMap<>();
      inputs.put("roleAssignmentName", assignment(plan, name));
      inputs.put("scope", new Ref(AzurePlan.GROUP, "id"));
      inputs.put("principalId", new Ref(grant.identity(), "principalId"));
      // Said, so that Azure does not look for a principal that its directory has not spread yet.
      inputs.put("principalType", "ServicePrincipal");
      inputs.put("roleDefinitionId", plan.names().role(grant.guid()));
      inputs.put("description", grant.why());
      plan.add("azure-native:authorization:RoleAssignment", name, inputs);
    }
  }

  /// Azure wants a UUID: one made of the cluster's id and the name, so that a repeated create finds
  /// the same assignment.
  private static String assignment(AzurePlan plan, String name) {
    return UUID.nameUUIDFromBytes(plan.cluster().tags().key(name).getBytes(StandardCharsets.UTF_8))
        .toString();
  }

  /// What a control plane's machine is given.
  static Map<String, Object> ofControlPlane() {
    return Map.of(
        "type",
        "UserAssigned",
        "userAssignedIdentities",
        List.of(new Ref(CLOUD_CONTROLLER, "id"), new Ref(CSI, "id")));
  }
}
