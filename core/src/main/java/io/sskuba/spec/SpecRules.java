package io.sskuba.spec;

import io.sskuba.spec.ClusterSpec.Provider;
import io.sskuba.spec.Section.Located;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Rules between keys, on what the walk left over: a rule whose keys are missing or wrong is
/// silent, because the walk has said so already. The rules of pools and networks are in [PoolRules]
/// and [NetworkRules].
final class SpecRules {
  private static final int FQDN_MAX = 253;
  private static final int BUNDLE_BYTES_MAX = 1 << 20;

  private final Section root;
  private final Issues issues;
  private final Path baseFolder;
  private final Recorded recorded;
  private final @Nullable Provider provider;

  SpecRules(Section root, Issues issues, Path baseFolder, Recorded recorded) {
    this.root = root;
    this.issues = issues;
    this.baseFolder = baseFolder;
    this.recorded = recorded;
    String word = root.sectionOrEmpty("target").text("provider");
    this.provider = word == null ? null : Provider.valueOf(word.toUpperCase(Locale.ROOT));
  }

  void check() {
    metadata(root.sectionOrEmpty("metadata"));
    versions(root.sectionOrEmpty("versions"));
    Section target = root.sectionOrEmpty("target");
    place(target);
    String name = root.sectionOrEmpty("metadata").text("name");
    new PoolRules(target, provider, name, issues).check();
    new NetworkRules(target, provider, recorded, issues).check();
    gitops(root.section("gitops"));
    sealing(root.sectionOrEmpty("sealing"));
    dns(root.section("dns"));
    secrets(root.section("secrets"));
    registry(root.sectionOrEmpty("registry"));
    trust(root.sectionOrEmpty("trust"));
  }

  private void metadata(Section metadata) {
    String name = metadata.text("name");
    String domain = metadata.text("domain");
    if (name != null && domain != null && name.length() + 1 + domain.length() > FQDN_MAX) {
      issues.add(
          metadata.valueAt("domain"),
          "the full name NAME.DOMAIN has " + (name.length() + 1 + domain.length()) + " characters",
          "at most " + FQDN_MAX);
    }
  }

  private void versions(Section versions) {
    boolean wrong =
        (versions.mentions("talos") && !versions.has("talos"))
            || (versions.mentions("kubernetes") && !versions.has("kubernetes"));
    if (!wrong) {
      VersionRules.check(
          versions,
          versions.text("talos", recorded.talos()),
          versions.text("kubernetes", recorded.kubernetes()),
          issues);
    }
  }

  private void place(Section target) {
    String region = target.text("region");
    Form form = provider == Provider.AWS ? Form.AWS_REGION : Form.AZURE_REGION;
    if (region != null && provider != null && !form.accepts(region)) {
      issues.add(
          target.valueAt("region"), "target.region is " + Issues.quote(region), form.expected());
      region = null;
    }
    noDuplicates("target.zones", target.texts("zones"));
    for (Located<String> zone : target.texts("zones")) {
      if (provider == Provider.AWS && region != null && !zone.value().startsWith(region)) {
        issues.add(
            zone.at(),
            "zone " + Issues.quote(zone.value()) + " is not in region " + region,
            "a zone such as " + region + "a");
      }
      if (provider == Provider.AZURE && !List.of("1", "2", "3").contains(zone.value())) {
        issues.add(zone.at(), "zone " + Issues.quote(zone.value()), "\"1\", \"2\" or \"3\"");
      }
    }
    noDuplicates("target.hostPorts", target.wholes("hostPorts"));
    if ("userData".equals(target.text("delivery"))) {
      userData(target, provider);
    }
  }

  /// Machines that are made with their configuration need to know the endpoint before there is a
  /// load balancer.
  private void userData(Section target, @Nullable Provider provider) {
    if (provider == Provider.METAL || provider == Provider.LOCAL) {
      issues.add(
          target.valueAt("delivery"),
          "target.delivery userData needs a platform that has user data, "
              + (provider == Provider.METAL ? "metal" : "local")
              + " has none",
          "api");
      return;
    }
    Section endpoint = target.sectionOrEmpty("endpoint");
    Section dns = root.section("dns");
    boolean named =
        endpoint.mentions("host") || (dns != null && !"none".equals(dns.text("provider")));
    boolean known =
        switch (provider) {
          case AWS -> named;
          // A public address has a name of its own that is known before.
          case AZURE -> named || !"internal".equals(endpoint.text("scheme"));
          case VSPHERE ->
              named
                  || endpoint.mentions("virtualAddress")
                  || target.sectionOrEmpty("loadBalancer").mentions("bigip");
          case null, default -> true;
        };
    if (!known) {
      issues.add(
          target.valueAt("delivery"),
          "target.delivery userData needs an endpoint that is known before the machines are made",
          provider == Provider.VSPHERE
              ? "dns with a provider, target.endpoint.host or target.endpoint.virtualAddress"
              : "dns with a provider, or target.endpoint.host");
    }
  }

  private <T> void noDuplicates(String path, List<Located<T>> items) {
    Map<T, Position> seen = new HashMap<>();
    for (Located<T> item : items) {
      Position first = seen.putIfAbsent(item.value(), item.at());
      if (first != null) {
        issues.add(
            item.at(),
            path + " has " + Issues.quote(String.valueOf(item.value())) + " twice",
            "each once");
      }
    }
  }

