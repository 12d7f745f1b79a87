package io.sskuba.spec;

import io.sskuba.spec.ClusterSpec.Access;
import io.sskuba.spec.ClusterSpec.Delivery;
import io.sskuba.spec.ClusterSpec.Dns;
import io.sskuba.spec.ClusterSpec.Endpoint;
import io.sskuba.spec.ClusterSpec.Existing;
import io.sskuba.spec.ClusterSpec.GitOps;
import io.sskuba.spec.ClusterSpec.Gpu;
import io.sskuba.spec.ClusterSpec.Groups;
import io.sskuba.spec.ClusterSpec.Lifetime;
import io.sskuba.spec.ClusterSpec.MachineAddress;
import io.sskuba.spec.ClusterSpec.Metadata;
import io.sskuba.spec.ClusterSpec.Network;
import io.sskuba.spec.ClusterSpec.Oidc;
import io.sskuba.spec.ClusterSpec.Overlay;
import io.sskuba.spec.ClusterSpec.Pool;
import io.sskuba.spec.ClusterSpec.Provider;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import io.sskuba.spec.ClusterSpec.Proxy;
import io.sskuba.spec.ClusterSpec.Registry;
import io.sskuba.spec.ClusterSpec.Sealing;
import io.sskuba.spec.ClusterSpec.Secrets;
import io.sskuba.spec.ClusterSpec.Taint;
import io.sskuba.spec.ClusterSpec.Target;
import io.sskuba.spec.ClusterSpec.Teleport;
import io.sskuba.spec.ClusterSpec.Tool;
import io.sskuba.spec.ClusterSpec.Tsig;
import io.sskuba.spec.ClusterSpec.Versions;
import io.sskuba.spec.Section.Located;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// From a file without issues to the [ClusterSpec], defaults filled in.
final class SpecBuilder {
  private final Section root;
  private final Path baseFolder;
  private final boolean rehearsal;
  private final Recorded recorded;
  private final Provider provider;

  SpecBuilder(Section root, Path baseFolder, boolean rehearsal, Recorded recorded) {
    this.recorded = recorded;
    this.root = root;
    this.baseFolder = baseFolder;
    this.rehearsal = rehearsal;
    String word = root.sectionOrEmpty("target").needed("provider");
    this.provider = Provider.valueOf(word.toUpperCase(Locale.ROOT));
  }

  ClusterSpec build() {
    Section versions = root.sectionOrEmpty("versions");
    Section trust = root.sectionOrEmpty("trust");
    return new ClusterSpec(
        metadata(root.sectionOrEmpty("metadata")),
        lifetime(),
        new Versions(
            versions.text("talos", recorded.talos()),
            versions.text("kubernetes", recorded.kubernetes())),
        target(root.sectionOrEmpty("target")),
        gitops(root.section("gitops")),
        new Sealing(root.sectionOrEmpty("sealing").textValues("recipients")),
        root.sectionOrEmpty("machineConfig").patches(),
        access(root.sectionOrEmpty("access")),
        dns(root.section("dns")),
        tool("storage"),
        tool("logging"),
        secrets(root.section("secrets")),
        registry(root.section("registry")),
        path(trust.text("bundle")),
        proxy(root.section("proxy")));
  }

  private Metadata metadata(Section metadata) {
    return new Metadata(
        metadata.needed("name"),
        metadata.needed("domain"),
        metadata.text("organisation", recorded.organisation()),
        metadata.text("project", recorded.project()),
        metadata.text("owner"),
        metadata.map("labels"));
  }

  private Lifetime lifetime() {
    boolean here = rehearsal || provider == Provider.LOCAL || provider == Provider.DOCKER;
    String fallback = recorded.ttl(here ? Defaults.TTL_HERE : "none");
    String ttl = root.sectionOrEmpty("lifetime").text("ttl", fallback);
    return new Lifetime(ttl.equals("none") ? null : duration(ttl));
  }

  private static Duration duration(String text) {
    return Durations.parse(text)
        .orElseThrow(() -> new IllegalStateException("a duration was checked and is none"));
  }

