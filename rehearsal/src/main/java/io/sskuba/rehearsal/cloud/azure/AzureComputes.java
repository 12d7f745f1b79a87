package io.sskuba.rehearsal.cloud.azure;

import io.sskuba.infra.azure.AzureFacts;
import io.sskuba.rehearsal.account.Account;
import io.sskuba.rehearsal.account.CloudFault;
import io.sskuba.rehearsal.account.CloudFault.Kind;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.rehearsal.cloud.CloudModel.Made;
import io.sskuba.rehearsal.cloud.CloudRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Virtual machines of simulated Azure: sizes, quotas, capacity, images.
final class AzureComputes {
  /// Of the region and of each family, where a scenario says nothing else.
  static final long CORES = 350;

  /// `Standard_D4s_v5`, `Standard_NC4as_T4_v3`, `Standard_E32-16s_v5`.
  private static final Pattern SIZE =
      Pattern.compile(
          "Standard_([A-Z]+)([0-9]+)(?:-([0-9]+))?([a-z]*)((?:_[A-Z0-9]+)*)(?:_(v[0-9]+))?");

  private static final Pattern IMAGE =
      Pattern.compile("(?i).*/(?:versions)/([0-9]+\\.[0-9]+\\.[0-9]+|latest)");

  private AzureComputes() {}

  static Made machine(
      CloudRequest request,
      String id,
      Optional<CloudResource> before,
      Map<String, Object> outputs,
      Account.View account)
      throws CloudFault {
    String size = Arm.text(request.inputs().get("hardwareProfile"), "vmSize");
    Matcher parsed = SIZE.matcher(size);
    if (!parsed.matches()) {
      throw Arm.invalid(
          "InvalidParameter", "The value " + size + " provided for the VM size is not valid.");
    }
    if (before.isPresent()) {
      unchanged(request, before.get(), "osProfile");
      unchanged(request, before.get(), "availabilitySet");
      storageUnchanged(request, before.get());
    } else {
      image(request);
      capacity(request, size);
      quota(request, parsed, account);
    }
    String card = Arm.text(request.inputs().get("networkProfile"), "networkInterfaces", "id");
    for (CloudResource other : account.ofType(Arm.MACHINE)) {
      if (!other.id().equals(id) && Arm.ids(other.inputs()).contains(card)) {
        throw Arm.invalid(
            "NicInUse",
            "Network Interface " + card + " is used by existing resource " + other.id() + ".");
      }
    }
    CloudResource found =
        account.require(
            Arm.CARD, card, "Code=\"NotFound\" Message=\"no network interface " + card + "\"");
    outputs.put("vmId", AzureModel.uuid(id));
    String address = Arm.text(found.outputs().get("ipConfigurations"), "privateIPAddress");
    List<String> others = new ArrayList<>();
    account
        .find(Arm.text(found.inputs().get("ipConfigurations"), "publicIPAddress", "id"))
        .ifPresent(a -> others.add(a.out("ipAddress")));
    return new Made(
        id, outputs, Map.of(), request.site().machine(id, request.name(), address, others));
  }

  private static void unchanged(CloudRequest request, CloudResource before, String property)
      throws CloudFault {
    if (!Objects.equals(request.inputs().get(property), before.inputs().get(property))) {
      throw notAllowed(property);
    }
  }

  private static void storageUnchanged(CloudRequest request, CloudResource before)
      throws CloudFault {
    if (!Objects.equals(
        image(request.inputs().get("storageProfile")),
        image(before.inputs().get("storageProfile")))) {
      throw notAllowed("imageReference");
    }
  }

  private static @Nullable Object image(@Nullable Object storage) {
    return storage instanceof Map<?, ?> map ? map.get("imageReference") : null;
  }

  private static CloudFault notAllowed(String property) {
    return Arm.fault(
        Kind.CONFLICT,
        409,
        "PropertyChangeNotAllowed",
        "Changing property '" + property + "' is not allowed.");
  }