  private void gitops(@Nullable Section gitops) {
    if (gitops == null) {
      return;
    }
    boolean token = gitops.mentions("token");
    boolean key = gitops.mentions("sshKey");
    if (token && key) {
      issues.add(
          gitops.keyAt("sshKey"), "gitops has a token and an sshKey", "a token, or an sshKey");
    }
    String url = gitops.text("url");
    if (url != null && token && !GitUrls.isHttps(url)) {
      issues.add(gitops.keyAt("token"), "gitops.token is for https, and gitops.url is not https");
    }
    if (url != null && key && !GitUrls.isSsh(url)) {
      issues.add(gitops.keyAt("sshKey"), "gitops.sshKey is for ssh, and gitops.url is not ssh");
    }
    if (url != null && !key && GitUrls.isSsh(url)) {
      issues.add(
          gitops.valueAt("url"), "gitops.url is ssh and gitops.sshKey is missing", "an sshKey");
    }
    if (key && !gitops.mentions("knownHosts")) {
      issues.add(
          gitops.keyAt("sshKey"),
          "gitops.sshKey needs gitops.knownHosts: nothing else proves which host answers",
          Form.FILE_PATH.expected());
    }
    if (!key && gitops.mentions("knownHosts")) {
      issues.add(gitops.keyAt("knownHosts"), "gitops.knownHosts is for ssh with an sshKey");
    }
    file(gitops, "knownHosts", "gitops.knownHosts");
  }

  private void sealing(Section sealing) {
    noDuplicates("sealing.recipients", sealing.texts("recipients"));
  }

  private void dns(@Nullable Section dns) {
    String provider = dns == null ? null : dns.text("provider");
    if (dns == null || provider == null) {
      return;
    }
    keyOf(dns, "dns", provider, "resourceGroup", "azureDns", true);
    keyOf(dns, "dns", provider, "server", "rfc2136", true);
    keyOf(dns, "dns", provider, "tsig", "rfc2136", false);
    String zone = dns.text("zone");
    String domain = root.sectionOrEmpty("metadata").text("domain");
    if (zone != null && domain != null && !("." + domain).endsWith("." + zone)) {
      issues.add(
          dns.valueAt("zone"),
          "metadata.domain " + Issues.quote(domain) + " is not in dns.zone " + Issues.quote(zone),
          "the domain or a parent of it");
    }
  }

  /// `key` belongs to the one provider `owner` of this section, which may need it.
  private void keyOf(
      Section section, String path, String provider, String key, String owner, boolean needed) {
    if (section.mentions(key) && !provider.equals(owner)) {
      issues.add(
          section.keyAt(key), path + "." + key + " is a key of " + owner + ", not of " + provider);
    }
    if (needed && provider.equals(owner) && !section.mentions(key)) {
      issues.add(section.at(), path + "." + key + " is missing; " + owner + " needs it");
    }
  }

  private void secrets(@Nullable Section secrets) {
    String provider = secrets == null ? null : secrets.text("provider");
    if (secrets == null || provider == null) {
      return;
    }
    keyOf(secrets, "secrets", provider, "address", "vault", true);
    keyOf(secrets, "secrets", provider, "vault", "azureKeyVault", true);
    if (provider.equals("none") && secrets.mentions("path")) {
      issues.add(secrets.keyAt("path"), "secrets.path has no meaning with provider none");
    }
  }

  private void registry(Section registry) {
    if (registry.mentions("credentials") && !registry.mentions("host")) {
      issues.add(
          registry.keyAt("credentials"),
          "registry.credentials need registry.host",
          Form.HOST_PORT.expected());
    }
  }

  private void trust(Section trust) {
    Path bundle = file(trust, "bundle", "trust.bundle");
    if (bundle == null) {
      return;
    }
    try (InputStream in = Files.newInputStream(bundle)) {
      byte[] bytes = in.readNBytes(BUNDLE_BYTES_MAX + 1);
      String text = new String(bytes, StandardCharsets.ISO_8859_1);
      if (bytes.length > BUNDLE_BYTES_MAX) {
        issues.add(trust.valueAt("bundle"), "trust.bundle is too large", "at most 1 MiB");
      } else if (text.contains("PRIVATE KEY-----")) {
        issues.add(
            trust.valueAt("bundle"), "trust.bundle holds a private key", "certificates only");
      } else if (!text.contains("-----BEGIN CERTIFICATE-----")) {
        issues.add(trust.valueAt("bundle"), "trust.bundle holds no certificate", "a PEM file");
      }
    } catch (IOException e) {
      issues.add(trust.valueAt("bundle"), "trust.bundle cannot be read", "a readable PEM file");
    }
  }

  private @Nullable Path file(Section section, String key, String path) {
    String file = section.text(key);
    if (file == null) {
      return null;
    }
    try {
      Path resolved = baseFolder.toAbsolutePath().resolve(file).normalize();
      if (Files.isRegularFile(resolved)) {
        return resolved;
      }
      issues.add(
          section.valueAt(key), path + ": " + Issues.quote(file) + " does not exist", "a file");
    } catch (InvalidPathException e) {
      issues.add(section.valueAt(key), path + " is no path", Form.FILE_PATH.expected());
    }
    return null;
  }
}