  private Target target(Section target) {
    return new Target(
        provider,
        pool(Pool.CONTROL_PLANE, target.sectionOrEmpty("controlPlane")),
        target.sections("workers").stream()
            .map(worker -> pool(worker.value().needed("name"), worker.value()))
            .toList(),
        target.flag("kubespan"),
        target.text("delivery", "api").equals("userData") ? Delivery.USER_DATA : Delivery.API,
        network(target.sectionOrEmpty("network")),
        endpoint(target.sectionOrEmpty("endpoint")),
        settings(target));
  }

  private Pool pool(String name, Section pool) {
    String arch = pool.text("arch", recorded.arch(name));
    Gpu gpu = gpu(pool.section("gpu"));
    boolean vsphere = provider == Provider.VSPHERE;
    return new Pool(
        name,
        Objects.requireNonNullElse(pool.whole("count"), 0),
        pool.sections("machines").stream().map(m -> machine(m.value())).toList(),
        pool.map("labels"),
        pool.sections("taints").stream().map(t -> taint(t.value())).toList(),
        gpu,
        pool.patches(),
        types(name, pool, arch, gpu != null),
        vsphere ? Objects.requireNonNullElse(pool.whole("cpus"), recorded.cpus(name)) : null,
        vsphere
            ? Objects.requireNonNullElse(pool.whole("memoryGiB"), recorded.memoryGiB(name))
            : null,
        pool.textValues("addresses"),
        pool.sectionOrEmpty("disk").whole("sizeGiB"),
        pool.text("disk"),
        arch);
  }

  private List<String> types(String name, Section pool, String arch, boolean gpu) {
    List<String> types = pool.textValues("type");
    if (!types.isEmpty() || (provider != Provider.AWS && provider != Provider.AZURE)) {
      return types;
    }
    return recorded.types(name, List.of(Defaults.machineType(provider, arch, gpu)));
  }

  private static Taint taint(Section taint) {
    return new Taint(taint.needed("key"), taint.text("value", ""), taint.needed("effect"));
  }

  private static @Nullable Gpu gpu(@Nullable Section gpu) {
    return gpu == null
        ? null
        : new Gpu(gpu.needed("vendor"), Objects.requireNonNullElse(gpu.whole("count"), 1));
  }

  private static MachineAddress machine(Section machine) {
    Section overlay = machine.section("overlay");
    return new MachineAddress(
        machine.needed("address"),
        machine.text("disk"),
        machine.text("fingerprint"),
        machine.text("arch"),
        overlay == null ? null : new Overlay(overlay.needed("name"), overlay.needed("image")));
  }

  private Network network(Section network) {
    Section existing = network.section("existing");
    boolean ours = existing == null && (provider == Provider.AWS || provider == Provider.AZURE);
    String cidr = network.text("cidr");
    return new Network(
        cidr == null && ours ? recorded.cloudCidr() : cidr,
        network.text("podCidr", recorded.podCidr()),
        network.text("serviceCidr", recorded.serviceCidr()),
        network.textValues("adminCidrs"),
        network.text("name"),
        network.text("gateway"),
        network.textValues("nameservers"),
        existing == null
            ? null
            : new Existing(existing.needed("network"), existing.textValues("subnets")));
  }

  private Endpoint endpoint(Section endpoint) {
    boolean cloud = provider == Provider.AWS || provider == Provider.AZURE;
    return new Endpoint(
        endpoint.text("scheme", recorded.scheme(cloud ? "public" : "internal")),
        endpoint.text("virtualAddress"),
        endpoint.text("host"));
  }

  private ProviderSettings settings(Section target) {
    return switch (provider) {
      case LOCAL, METAL -> new ProviderSettings.None();
      case DOCKER ->
          new ProviderSettings.Docker(
              target.wholes("hostPorts").stream().map(Located::value).toList());
      case AWS -> new ProviderSettings.Aws(target.needed("region"), target.textValues("zones"));
      case AZURE ->
          new ProviderSettings.Azure(
              target.needed("subscription"), target.needed("region"), target.textValues("zones"));
      case VSPHERE -> vsphere(target);
    };
  }

