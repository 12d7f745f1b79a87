package io.sskuba.infra.azure;

import io.sskuba.infra.Target;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;

/// What the credentials must be allowed to do so that the plan can be made and taken away again,
/// and why.
/// - Source: https://learn.microsoft.com/azure/role-based-access-control/permissions/compute and
///   `/networking`, `/identity`, `/management-and-governance`
public final class AzureActions {
  private AzureActions() {}

  /// Where a right has to be held.
  public enum Scope {
    /// The cluster's resource group is not there yet: what is inherited from above counts.
    SUBSCRIPTION("the subscription"),
    DNS("the resource group of the DNS zone"),
    NETWORK("the existing network");

    private final String words;

    Scope(String words) {
      this.words = words;
    }

    public String words() {
      return words;
    }
  }

  /// One line of the table.
  ///
  /// @param type the kind of resource
  /// @param verbs what is done with it
  public record Need(Scope scope, String type, List<String> verbs, String why) {
    public Need {
      verbs = List.copyOf(verbs);
    }
  }

  /// What a role lets its holder do, as Azure lists it.
  ///
  /// @param conditional whether attributes decide (a condition of the role assignment)
  public record Grant(List<String> actions, List<String> notActions, boolean conditional) {
    public Grant {
      actions = List.copyOf(actions);
      notActions = List.copyOf(notActions);
    }

    private boolean allows(String action) {
      return matches(actions, action) && !matches(notActions, action);
    }
  }

  /// The table for a cluster file.
  public static List<Need> of(ClusterSpec spec) {
    List<Need> needs = new ArrayList<>();
    made(
        needs,
        "Microsoft.Resources/subscriptions/resourceGroups",
        "the cluster is one resource group");
    boolean existing = spec.target().network().existing() != null;
    if (existing) {
      needs.add(
          new Need(
              Scope.NETWORK,
              "Microsoft.Network/virtualNetworks/subnets",
              List.of("read", "join/action"),
              "machines stand in the subnets of the landing zone"));
    } else {
      made(needs, "Microsoft.Network/virtualNetworks", "the cluster's own network");
      made(needs, "Microsoft.Network/virtualNetworks/subnets", "its subnets", "join/action");
      made(needs, "Microsoft.Network/natGateways", "the way out", "join/action");
    }
    if (!existing || spec.target().endpoint().scheme().equals("public")) {
      made(needs, "Microsoft.Network/publicIPAddresses", "addresses", "join/action");
    }
    made(needs, "Microsoft.Network/networkSecurityGroups", "who reaches what", "join/action");
    made(
        needs,
        "Microsoft.Network/applicationSecurityGroups",
        "who is who in those rules",
        "joinIpConfiguration/action");
    made(needs, "Microsoft.Network/loadBalancers", "the endpoint");
    made(
        needs,
        "Microsoft.Network/loadBalancers/inboundNatRules",
        "doors to workers",
        "join/action");
    needs.add(
        new Need(
            Scope.SUBSCRIPTION,
            "Microsoft.Network/loadBalancers/backendAddressPools",
            List.of("join/action"),
            "machines stand behind the endpoint"));
    made(needs, "Microsoft.Network/networkInterfaces", "the machines' cards", "join/action");
    made(needs, "Microsoft.Compute/virtualMachines", "the machines");
    made(needs, "Microsoft.Compute/disks", "their disks");
    machines(spec, needs);
    made(
        needs,
        "Microsoft.ManagedIdentity/userAssignedIdentities",
        "identities of cloud controller and CSI",
        "assign/action");
    made(needs, "Microsoft.Authorization/roleAssignments", "those identities' rights");
    dns(spec, needs);
    return List.copyOf(needs);
  }

  private static void machines(ClusterSpec spec, List<Need> needs) {
    if (spec.target().settings() instanceof ProviderSettings.Azure azure
        && azure.zones().isEmpty()) {
      made(needs, "Microsoft.Compute/availabilitySets", "control planes on hosts of their own");
    }
    boolean gpu = Target.machines(spec).stream().anyMatch(m -> m.made() && m.pool().gpu() != null);
    if (gpu) {
      needs.add(
          new Need(
              Scope.SUBSCRIPTION,
              "Microsoft.Compute/galleries/images/versions",
              List.of("read"),
              "the image with NVIDIA's driver"));
    }
  }

  private static void dns(ClusterSpec spec, List<Need> needs) {
    ClusterSpec.Dns dns = spec.dns();
    if (dns == null || !dns.provider().equals("azureDns")) {
      return;
    }
    boolean isPublic = spec.target().endpoint().scheme().equals("public");
    for (String kind : List.of("TXT", isPublic ? "CNAME" : "A")) {
      needs.add(
          new Need(
              Scope.DNS,
              "Microsoft.Network/dnsZones/" + kind,
              List.of("read", "write", "delete"),
              kind.equals("TXT") ? "whose the name is" : "the cluster's name"));
    }
  }

  private static void made(List<Need> needs, String type, String why, String... more) {
    List<String> verbs = new ArrayList<>(List.of("read", "write", "delete"));
    verbs.addAll(List.of(more));
    needs.add(new Need(Scope.SUBSCRIPTION, type, verbs, why));
  }

  /// What of the table no grant allows.
  ///
  /// @param sure of the grants with conditions: false counts them as given
  public static List<Need> lacking(
      Collection<Need> needs, Scope scope, Collection<Grant> grants, boolean sure) {
    List<Need> lacking = new ArrayList<>();
    for (Need need : needs) {
      if (need.scope() != scope) {
        continue;
      }
      List<String> verbs =
          need.verbs().stream()
              .filter(
                  verb ->
                      grants.stream()
                          .filter(grant -> !sure || !grant.conditional())
                          .noneMatch(grant -> grant.allows(need.type() + "/" + verb)))
              .toList();
      if (!verbs.isEmpty()) {
        lacking.add(new Need(need.scope(), need.type(), verbs, need.why()));
      }
    }
    return lacking;
  }

  /// `*` stands for any text, and case does not count.
  private static boolean matches(List<String> patterns, String action) {
    for (String pattern : patterns) {
      StringBuilder regex = new StringBuilder("(?i)");
      for (String part : pattern.split("((?<=\\*)|(?=\\*))", -1)) {
        regex.append(part.equals("*") ? ".*" : Pattern.quote(part));
      }
      if (action.matches(regex.toString())) {
        return true;
      }
    }
    return false;
  }
}
