package io.sskuba.infra.aws;

import io.sskuba.infra.InfraPlan.Lookup;
import io.sskuba.infra.InfraPlan.Ref;
import io.sskuba.spec.ClusterSpec;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Route 53: the FQDN and its wildcard as aliases of the load balancer, after an ownership record.
///
/// `_sskuba.NAME` holds the cluster's id. Nothing is overwritten: where a name is taken, the record
/// is refused, and the others are not made. Records take no tags; the zone is the organisation's.
final class AwsDns {
  static final String OWNERSHIP = "dns-ownership";
  private static final int TTL_SECONDS = 60;
  private static final String RECORD = "aws:route53/record:Record";

  private final AwsContext aws;

  AwsDns(AwsContext aws) {
    this.aws = aws;
  }

  private boolean isOurs() {
    ClusterSpec.Dns dns = aws.spec().dns();
    return dns != null && dns.provider().equals("route53");
  }

  void add() {
    if (!isOurs()) {
      return;
    }
    String fqdn = aws.spec().fqdn();
    aws.plain(
        RECORD,
        OWNERSHIP,
        Map.of(
            "zoneId",
            zoneId(),
            "name",
            "_sskuba." + fqdn,
            "type",
            "TXT",
            "ttl",
            TTL_SECONDS,
            "records",
            List.of(aws.clusterId()),
            "allowOverwrite",
            false));
    alias("dns-name", fqdn);
    alias("dns-wildcard", "*." + fqdn);
  }

  private void alias(String resource, String name) {
    aws.plain(
        RECORD,
        resource,
        Map.of(
            "zoneId",
            zoneId(),
            "name",
            name,
            "type",
            "A",
            "aliases",
            List.of(
                Map.of(
                    "name", new Ref(AwsBalancer.MAIN, "dnsName"),
                    "zoneId", new Ref(AwsBalancer.MAIN, "zoneId"),
                    "evaluateTargetHealth", false)),
            "allowOverwrite",
            false),
        OWNERSHIP);
  }

  private Object zoneId() {
    String known = aws.choices().facts().get("zoneId");
    if (known != null) {
      return known;
    }
    String zone = Objects.requireNonNull(aws.spec().dns()).zone();
    return new Lookup(
        "aws:route53/getZone:getZone",
        Map.of("name", zone == null ? aws.spec().metadata().domain() : zone, "privateZone", false),
        "zoneId");
  }
}
