package io.sskuba.rehearsal.cloud.azure;

import io.sskuba.infra.Choices;
import io.sskuba.infra.Platform;
import io.sskuba.infra.azure.AzureCheck;
import io.sskuba.infra.azure.AzureImages;
import io.sskuba.rehearsal.account.Account;
import io.sskuba.rehearsal.account.CloudFault;
import io.sskuba.rehearsal.account.CloudFault.Kind;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.rehearsal.cloud.AccountLook;
import io.sskuba.rehearsal.cloud.CloudModel;
import io.sskuba.rehearsal.cloud.CloudRequest;
import io.sskuba.rehearsal.cloud.Scenario;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/// Simulated Azure: what Resource Manager and its network, compute, identity and DNS providers do
/// with the resources of our plans.
///
/// Ids are Azure's. What refers to nothing is refused, and so is removing what others use; a
/// resource group takes everything in it along. Names are the plan's, so making what is there is a
/// conflict, as the real provider says it. What lies in resource groups that this account has never
/// seen (a landing zone's VNet, a hosted zone) is taken to be there.
///
/// Quotas of a scenario: `vcpus` (of the region; 350), a family such as `standardDSv5Family` (350),
/// `publicIPAddresses` (100), `dnsZones` (0: the hosted zone is missing).
public final class AzureModel implements CloudModel {
  public static final String PACKAGE = "azure-native";

  @Override
  public String pkg() {
    return PACKAGE;
  }

  @Override
  public String account() {
    return "azure";
  }

  @Override
  public String userData(String type, Map<String, Object> inputs) {
    return type.equals(Arm.MACHINE) ? Arm.text(inputs.get("osProfile"), "customData") : "";
  }

  @Override
  public Made create(CloudRequest request, Account.View account) throws CloudFault {
    String id = Arm.id(request);
    if (account.find(id).isPresent()) {
      throw new CloudFault(Kind.CONFLICT, "cannot create already existing resource '" + id + "'");
    }
    parents(request, id, account);
    references(request, id, account);
    return made(request, id, Optional.empty(), account);
  }

  @Override
  public Made update(CloudRequest request, CloudResource before, Account.View account)
      throws CloudFault {
    references(request, before.id(), account);
    return made(request, before.id(), Optional.of(before), account);
  }

  private static Made made(
      CloudRequest request, String id, Optional<CloudResource> before, Account.View account)
      throws CloudFault {
    Map<String, Object> outputs = new LinkedHashMap<>();
    outputs.put("name", Arm.name(id));
    outputs.put("type", Arm.path(request.type()));
    outputs.put("provisioningState", "Succeeded");
    Made made =
        switch (request.type()) {
          case Arm.GROUP, Arm.NAT, Arm.MEMBERS, Arm.HOSTS -> new Made(id, outputs);
          case Arm.NETWORK, Arm.SUBNET, Arm.RULES -> {
            AzureNetworks.check(request, id, account);
            yield new Made(id, outputs);
          }
          case Arm.ADDRESS -> AzureNetworks.address(request, id, before, outputs, account);
          case Arm.CARD -> AzureNetworks.card(request, id, before, outputs, account);
          case Arm.BALANCER -> AzureBalancers.balancer(request, id, before, outputs, account);
          case Arm.DOOR -> AzureBalancers.door(request, id, before, outputs, account);
          case Arm.MACHINE -> AzureComputes.machine(request, id, before, outputs, account);
          case Arm.IDENTITY -> {
            outputs.put("principalId", uuid("principal " + id));
            outputs.put("clientId", uuid("client " + id));
            outputs.put("tenantId", uuid("tenant"));
            yield new Made(id, outputs);
          }
          case Arm.ROLE -> role(request, id, outputs, account);
          case Arm.RECORD -> record(request, id, outputs, account);
          default ->
              throw Arm.invalid("InvalidResourceType", "The resource type " + request.type());
        };
    return new Made(made.id(), made.outputs(), tags(request), made.fabric());
  }

  private static Map<String, String> tags(CloudRequest request) {
    return new TreeMap<>(
        request.type().equals(Arm.RECORD) ? request.map("metadata") : request.map("tags"));
  }

  /// The group, and for parts the whole, must be there.
  private static void parents(CloudRequest request, String id, Account.View account)
      throws CloudFault {
    if (request.type().equals(Arm.GROUP) || request.type().equals(Arm.RECORD)) {
      return;
    }
    String group = request.text("resourceGroupName");
    if (!request.type().equals(Arm.ROLE)
        && account.find(Arm.group(Arm.subscription(request), group)).isEmpty()) {
      throw Arm.fault(
          Kind.NOT_FOUND,
          404,
          "ResourceGroupNotFound",
          "Resource group '" + group + "' could not be found.");
    }
    boolean part = request.type().equals(Arm.SUBNET) || request.type().equals(Arm.DOOR);
    if (part && Arm.owner(account, id).isEmpty()) {
      throw Arm.fault(
          Kind.NOT_FOUND,
          404,
          "ParentResourceNotFound",
          "Failed to perform 'write' on resource(s) of type '"
              + request.type()
              + "', because the parent resource could not be found.");
    }
  }

