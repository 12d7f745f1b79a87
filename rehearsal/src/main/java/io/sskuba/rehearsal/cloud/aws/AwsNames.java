package io.sskuba.rehearsal.cloud.aws;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.Json;
import io.sskuba.rehearsal.account.Account;
import io.sskuba.rehearsal.account.CloudFault;
import io.sskuba.rehearsal.account.CloudFault.Kind;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.rehearsal.cloud.CloudModel.Made;
import io.sskuba.rehearsal.cloud.CloudRequest;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;

/// What goes by name in simulated AWS: roles, their policies and profiles, DNS records.
/// - Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
final class AwsNames {
  private static final long ROLE_POLICY_CHARACTERS = 10_240;
  private static final long TRUST_POLICY_CHARACTERS = 2048;
  private static final int NAME_MAX = 64;

  private AwsNames() {}

  static Made role(CloudRequest request, Account.View account) throws CloudFault {
    String name = name(request, account, "CreateRole", "Role");
    document(
        request, "CreateRole", request.text("assumeRolePolicy"), TRUST_POLICY_CHARACTERS, name);
    Map<String, Object> outputs = Aws.outputs(request, Aws.arn(request, "iam", "role/" + name));
    outputs.put(
        "uniqueId", "AROA" + Aws.id("x", account).substring(3).toUpperCase(java.util.Locale.ROOT));
    outputs.put("createDate", request.now().toString());
    return new Made(name, outputs, request.map("tags"), null);
  }

  static Made profile(CloudRequest request, Account.View account) throws CloudFault {
    String name = name(request, account, "CreateInstanceProfile", "Instance Profile");
    role(request, account, "AddRoleToInstanceProfile");
    Map<String, Object> outputs =
        Aws.outputs(request, Aws.arn(request, "iam", "instance-profile/" + name));
    outputs.put(
        "uniqueId", "AIPA" + Aws.id("x", account).substring(3).toUpperCase(java.util.Locale.ROOT));
    outputs.put("createDate", request.now().toString());
    return new Made(name, outputs, request.map("tags"), null);
  }

  /// All inline policies of a role together have a limit.
  static Made policy(CloudRequest request, Account.View account) throws CloudFault {
    CloudResource role = role(request, account, "PutRolePolicy");
    String id = role.id() + ":" + request.text("name");
    long used = 0;
    for (CloudResource other : account.ofType(Aws.ROLE_POLICY)) {
      if (other.text("role").equals(role.id()) && !other.id().equals(id)) {
        used += other.text("policy").length();
      }
    }
    document(
        request, "PutRolePolicy", request.text("policy"), ROLE_POLICY_CHARACTERS - used, role.id());
    return new Made(id, Map.of());
  }

  private static String name(
      CloudRequest request, Account.View account, String operation, String kind) throws CloudFault {
    String name = request.text("name");
    if (name.length() > NAME_MAX || !name.matches("[A-Za-z0-9+=,.@_-]+")) {
      throw Aws.invalid(
          request,
          operation,
          "ValidationError",
          "The specified value for name is invalid. It must contain only alphanumeric characters"
              + " and/or the following: +=,.@_-, and have at most 64 of them");
    }
    boolean taken =
        account.ofType(request.type()).stream().anyMatch(r -> r.text("name").equals(name));
    if (taken) {
      throw Aws.fault(
          Kind.CONFLICT,
          request,
          operation,
          409,
          "EntityAlreadyExists",
          kind + " with name " + name + " already exists.");
    }
    return name;
  }

  private static CloudResource role(CloudRequest request, Account.View account, String operation)
      throws CloudFault {
    String name = request.text("role");
    return account
        .find(name)
        .filter(r -> r.type().equals(Aws.ROLE))
        .orElseThrow(
            () ->
                Aws.fault(
                    Kind.NOT_FOUND,
                    request,
                    operation,
                    404,
                    "NoSuchEntity",
                    "The role with name " + name + " cannot be found."));
  }

  private static void document(
      CloudRequest request, String operation, String text, long limit, String role)
      throws CloudFault {
    JsonNode json;
    try {
      json = Json.parse(text);
    } catch (UncheckedIOException e) {
      throw malformed(request, operation, "Syntax errors in policy.");
    }
    if (!json.path("Version").asText().equals("2012-10-17") || json.path("Statement").isEmpty()) {
      throw malformed(request, operation, "The policy must contain a valid version string");
    }
    boolean trust = operation.equals("CreateRole");
    for (JsonNode statement : json.path("Statement")) {
      boolean whole =
          statement.path("Effect").asText().matches("Allow|Deny")
              && statement.hasNonNull("Action")
              && statement.hasNonNull(trust ? "Principal" : "Resource");
      if (!whole) {
        throw malformed(request, operation, "Missing required field in a statement");
      }
    }
    if (text.length() > limit) {
      throw Aws.fault(
          Kind.QUOTA,
          request,
          operation,
          409,
          "LimitExceeded",
          "Maximum policy size of "
              + (trust ? TRUST_POLICY_CHARACTERS : ROLE_POLICY_CHARACTERS)
              + " bytes exceeded for role "
              + role);
    }
  }

  private static CloudFault malformed(CloudRequest request, String operation, String message) {
    return Aws.invalid(request, operation, "MalformedPolicyDocument", message);
  }

  static Made record(CloudRequest request, Account.View account, boolean fresh) throws CloudFault {
    String zone = request.text("zoneId");
    String name = request.text("name");
    String type = request.text("type");
    String expected = AwsModel.zoneId(AwsModel.zone(request.site().spec()));
    if (!zone.equals(expected)) {
      throw Aws.fault(
          Kind.NOT_FOUND,
          request,
          "ChangeResourceRecordSets",
          404,
          "NoSuchHostedZone",
          "No hosted zone found with ID: " + zone);
    }
    String id = zone + "_" + name + "_" + type;
    if (fresh && account.find(id).isPresent() && !request.flag("allowOverwrite")) {
      throw Aws.fault(
          Kind.CONFLICT,
          request,
          "ChangeResourceRecordSets",
          400,
          "InvalidChangeBatch",
          "[Tried to create resource record set [name='"
              + name.replace("*", "\\052")
              + "', type='"
              + type
              + "'] but it already exists]");
    }
    String alias = Aws.text(request.inputs().get("aliases"), "name");
    boolean known =
        alias.isEmpty()
            || account.ofType(Aws.BALANCER).stream().anyMatch(b -> b.out("dnsName").equals(alias));
    if (!known) {
      throw Aws.invalid(
          request,
          "ChangeResourceRecordSets",
          "InvalidChangeBatch",
          "[Tried to create an alias that targets "
              + alias
              + ", type "
              + type
              + ", but the alias target name does not lie within the target zone]");
    }
    Map<String, Object> outputs = new LinkedHashMap<>();
    outputs.put("fqdn", name);
    return new Made(id, outputs);
  }
}
