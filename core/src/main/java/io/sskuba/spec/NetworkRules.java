package io.sskuba.spec;

import io.sskuba.net.Cidr;
import io.sskuba.spec.ClusterSpec.Provider;
import io.sskuba.spec.Section.Located;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Networks that may not overlap, and addresses that must lie in them and be there once.
final class NetworkRules {
  /// The API server refuses service networks of more than 20 bits of hosts.
  private static final int SERVICE_HOST_BITS_MAX = 20;

  /// The controller manager gives each node a /24 (IPv4) or /64 (IPv6) of the pods' network.
  private static final int NODE_PREFIX_4 = 24;

  private static final int NODE_PREFIX_6 = 64;

  private static final Pattern AZURE_NETWORK =
      Pattern.compile(
          "/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\\.Network/virtualNetworks/[^/]+",
          Pattern.CASE_INSENSITIVE);

  private final Section target;
  private final Section network;
  private final @Nullable Provider provider;
  private final Recorded recorded;
  private final Issues issues;

  NetworkRules(Section target, @Nullable Provider provider, Recorded recorded, Issues issues) {
    this.target = target;
    this.network = target.sectionOrEmpty("network");
    this.provider = provider;
    this.recorded = recorded;
    this.issues = issues;
  }

  void check() {
    overlaps();
    sizes();
    Section existing = network.section("existing");
    if (existing != null && existing.has("subnets") && existing.texts("subnets").isEmpty()) {
      issues.add(
          existing.valueAt("subnets"), "target.network.existing.subnets is empty", "at least one");
    }
    String network = existing == null ? null : existing.text("network");
    if (existing != null
        && network != null
        && provider == Provider.AZURE
        && !AZURE_NETWORK.matcher(network).matches()) {
      issues.add(
          existing.valueAt("network"),
          "target.network.existing.network is " + Issues.quote(network),
          "the VNet's resource id, /subscriptions/…/virtualNetworks/NAME");
    }
    Map<String, String> taken = new HashMap<>();
    fixedAddresses(taken);
    Section controlPlane = target.section("controlPlane");
    if (controlPlane != null) {
      pool(controlPlane, "target.controlPlane", taken);
    }
    for (Located<Section> worker : target.sections("workers")) {
      pool(worker.value(), "target.workers[" + worker.value().text("name", "?") + "]", taken);
    }
  }

  private record Named(String key, Cidr cidr, boolean given) {}

  private void overlaps() {
    List<Named> named = new ArrayList<>();
    boolean cloud = provider == Provider.AWS || provider == Provider.AZURE;
    boolean ours = cloud && !network.mentions("existing");
    add(named, "cidr", ours ? recorded.cloudCidr() : null);
    add(named, "podCidr", recorded.podCidr());
    add(named, "serviceCidr", recorded.serviceCidr());
    for (int i = 0; i < named.size(); i++) {
      for (int j = i + 1; j < named.size(); j++) {
        Named a = named.get(i);
        Named b = named.get(j);
        if (a.cidr.overlaps(b.cidr)) {
          String at = b.given || !a.given ? b.key : a.key;
          issues.add(
              network.valueAt(at),
              "target.network: " + shown(a) + " overlaps " + shown(b),
              "networks that do not overlap");
        }
      }
    }
  }

  private static String shown(Named named) {
    return named.key + " " + named.cidr + (named.given ? "" : " (the default)");
  }

  private void add(List<Named> named, String key, @Nullable String fallback) {
    String text = network.text(key);
    String effective = text == null && !network.mentions(key) ? fallback : text;
    if (effective == null) {
      return;
    }
    Cidr.parse(effective).ifPresent(cidr -> named.add(new Named(key, cidr, text != null)));
  }