  /// Whatever the inputs name in groups of this account must be there.
  private static void references(CloudRequest request, String id, Account.View account)
      throws CloudFault {
    for (String named : Arm.ids(request.inputs())) {
      boolean own = named.startsWith(id + "/");
      String[] parts = named.split("/", -1);
      boolean known =
          parts.length > 4
              && parts[3].equals("resourceGroups")
              && account.find(Arm.group(parts[2], parts[4])).isPresent();
      boolean there =
          own ? Arm.hasPart(request.inputs(), id, named) : !known || Arm.exists(account, named);
      if (!there) {
        throw Arm.invalid(
            "InvalidResourceReference",
            "Resource "
                + named
                + " referenced by resource "
                + id
                + " was not found. Please make sure that the referenced resource exists, and that"
                + " both resources are in the same region.");
      }
    }
  }

  private static Made role(
      CloudRequest request, String id, Map<String, Object> outputs, Account.View account)
      throws CloudFault {
    for (CloudResource other : account.ofType(Arm.ROLE)) {
      if (other.text("principalId").equals(request.text("principalId"))
          && other.text("scope").equals(request.text("scope"))
          && other.text("roleDefinitionId").equals(request.text("roleDefinitionId"))
          && !other.id().equals(id)) {
        throw Arm.fault(
            Kind.CONFLICT, 409, "RoleAssignmentExists", "The role assignment already exists.");
      }
    }
    return new Made(id, outputs);
  }

  @Override
  public boolean isNameOf(ClusterSpec spec, CloudResource resource) {
    ClusterSpec.Dns dns = spec.dns();
    if (dns == null || !dns.provider().equals("azureDns") || !resource.type().equals(Arm.RECORD)) {
      return false;
    }
    String zone = dns.zone() == null ? spec.metadata().domain() : dns.zone();
    String name = resource.text("relativeRecordSetName") + "." + zone;
    String fqdn = spec.fqdn();
    return resource.text("zoneName").equals(zone)
        && resource.text("resourceGroupName").equals(dns.resourceGroup())
        && List.of(fqdn, "*." + fqdn, "_sskuba." + fqdn).contains(name);
  }

  private static Made record(
      CloudRequest request, String id, Map<String, Object> outputs, Account.View account)
      throws CloudFault {
    String zone = request.text("zoneName");
    if (request.scenario().quota("dnsZones", 1) == 0) {
      throw Arm.fault(
          Kind.NOT_FOUND,
          404,
          "ParentResourceNotFound",
          "Can not perform requested operation on nested resource. Parent resource '"
              + zone
              + "' not found.");
    }
    String name = request.text("relativeRecordSetName");
    boolean alias = request.text("recordType").equals("CNAME");
    for (CloudResource other : account.ofType(Arm.RECORD)) {
      boolean same =
          other.text("zoneName").equals(zone)
              && other.text("relativeRecordSetName").equals(name)
              && !other.id().equals(id);
      if (same && (alias || other.text("recordType").equals("CNAME"))) {
        throw Arm.fault(
            Kind.CONFLICT,
            409,
            "Conflict",
            "The CNAME record set with name '" + name + "' conflicts with another record set.");
      }
    }
    if (alias && name.equals("@")) {
      throw Arm.invalid("BadRequest", "A CNAME record cannot be at the zone apex.");
    }
    outputs.put("fqdn", name.equals("@") ? zone + "." : name + "." + zone + ".");
    return new Made(id, outputs);
  }

  @Override
  public void delete(CloudRequest request, CloudResource resource, Account.View account)
      throws CloudFault {
    if (resource.type().equals(Arm.GROUP)) {
      // The group takes along whatever is in it, whoever put it there.
      for (CloudResource inside : account.all()) {
        if (inside.id().startsWith(resource.id() + "/")) {
          account.remove(inside.id());
        }
      }
      return;
    }
    refuseInUse(resource, account);
    for (CloudResource part : account.all()) {
      if (part.id().startsWith(resource.id() + "/")) {
        account.remove(part.id());
      }
    }
    if (resource.type().equals(Arm.CARD)) {
      AzureBalancers.without(resource, account);
    }
  }

  private static void refuseInUse(CloudResource resource, Account.View account) throws CloudFault {
    if (List.of(Arm.IDENTITY, Arm.ROLE, Arm.RECORD, Arm.LISTENER).contains(resource.type())) {
      return;
    }
    List<CloudResource> users = new ArrayList<>(Arm.users(account, resource));
    users.removeIf(u -> u.type().equals(Arm.ROLE));
    for (CloudResource part : account.all()) {
      if (part.id().startsWith(resource.id() + "/") && !part.type().equals(Arm.LISTENER)) {
        users.addAll(Arm.users(account, part));
      }
    }
    if (!users.isEmpty()) {
      throw inUse(resource, users.getFirst());
    }
  }

