package io.sskuba.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.dns.ClusterNames;
import io.sskuba.dns.NamePlace;
import io.sskuba.io.Json;
import io.sskuba.state.ClusterRecord;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A cluster's names and where they are, as its record keeps them from before they are written: a
/// delete knows them whatever became of the run that wrote them.
///
/// @param served all servers of the zone answered with them once
public record PublishedNames(NamePlace place, ClusterNames names, boolean served) {
  private static final String ADDRESSES = "addresses";

  /// Empty for a cluster that never got so far, or has no names of its own.
  public static Optional<PublishedNames> of(ClusterRecord record) {
    JsonNode json = record.details().path(ClusterFacts.NAMES);
    if (!json.hasNonNull("server") || !json.hasNonNull("fqdn")) {
      return Optional.empty();
    }
    return Optional.of(
        new PublishedNames(
            new NamePlace(
                json.path("server").asText(), json.path("zone").asText(), record.rehearsal()),
            new ClusterNames(
                json.path("fqdn").asText(), record.clusterId(), target(json), ClusterNames.TTL),
            json.path("served").asBoolean()));
  }

  /// Whether the cluster's names are part of its stack.
  public static boolean inStack(ClusterRecord record) {
    String provider = record.spec().path("dns").path("provider").asText();
    return (provider.equals("route53") && record.target().equals("aws"))
        || (provider.equals("azureDns") && record.target().equals("azure"));
  }

  private static ClusterNames.Target target(JsonNode json) {
    List<InetAddress> addresses = new ArrayList<>();
    json.path(ADDRESSES).forEach(a -> addresses.add(InetAddress.ofLiteral(a.asText())));
    return addresses.isEmpty()
        ? new ClusterNames.Target.Alias(json.path("host").asText())
        : new ClusterNames.Target.Addresses(addresses);
  }

  ObjectNode toJson() {
    ObjectNode json = Json.object();
    json.put("server", place.server()).put("zone", place.zone()).put("fqdn", names.fqdn());
    switch (names.target()) {
      case ClusterNames.Target.Alias alias -> json.put("host", alias.host());
      case ClusterNames.Target.Addresses a -> {
        ArrayNode array = json.putArray(ADDRESSES);
        a.addresses().forEach(address -> array.add(address.getHostAddress()));
      }
    }
    return json.put("served", served);
  }

  PublishedNames asServed() {
    return new PublishedNames(place, names, true);
  }

  /// What the names lead to, in words.
  String leadTo() {
    return switch (names.target()) {
      case ClusterNames.Target.Alias alias -> alias.host();
      case ClusterNames.Target.Addresses a ->
          String.join(", ", a.addresses().stream().map(InetAddress::getHostAddress).toList());
    };
  }

  /// One line for people.
  public String words() {
    return names.fqdn()
        + " and *."
        + names.fqdn()
        + " lead to "
        + leadTo()
        + (place.simulated() ? " in a simulated zone" : ", at " + place.server());
  }
}
