package io.sskuba.clouds.aws;

import io.sskuba.cloud.CloudAccount.Identity;
import io.sskuba.infra.aws.AwsActions;
import io.sskuba.infra.aws.AwsFacts.Denial;
import io.sskuba.spec.ClusterSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.services.iam.model.EvaluationResult;
import software.amazon.awssdk.services.iam.model.PolicyEvaluationDecisionType;

/// What the credentials may not do, by IAM's own simulation of their policies; nothing is tried.
///
/// First all actions on `*`, which settles it for administrators. What is denied there is asked
/// again with the ARNs that it acts on, since policies that name resources do not match `*`. A
/// denial that lacks context (tags, addresses) is no certain one.
/// - Limits: 100 results a page, 10 pages.
final class AwsRights {
  private static final Pattern ASSUMED =
      Pattern.compile("arn:([a-z-]+):sts::([0-9]+):assumed-role/([^/]+)/.*");
  private static final Pattern USER = Pattern.compile("arn:[a-z-]+:iam::[0-9]+:user/.+");
  private static final int PAGES = 10;

  private final AwsClients clients;

  AwsRights(AwsClients clients) {
    this.clients = clients;
  }

  Map<String, Denial> denied(ClusterSpec spec, Identity identity, String region) {
    Optional<String> principal = principal(identity);
    if (principal.isEmpty()) {
      return Map.of(); // the account's root may do everything; a federated user has no policies
    }
    String partition = identity.subject().split(":", 3)[1];
    Map<String, List<String>> needed = AwsActions.of(spec, partition, region, identity.account());
    List<String> all = needed.values().stream().flatMap(List::stream).distinct().toList();
    Map<String, Denial> denied = simulate(principal.get(), all, "*");
    if (denied.isEmpty()) {
      return denied;
    }
    Map<String, Denial> still = new TreeMap<>();
    Asks asks = new Asks();
    List<java.util.concurrent.CompletableFuture<Map<String, Denial>>> more = new ArrayList<>();
    needed.forEach(
        (resource, actions) -> {
          List<String> again = new ArrayList<>(new TreeSet<>(actions));
          again.retainAll(denied.keySet());
          if (!again.isEmpty()) {
            more.add(asks.ask(() -> simulate(principal.get(), again, resource)));
          }
        });
    more.forEach(ask -> still.putAll(Asks.needed("permissions", ask)));
    return still;
  }

  /// The user or role whose policies count; the role's path is not in a session's ARN.
  private Optional<String> principal(Identity identity) {
    if (USER.matcher(identity.subject()).matches()) {
      return Optional.of(identity.subject());
    }
    Matcher session = ASSUMED.matcher(identity.subject());
    if (!session.matches()) {
      return Optional.empty();
    }
    return Optional.of(clients.iam().getRole(r -> r.roleName(session.group(3))).role().arn());
  }

  private Map<String, Denial> simulate(String principal, List<String> actions, String resource) {
    Map<String, Denial> denied = new TreeMap<>();
    String[] marker = {null};
    for (int page = 0; page < PAGES; page++) {
      var answer =
          clients
              .iam()
              .simulatePrincipalPolicy(
                  r ->
                      r.policySourceArn(principal)
                          .actionNames(actions)
                          .resourceArns(resource)
                          .maxItems(100)
                          .marker(marker[0]));
      for (EvaluationResult result : answer.evaluationResults()) {
        if (result.evalDecision() != PolicyEvaluationDecisionType.ALLOWED) {
          boolean sure =
              result.evalDecision() == PolicyEvaluationDecisionType.EXPLICIT_DENY
                  || result.missingContextValues().isEmpty();
          denied.put(result.evalActionName(), sure ? Denial.SURE : Denial.PERHAPS);
        }
      }
      if (!Boolean.TRUE.equals(answer.isTruncated())) {
        return denied;
      }
      marker[0] = answer.marker();
    }
    return denied;
  }
}
