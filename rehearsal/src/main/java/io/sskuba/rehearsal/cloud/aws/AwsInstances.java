package io.sskuba.rehearsal.cloud.aws;

import io.sskuba.infra.aws.InstanceTypes;
import io.sskuba.rehearsal.account.Account;
import io.sskuba.rehearsal.account.CloudFault;
import io.sskuba.rehearsal.account.CloudFault.Kind;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.rehearsal.account.Fabric;
import io.sskuba.rehearsal.cloud.CloudModel.Made;
import io.sskuba.rehearsal.cloud.CloudRequest;
import io.sskuba.rehearsal.cloud.Scenario;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Instances of simulated AWS: images, types, vCPU quotas, capacity, addresses.
/// - Source: https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
///   (on-demand quotas count vCPUs of families together),
///   https://docs.aws.amazon.com/ec2/latest/instancetypes/
final class AwsInstances {
  /// What an account gets after its first requests for more; a new one has less.
  static final long STANDARD_VCPUS = 1920;

  static final long GPU_VCPUS = 64;

  private AwsInstances() {}

  static Made instance(CloudRequest request, @Nullable CloudResource before, Account.View account)
      throws CloudFault {
    String type = request.text("instanceType");
    if (InstanceTypes.bucket(type).isEmpty()) {
      throw Aws.invalid(
          request,
          "RunInstances",
          "InvalidParameterValue",
          "Invalid value '" + type + "' for InstanceType.");
    }
    for (Object group : request.list("vpcSecurityGroupIds")) {
      Aws.need(request, account, Aws.GROUP, String.valueOf(group), "RunInstances");
    }
    profile(request, account);
    String subnetId = request.text("subnetId");
    Optional<CloudResource> subnet =
        Aws.find(request, account, Aws.SUBNET, subnetId, "RunInstances");
    String zone =
        subnet
            .map(s -> s.text("availabilityZone"))
            .orElse(Aws.region(request) + (subnetId.hashCode() % 2 == 0 ? "a" : "b"));
    if (before != null) {
      return made(request, before.id(), before.outputs(), before.fabric());
    }
    image(request, type);
    quota(request, type, account);
    capacity(request, type, zone);
    String id = Aws.id("i", account);
    String address = Aws.free(request, subnetId, account, "RunInstances");
    boolean open = request.flag("associatePublicIpAddress");
    String publicAddress = open ? Aws.publicAddress(account) : "";
    Map<String, Object> outputs = Aws.outputs(request, Aws.arn(request, "ec2", "instance/" + id));
    outputs.put("availabilityZone", zone);
    outputs.put("instanceState", "running");
    outputs.put("privateIp", address);
    outputs.put(
        "privateDns",
        "ip-" + address.replace('.', '-') + "." + Aws.region(request) + ".compute.internal");
    outputs.put("publicIp", publicAddress);
    outputs.put(
        "publicDns",
        publicAddress.isEmpty()
            ? ""
            : "ec2-"
                + publicAddress.replace('.', '-')
                + "."
                + Aws.region(request)
                + ".compute.amazonaws.com");
    outputs.put("primaryNetworkInterfaceId", Aws.id("eni", account));
    Fabric fabric = request.site().machine(id, request.name(), address, List.of(publicAddress));
    return made(request, id, outputs, fabric);
  }

  private static Made made(
      CloudRequest request, String id, Map<String, Object> outputs, @Nullable Fabric fabric) {
    Map<String, Object> all = new LinkedHashMap<>(outputs);
    all.put("tagsAll", request.map("tags"));
    return new Made(id, all, request.map("tags"), fabric);
  }

  private static void profile(CloudRequest request, Account.View account) throws CloudFault {
    String profile = request.text("iamInstanceProfile");
    boolean known =
        profile.isEmpty()
            || account.ofType(Aws.PROFILE).stream().anyMatch(p -> p.text("name").equals(profile));
    if (!known) {
      throw Aws.invalid(
          request,
          "RunInstances",
          "InvalidParameterValue",
          "Value ("
              + profile
              + ") for parameter iamInstanceProfile.name is invalid. Invalid IAM"
              + " Instance Profile name");
    }
  }

  /// An image is of a processor: a Graviton type does not boot another's.
  private static void image(CloudRequest request, String type) throws CloudFault {
    String image = request.text("ami");
    String arch = AwsModel.archOf(image);
    if (arch.isEmpty()) {
      throw Aws.fault(
          Kind.NOT_FOUND,
          request,
          "RunInstances",
          400,
          "InvalidAMIID.NotFound",
          "The image id '[" + image + "]' does not exist");
    }
    String needed = InstanceTypes.arch(type);
    if (!arch.equals(needed)) {
      throw Aws.invalid(
          request,
          "RunInstances",
          "InvalidParameterValue",
          "The architecture '"
              + (needed.equals("arm64") ? "arm64" : "x86_64")
              + "' of the specified instance type does not match the architecture '"
              + (arch.equals("arm64") ? "arm64" : "x86_64")
              + "' of the specified AMI. Specify an instance type and an AMI that have matching"
              + " architectures, and try again.");
    }
  }

  private static void capacity(CloudRequest request, String type, String zone) throws CloudFault {
    if (request.scenario().unavailable(type, zone)) {
      throw Aws.fault(
          Kind.CAPACITY,
          request,
          "RunInstances",
          500,
          "InsufficientInstanceCapacity",
          "We currently do not have sufficient "
              + type
              + " capacity in the Availability Zone you requested ("
              + zone
              + "). Our system will be working on provisioning additional capacity. You can"
              + " currently get "
              + type
              + " capacity by not specifying an Availability Zone in your request or choosing"
              + " another.");
    }
  }

  private static void quota(CloudRequest request, String type, Account.View account)
      throws CloudFault {
    String bucket = InstanceTypes.bucket(type).orElse("standard");
    long limit = limit(request.scenario(), bucket);
    long used = InstanceTypes.vcpus(type) + used(account.ofType(Aws.INSTANCE), bucket);
    if (used > limit) {
      throw Aws.fault(
          Kind.QUOTA,
          request,
          "RunInstances",
          400,
          "VcpuLimitExceeded",
          "You have requested more vCPU capacity than your current vCPU limit of "
              + limit
              + " allows for the instance bucket that the specified instance type belongs to. Please"
              + " visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this"
              + " limit.");
    }
  }

  static long limit(Scenario scenario, String bucket) {
    return bucket.equals("standard")
        ? scenario.quota("vcpus", STANDARD_VCPUS)
        : scenario.quota(bucket + "Vcpus", GPU_VCPUS);
  }

  /// vCPUs of the instances that count for one quota.
  static long used(List<CloudResource> instances, String bucket) {
    return instances.stream()
        .map(i -> i.text("instanceType"))
        .filter(t -> InstanceTypes.bucket(t).equals(Optional.of(bucket)))
        .mapToLong(InstanceTypes::vcpus)
        .sum();
  }
}
