package io.sskuba.rehearsal.cloud;

import io.sskuba.infra.Choices;
import io.sskuba.infra.Platform;
import io.sskuba.rehearsal.account.Account;
import io.sskuba.rehearsal.account.CloudFault;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.rehearsal.account.Fabric;
import io.sskuba.spec.ClusterSpec;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How one simulated cloud behaves: one Pulumi package, as far as our plans use it.
///
/// A model is a pure function of the request and the account. [CloudProvider] does the rest: it
/// checks inputs against the package's published types (`core/src/main/resources/types`), answers
/// previews and diffs by them, holds the account's lock, injects a scenario's faults, takes the
/// modelled time, and starts what a [Fabric] says in the cluster's host process.
///
/// A model is called with the account locked: it looks up, allocates and decides, and never waits.
/// - Errors: [CloudFault], with a text in the shape of the real provider's.
/// - Idempotent: not a create (two creates make two things, as in the real cloud); what a lost
///   answer made is adopted by its tags before the next `up`.
public interface CloudModel {
  /// The Pulumi package, for example `aws`: the first part of its type tokens.
  String pkg();

  /// Name of the simulated account, a folder: models of one account share it.
  String account();

  /// Makes it. Refuses references to what is not in the account.
  Made create(CloudRequest request, Account.View account) throws CloudFault;

  /// Changes it in place; what cannot be changed in place never comes here.
  Made update(CloudRequest request, CloudResource before, Account.View account) throws CloudFault;

  /// Called before the resource is removed: refuses while others use it, and undoes what it did to
  /// others (a detached target, a freed address).
  void delete(CloudRequest request, CloudResource resource, Account.View account) throws CloudFault;

  /// What a look at the account would tell before the plan is made: image ids, the zone's id. What
  /// is known already stays.
  default Choices choices(ClusterSpec spec, Choices known) {
    return known;
  }

  /// The machine configuration in base64 that a resource's inputs hold as its user data; empty for
  /// one without. Errors: [CloudFault] where the cloud would not take it.
  default String userData(String type, Map<String, Object> inputs) throws CloudFault {
    return "";
  }

  /// Whether a resource is a record of the cluster's FQDN, the wildcard under it, or the record of
  /// their ownership, in the zone that the file names.
  default boolean isNameOf(ClusterSpec spec, CloudResource resource) {
    return false;
  }

  /// The same, where a scenario says what is not offered.
  default Choices choices(ClusterSpec spec, Choices known, Scenario scenario) {
    return choices(spec, known);
  }

  /// What a look at the account finds before anything is made: what a real one would be told.
  default List<Platform.Finding> findings(AccountLook look) {
    return List.of();
  }

  /// A function of the provider (`aws:ec2/getAmi:getAmi`). Errors: [CloudFault] for an unknown one.
  default Map<String, Object> invoke(String token, Map<String, Object> arguments)
      throws CloudFault {
    throw new CloudFault(CloudFault.Kind.INVALID, "unknown function " + token);
  }

  /// What a scenario's fault says in this cloud's words.
  ///
  /// @param fault `denied`, `expired`, `quota`, `throttled` or `unavailable`
  default CloudFault refusal(String fault, String operation, String type) {
    return switch (fault) {
      case "denied" ->
          new CloudFault(
              CloudFault.Kind.DENIED,
              "UnauthorizedOperation: You are not authorized to perform this operation: "
                  + operation
                  + " "
                  + type);
      case "expired" ->
          new CloudFault(
              CloudFault.Kind.EXPIRED,
              "ExpiredToken: The security token included in the request is expired");
      case "quota" ->
          new CloudFault(
              CloudFault.Kind.QUOTA, "LimitExceeded: the limit of " + type + " is reached");
      case "throttled" ->
          new CloudFault(
              CloudFault.Kind.THROTTLED, "RequestLimitExceeded: Request limit exceeded.");
      default ->
          new CloudFault(
              CloudFault.Kind.UNAVAILABLE, "ServiceUnavailable: the service does not answer");
    };
  }

  /// @param id the provider's id; on update the one that it has
  /// @param outputs besides the inputs
  /// @param tags what the cloud lists for it; empty for a type without tags
  /// @param fabric what runs for it, or null
  record Made(
      String id, Map<String, Object> outputs, Map<String, String> tags, @Nullable Fabric fabric) {
    public Made(String id, Map<String, Object> outputs) {
      this(id, outputs, Map.of(), null);
    }
  }
}