  private static ProviderSettings vsphere(Section target) {
    Section template = target.sectionOrEmpty("template");
    Section bigip = target.sectionOrEmpty("loadBalancer").section("bigip");
    return new ProviderSettings.Vsphere(
        target.needed("server"),
        login(target, "credentials"),
        target.needed("datacenter"),
        target.needed("cluster"),
        target.needed("datastore"),
        target.text("folder"),
        template.needed("library"),
        template.needed("item"),
        bigip == null
            ? null
            : new ProviderSettings.BigIp(
                bigip.needed("address"),
                bigip.needed("partition"),
                bigip.needed("virtualAddress"),
                login(bigip, "credentials")));
  }

  private static Credential login(Section section, String key) {
    Credential login = section.login(key);
    if (login == null) {
      throw new IllegalStateException(key + " is missing in a file without issues");
    }
    return login;
  }

  private @Nullable GitOps gitops(@Nullable Section gitops) {
    if (gitops == null) {
      return null;
    }
    String url = gitops.needed("url");
    String name = root.sectionOrEmpty("metadata").needed("name");
    return new GitOps(
        GitUrls.isFolder(url) ? resolved(url) : url,
        gitops.text("branch", recorded.branch()),
        gitops.text("path", "clusters/" + name),
        gitops.secret("token"),
        gitops.secret("sshKey"),
        path(gitops.text("knownHosts")),
        duration(gitops.text("interval", recorded.interval())),
        gitops.secret("decryption"));
  }

  private @Nullable String path(@Nullable String file) {
    return file == null ? null : resolved(file);
  }

  private String resolved(String file) {
    return baseFolder.toAbsolutePath().resolve(file).normalize().toString();
  }

  private static Access access(Section access) {
    Section teleport = access.section("teleport");
    Section oidc = access.section("oidc");
    return new Access(
        teleport == null
            ? null
            : new Teleport(
                teleport.needed("proxy"),
                teleport.secret("token"),
                teleport.secret("identity"),
                groups(teleport)),
        oidc == null
            ? null
            : new Oidc(
                oidc.needed("issuer"),
                oidc.needed("clientId"),
                oidc.text("groupsClaim", Defaults.GROUPS_CLAIM),
                groups(oidc)));
  }

  private static Groups groups(Section section) {
    Section groups = section.sectionOrEmpty("groups");
    return new Groups(groups.textValues("viewers"), groups.textValues("admins"));
  }

  private @Nullable Dns dns(@Nullable Section dns) {
    if (dns == null) {
      return null;
    }
    String provider = dns.needed("provider");
    String domain = root.sectionOrEmpty("metadata").needed("domain");
    return new Dns(
        provider,
        provider.equals("none") ? dns.text("zone") : dns.text("zone", domain),
        dns.text("resourceGroup"),
        dns.text("server"),
        tsig(dns.section("tsig")));
  }

  private static @Nullable Tsig tsig(@Nullable Section tsig) {
    if (tsig == null) {
      return null;
    }
    SecretRef secret = tsig.secret("secret");
    if (secret == null) {
      throw new IllegalStateException("secret is missing in a file without issues");
    }
    return new Tsig(tsig.needed("name"), tsig.text("algorithm", Defaults.TSIG_ALGORITHM), secret);
  }

  private @Nullable Tool tool(String key) {
    Map<String, Object> options = root.options(key);
    Object tool = options.remove("tool");
    return tool instanceof String name ? new Tool(name, options) : null;
  }

  private static @Nullable Secrets secrets(@Nullable Section secrets) {
    return secrets == null
        ? null
        : new Secrets(
            secrets.needed("provider"),
            secrets.text("address"),
            secrets.text("path"),
            secrets.text("vault"));
  }

  private static @Nullable Registry registry(@Nullable Section registry) {
    return registry == null
        ? null
        : new Registry(
            registry.text("host"), registry.login("credentials"), registry.map("mirrors"));
  }

  private static @Nullable Proxy proxy(@Nullable Section proxy) {
    return proxy == null
        ? null
        : new Proxy(proxy.text("http"), proxy.text("https"), proxy.textValues("no"));
  }
}