  private void sizes() {
    Optional<Cidr> services = cidr("serviceCidr");
    if (services.isPresent()
        && services.get().bits() - services.get().prefix() > SERVICE_HOST_BITS_MAX) {
      int prefix = services.get().bits() - SERVICE_HOST_BITS_MAX;
      issues.add(
          network.valueAt("serviceCidr"),
          "target.network.serviceCidr is larger than the API server accepts",
          "/" + prefix + " or smaller");
    }
    Optional<Cidr> pods = cidr("podCidr");
    if (pods.isPresent()) {
      int node = pods.get().isIpv4() ? NODE_PREFIX_4 : NODE_PREFIX_6;
      if (pods.get().prefix() > node) {
        issues.add(
            network.valueAt("podCidr"),
            "target.network.podCidr has no room for one node, which takes a /" + node,
            "/" + node + " or larger");
      }
    }
  }

  private Optional<Cidr> cidr(String key) {
    String text = network.text(key);
    return text == null ? Optional.empty() : Cidr.parse(text);
  }

  /// The endpoint's addresses and the gateway.
  private void fixedAddresses(Map<String, String> taken) {
    Section endpoint = target.sectionOrEmpty("endpoint");
    String virtual = endpoint.text("virtualAddress");
    if (virtual != null) {
      Position at = endpoint.valueAt("virtualAddress");
      inNetwork(virtual, at, "target.endpoint.virtualAddress");
      take(virtual, at, "target.endpoint.virtualAddress", taken);
    }
    String gateway = network.text("gateway");
    if (gateway != null) {
      inNetwork(gateway, network.valueAt("gateway"), "target.network.gateway");
      take(gateway, network.valueAt("gateway"), "target.network.gateway", taken);
    }
    Section bigip = target.sectionOrEmpty("loadBalancer").sectionOrEmpty("bigip");
    String server = bigip.text("virtualAddress");
    if (server != null) {
      String path = "target.loadBalancer.bigip.virtualAddress";
      take(server, bigip.valueAt("virtualAddress"), path, taken);
    }
  }

  private void pool(Section pool, String path, Map<String, String> taken) {
    List<Located<String>> addresses = pool.texts("addresses");
    for (Located<String> address : addresses) {
      inNetwork(address.value(), address.at(), path + ".addresses");
      take(address.value(), address.at(), path + ".addresses", taken);
    }
    Integer count = pool.whole("count");
    if (!addresses.isEmpty() && count != null && count != addresses.size()) {
      issues.add(
          pool.valueAt("addresses"),
          path + " has " + count + " machines and " + addresses.size() + " addresses",
          "one for each, or none at all for DHCP");
    }
    if (!addresses.isEmpty() && !network.mentions("cidr")) {
      issues.add(
          pool.valueAt("addresses"),
          path + ".addresses need target.network.cidr, which says how long the prefix is",
          Form.CIDR.expected());
    }
    for (Located<Section> machine : pool.sections("machines")) {
      String address = machine.value().text("address");
      if (address == null) {
        continue;
      }
      Position at = machine.value().valueAt("address");
      // Elsewhere machines of a stretch pool are outside the target's network on purpose.
      if (provider == Provider.METAL) {
        inNetwork(address, at, path + ".machines");
      }
      take(address, at, path + ".machines", taken);
    }
  }

  private void inNetwork(String address, Position at, String path) {
    Optional<Cidr> cidr = cidr("cidr");
    if (cidr.isPresent() && Cidr.isAddress(address) && !cidr.get().usable(address)) {
      issues.add(
          at,
          path + ": " + address + " is no machine's address in target.network.cidr",
          "an address in " + cidr.get());
    }
  }

  private void take(String address, Position at, String path, Map<String, String> taken) {
    String spelled =
        Cidr.isAddress(address) ? Cidr.canonical(address) : address.toLowerCase(Locale.ROOT);
    String other = taken.putIfAbsent(spelled, path + " in line " + at.line());
    if (other != null) {
      issues.add(at, path + ": " + address + " is taken by " + other, "an address of its own");
    }
  }
}
