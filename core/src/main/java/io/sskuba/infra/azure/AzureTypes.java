package io.sskuba.infra.azure;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Type tokens of the Azure plan that others than the plan itself have to know, and what Resource
/// Manager calls them.
public final class AzureTypes {
  public static final String GROUP = "azure-native:resources:ResourceGroup";
  public static final String NETWORK = "azure-native:network:VirtualNetwork";
  public static final String SUBNET = "azure-native:network:Subnet";
  public static final String ADDRESS = "azure-native:network:PublicIPAddress";
  public static final String NAT = "azure-native:network:NatGateway";
  public static final String MEMBERS = "azure-native:network:ApplicationSecurityGroup";
  public static final String RULES = "azure-native:network:NetworkSecurityGroup";
  public static final String BALANCER = "azure-native:network:LoadBalancer";
  public static final String DOOR = "azure-native:network:InboundNatRule";
  public static final String CARD = "azure-native:network:NetworkInterface";
  public static final String HOSTS = "azure-native:compute:AvailabilitySet";
  public static final String MACHINE = "azure-native:compute:VirtualMachine";
  public static final String IDENTITY = "azure-native:managedidentity:UserAssignedIdentity";
  public static final String ROLE = "azure-native:authorization:RoleAssignment";
  public static final String RECORD = "azure-native:dns:RecordSet";

  private static final Map<String, String> BY_ARM = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

  static {
    BY_ARM.put("Microsoft.Network/virtualNetworks", NETWORK);
    BY_ARM.put("Microsoft.Network/publicIPAddresses", ADDRESS);
    BY_ARM.put("Microsoft.Network/natGateways", NAT);
    BY_ARM.put("Microsoft.Network/applicationSecurityGroups", MEMBERS);
    BY_ARM.put("Microsoft.Network/networkSecurityGroups", RULES);
    BY_ARM.put("Microsoft.Network/loadBalancers", BALANCER);
    BY_ARM.put("Microsoft.Network/networkInterfaces", CARD);
    BY_ARM.put("Microsoft.Compute/availabilitySets", HOSTS);
    BY_ARM.put("Microsoft.Compute/virtualMachines", MACHINE);
    BY_ARM.put("Microsoft.ManagedIdentity/userAssignedIdentities", IDENTITY);
  }

  private AzureTypes() {}

  /// The plan's token for a type of Resource Manager; one that no plan makes as it is called there.
  public static String token(String armType) {
    return BY_ARM.getOrDefault(armType, armType);
  }

  /// The plan's name for the assignment of a role on the cluster's resource group.
  ///
  /// @param roleDefinition its id, which ends with the role's own
  public static Optional<String> grant(String roleDefinition) {
    String lower = roleDefinition.toLowerCase(Locale.ROOT);
    return AzureIdentities.GRANTS.stream()
        .filter(grant -> lower.endsWith("/" + grant.guid()))
        .map(grant -> grant.identity() + "-" + grant.role())
        .findFirst();
  }
}