  private static void image(CloudRequest request) throws CloudFault {
    String id = "";
    if (image(request.inputs().get("storageProfile")) instanceof Map<?, ?> image
        && !image.isEmpty()) {
      id = String.valueOf(image.values().iterator().next());
    }
    if (!IMAGE.matcher(id).matches()) {
      throw Arm.fault(
          Kind.NOT_FOUND,
          404,
          "GalleryImageNotFound",
          "The gallery image "
              + id
              + " is not available in "
              + request.text("location")
              + " region. Please contact image owner to replicate to this region, or change your"
              + " requested region.");
    }
  }

  /// What a scenario says cannot be had.
  private static void capacity(CloudRequest request, String size) throws CloudFault {
    String region = request.text("location");
    String zone =
        request.list("zones").isEmpty() ? "" : String.valueOf(request.list("zones").getFirst());
    if (request.scenario().unavailable(size, region)) {
      throw Arm.fault(
          Kind.CAPACITY,
          409,
          "SkuNotAvailable",
          "The requested VM size for resource 'Following SKUs have failed for Capacity"
              + " Restrictions: "
              + size
              + "' is currently not available in location '"
              + region
              + "'. Please try another size or deploy to a different location or different zone.");
    }
    if (!zone.isEmpty() && request.scenario().unavailable(size, zone)) {
      throw Arm.fault(
          Kind.CAPACITY,
          409,
          "ZonalAllocationFailed",
          "Allocation failed. We do not have sufficient capacity for the requested VM size in this"
              + " zone.");
    }
  }

  private static void quota(CloudRequest request, Matcher size, Account.View account)
      throws CloudFault {
    String family = family(size);
    long wanted = cores(size);
    long all = 0;
    long same = 0;
    for (CloudResource machine : account.ofType(Arm.MACHINE)) {
      Matcher other = SIZE.matcher(Arm.text(machine.inputs().get("hardwareProfile"), "vmSize"));
      if (machine.text("location").equals(request.text("location")) && other.matches()) {
        all += cores(other);
        same += family(other).equals(family) ? cores(other) : 0;
      }
    }
    refuse(request, family, same, wanted, request.scenario().quota(family, CORES));
    refuse(request, "Total Regional", all, wanted, request.scenario().quota("vcpus", CORES));
  }

  private static void refuse(CloudRequest request, String what, long used, long wanted, long limit)
      throws CloudFault {
    if (used + wanted > limit) {
      throw Arm.fault(
          Kind.QUOTA,
          409,
          "OperationNotAllowed",
          "Operation could not be completed as it results in exceeding approved "
              + what
              + " Cores quota. Additional details - Deployment Model: Resource Manager, Location: "
              + request.text("location")
              + ", Current Limit: "
              + limit
              + ", Current Usage: "
              + used
              + ", Additional Required: "
              + wanted
              + ", (Minimum) New Limit Required: "
              + (used + wanted)
              + ".");
    }
  }

  private static long cores(Matcher size) {
    return Long.parseLong(size.group(3) == null ? size.group(2) : size.group(3));
  }

  /// `standardDSv5Family`, `standardNCASv3Family`, as quotas are called.
  private static String family(Matcher size) {
    String letters = size.group(4).replace("m", "").toUpperCase(Locale.ROOT);
    String version = size.group(6) == null ? "" : size.group(6);
    String kind = size.group(5).replace("_", "");
    return "standard" + size.group(1) + letters + kind + version + "Family";
  }

  /// What a size is, by its name alone; empty for one that is no size's name.
  static Optional<AzureFacts.Type> type(String size) {
    Matcher parsed = SIZE.matcher(size);
    return parsed.matches()
        ? Optional.of(
            new AzureFacts.Type(
                family(parsed),
                cores(parsed),
                Set.of(parsed.group(4).contains("p") ? "arm64" : "amd64"),
                true))
        : Optional.empty();
  }
}
