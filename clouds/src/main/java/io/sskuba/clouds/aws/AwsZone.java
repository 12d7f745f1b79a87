package io.sskuba.clouds.aws;

import io.sskuba.infra.aws.AwsFacts.Name;
import io.sskuba.spec.ClusterSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import software.amazon.awssdk.services.route53.model.HostedZone;
import software.amazon.awssdk.services.route53.model.ResourceRecordSet;

/// The public hosted zone of a cluster file, and what it says at the cluster's names.
final class AwsZone {
  private final AwsClients clients;

  AwsZone(AwsClients clients) {
    this.clients = clients;
  }

  /// @param zone the zone's id, without `/hostedzone/`
  record Seen(Optional<String> zone, List<Name> names) {
    static final Seen NOTHING = new Seen(Optional.empty(), List.of());
  }

  /// Nothing, with no call, where the file's names are not in Route 53.
  Seen look(ClusterSpec spec) {
    ClusterSpec.Dns dns = spec.dns();
    if (dns == null || !dns.provider().equals("route53")) {
      return Seen.NOTHING;
    }
    String name = dns.zone() == null ? spec.metadata().domain() : dns.zone();
    Optional<String> zone =
        clients
            .names()
            .listHostedZonesByName(r -> r.dnsName(name).maxItems("20"))
            .hostedZones()
            .stream()
            .filter(z -> plain(z.name()).equals(name) && !isPrivate(z))
            .map(z -> z.id().substring(z.id().lastIndexOf('/') + 1))
            .findFirst();
    if (zone.isEmpty()) {
      return Seen.NOTHING;
    }
    List<Name> names = new ArrayList<>();
    for (String at : List.of(spec.fqdn(), "*." + spec.fqdn(), "_sskuba." + spec.fqdn())) {
      records(zone.get(), at, names);
    }
    return new Seen(zone, names);
  }

  private static boolean isPrivate(HostedZone zone) {
    return zone.config() != null && Boolean.TRUE.equals(zone.config().privateZone());
  }

  /// A list begins at a name and goes on behind it: ten records hold every type of one name.
  private void records(String zone, String name, List<Name> into) {
    for (ResourceRecordSet set :
        clients
            .names()
            .listResourceRecordSets(r -> r.hostedZoneId(zone).startRecordName(name).maxItems("10"))
            .resourceRecordSets()) {
      boolean ours = Set.of("A", "AAAA", "CNAME", "TXT").contains(set.typeAsString());
      if (ours && plain(set.name()).equals(name)) {
        String value =
            set.resourceRecords().isEmpty()
                ? ""
                : set.resourceRecords().getFirst().value().replace("\"", "");
        into.add(new Name(name, set.typeAsString(), value));
      }
    }
  }

  /// Without the dot at the end; Route 53 writes `*` as `\052`.
  private static String plain(String name) {
    String text = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    return text.replace("\\052", "*");
  }
}