  private static CloudFault inUse(CloudResource resource, CloudResource user) {
    String name = Arm.name(resource.id());
    return switch (resource.type()) {
      case Arm.CARD ->
          dependency(
              "NicInUse",
              "Network Interface "
                  + resource.id()
                  + " is used by existing resource "
                  + user.id()
                  + ". In order to delete the network interface, it must be dissociated from the"
                  + " resource.");
      case Arm.ADDRESS ->
          dependency(
              "PublicIPAddressCannotBeDeleted",
              "Public IP address "
                  + resource.id()
                  + " can not be deleted since it is still"
                  + " allocated to resource "
                  + user.id()
                  + ".");
      case Arm.SUBNET, Arm.NETWORK ->
          dependency(
              "InUseSubnetCannotBeDeleted",
              "Subnet " + name + " is in use by " + user.id() + " and cannot be deleted.");
      case Arm.RULES ->
          dependency(
              "InUseNetworkSecurityGroupCannotBeDeleted",
              "Network security group "
                  + resource.id()
                  + " cannot be deleted because it is in use"
                  + " by the following resources: "
                  + user.id()
                  + ".");
      case Arm.HOSTS ->
          dependency(
              "OperationNotAllowed",
              "The Availability Set '"
                  + name
                  + "' cannot be deleted. It is in use by "
                  + user.id());
      default ->
          dependency(
              "InUse" + Arm.path(resource.type()).replaceFirst(".*/", "") + "CannotBeDeleted",
              resource.id() + " is in use by " + user.id() + " and cannot be deleted.");
    };
  }

  private static CloudFault dependency(String code, String message) {
    return Arm.fault(Kind.DEPENDENCY, 400, code, message);
  }

  /// What a look at the galleries tells.
  @Override
  public Choices choices(ClusterSpec spec, Choices known) {
    if (!(spec.target().settings() instanceof ProviderSettings.Azure azure)) {
      return known;
    }
    Map<String, String> images = new TreeMap<>(known.images());
    List<ClusterSpec.Pool> pools = new ArrayList<>(spec.target().workers());
    pools.add(spec.target().controlPlane());
    for (ClusterSpec.Pool pool : pools) {
      boolean gpu = pool.gpu() != null;
      String image =
          gpu
              ? gallery(azure.subscription(), pool.arch(), spec.versions().talos())
              : AzureImages.community(pool.arch(), spec.versions().talos());
      images.putIfAbsent(Choices.imageKey(pool.arch(), gpu), image);
    }
    return new Choices(images, known.types(), known.zones(), known.facts());
  }

  /// Where a scenario says that something is not offered, machines go where it is.
  @Override
  public Choices choices(ClusterSpec spec, Choices known, Scenario scenario) {
    Choices choices = choices(spec, known);
    return scenario.look().unoffered().isEmpty()
        ? choices
        : AzureAccountView.offers(spec, choices, scenario);
  }

  @Override
  public List<Platform.Finding> findings(AccountLook look) {
    return AzureCheck.findings(look.spec(), AzureAccountView.of(look));
  }

  private static String gallery(String subscription, String arch, String talos) {
    return Arm.group(subscription, AzureImages.GALLERY_GROUP)
        + "/providers/Microsoft.Compute/galleries/"
        + AzureImages.GALLERY
        + "/images/"
        + AzureImages.gpuImage(arch)
        + "/versions/"
        + AzureImages.version(talos);
  }

  /// What a scenario's fault says here.
  @Override
  public CloudFault refusal(String fault, String operation, String type) {
    return switch (fault) {
      case "denied" ->
          Arm.fault(
              Kind.DENIED,
              403,
              "AuthorizationFailed",
              "The client does not have authorization to perform action '"
                  + Arm.path(type)
                  + (operation.equals("delete") ? "/delete" : "/write")
                  + "' over scope of the subscription or the scope is invalid.");
      case "expired" ->
          Arm.fault(
              Kind.EXPIRED,
              401,
              "ExpiredAuthenticationToken",
              "The access token expiry time is earlier than current time.");
      case "quota" ->
          Arm.fault(
              Kind.QUOTA,
              409,
              "QuotaExceeded",
              "Operation results in exceeding quota limits of " + Arm.path(type) + ".");
      case "throttled" ->
          Arm.fault(
              Kind.THROTTLED,
              429,
              "TooManyRequests",
              "The request is being throttled. Retry after 1 seconds.");
      default ->
          Arm.fault(
              Kind.UNAVAILABLE,
              503,
              "ServiceUnavailable",
              "The service is temporarily unavailable.");
    };
  }

  static String uuid(String of) {
    return UUID.nameUUIDFromBytes(of.getBytes(StandardCharsets.UTF_8)).toString();
  }
}
