package io.sskuba.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import io.sskuba.spec.ClusterSpec.Dns;
import io.sskuba.spec.ClusterSpec.GitOps;
import io.sskuba.spec.ClusterSpec.Groups;
import io.sskuba.spec.ClusterSpec.MachineAddress;
import io.sskuba.spec.ClusterSpec.Network;
import io.sskuba.spec.ClusterSpec.Oidc;
import io.sskuba.spec.ClusterSpec.Patch;
import io.sskuba.spec.ClusterSpec.Pool;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import io.sskuba.spec.ClusterSpec.Proxy;
import io.sskuba.spec.ClusterSpec.Registry;
import io.sskuba.spec.ClusterSpec.Secrets;
import io.sskuba.spec.ClusterSpec.Taint;
import io.sskuba.spec.ClusterSpec.Target;
import io.sskuba.spec.ClusterSpec.Teleport;
import io.sskuba.spec.ClusterSpec.Tool;
import io.sskuba.spec.ClusterSpec.Tsig;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A [ClusterSpec] as JSON: the file's own keys with every default written out, as the cluster's
/// record keeps it. Secrets are in it as references only.
///
/// It differs from the file in this: `type` is always a list, `lifetime.ttl` is always there, a
/// patch is `{yaml, source}` with the text itself, paths are absolute.
public final class SpecJson {
  private SpecJson() {}

  public static ObjectNode toJson(ClusterSpec spec) {
    ObjectNode json = Json.object();
    json.put("apiVersion", SpecSchema.API_VERSION);
    json.put("kind", SpecSchema.KIND);
    ObjectNode metadata = json.putObject("metadata");
    metadata.put("name", spec.metadata().name());
    metadata.put("domain", spec.metadata().domain());
    metadata.put("organisation", spec.metadata().organisation());
    metadata.put("project", spec.metadata().project());
    put(metadata, "owner", spec.metadata().owner());
    map(metadata, "labels", spec.metadata().labels());
    var ttl = spec.lifetime().ttl();
    json.putObject("lifetime").put("ttl", ttl == null ? "none" : Durations.format(ttl));
    json.putObject("versions")
        .put("talos", spec.versions().talos())
        .put("kubernetes", spec.versions().kubernetes());
    json.set("target", target(spec.target()));
    GitOps gitops = spec.gitops();
    if (gitops != null) {
      json.set("gitops", gitops(gitops));
    }
    list(json.putObject("sealing"), "recipients", spec.sealing().recipients());
    patches(json.putObject("machineConfig"), spec.machineConfigPatches());
    access(json, spec.access());
    Dns dns = spec.dns();
    if (dns != null) {
      json.set("dns", dns(dns));
    }
    tool(json, "storage", spec.storage());
    tool(json, "logging", spec.logging());
    secrets(json, spec.secrets());
    registry(json, spec.registry());
    String bundle = spec.trustBundle();
    if (bundle != null) {
      json.putObject("trust").put("bundle", bundle);
    }
    proxy(json, spec.proxy());
    return json;
  }

  private static ObjectNode target(Target target) {
    ObjectNode json = Json.object();
    json.put("provider", target.provider().word());
    json.put("kubespan", target.kubespan());
    json.put("delivery", target.delivery() == ClusterSpec.Delivery.USER_DATA ? "userData" : "api");
    settings(json, target.settings());
    json.set("network", network(target.network()));
    ObjectNode endpoint = json.putObject("endpoint");
    endpoint.put("scheme", target.endpoint().scheme());
    put(endpoint, "virtualAddress", target.endpoint().virtualAddress());
    put(endpoint, "host", target.endpoint().host());
    json.set("controlPlane", pool(target.controlPlane()));
    ArrayNode workers = json.putArray("workers");
    target.workers().forEach(worker -> workers.add(pool(worker)));
    return json;
  }

  private static void settings(ObjectNode json, ProviderSettings settings) {
    switch (settings) {
      case ProviderSettings.None _ -> {}
      case ProviderSettings.Aws aws -> {
        json.put("region", aws.region());
        list(json, "zones", aws.zones());
      }
      case ProviderSettings.Azure azure -> {
        json.put("subscription", azure.subscription());
        json.put("region", azure.region());
        list(json, "zones", azure.zones());
      }
      case ProviderSettings.Docker docker -> {
        ArrayNode ports = json.putArray("hostPorts");
        docker.hostPorts().forEach(ports::add);
      }
      case ProviderSettings.Vsphere vsphere -> {
        json.put("server", vsphere.server());
        json.set("credentials", login(vsphere.credentials()));
        json.put("datacenter", vsphere.datacenter());
        json.put("cluster", vsphere.cluster());
        json.put("datastore", vsphere.datastore());
        put(json, "folder", vsphere.folder());
        json.putObject("template")
            .put("library", vsphere.templateLibrary())
            .put("item", vsphere.templateItem());
        ProviderSettings.BigIp bigip = vsphere.bigip();
        if (bigip != null) {
          ObjectNode balancer = json.putObject("loadBalancer").putObject("bigip");
          balancer.put("address", bigip.address());
          balancer.put("partition", bigip.partition());
          balancer.put("virtualAddress", bigip.virtualAddress());
          balancer.set("credentials", login(bigip.credentials()));
        }
      }
    }
  }

  private static ObjectNode network(Network network) {
    ObjectNode json = Json.object();
    put(json, "cidr", network.cidr());
    json.put("podCidr", network.podCidr());
    json.put("serviceCidr", network.serviceCidr());
    list(json, "adminCidrs", network.adminCidrs());
    put(json, "name", network.name());
    put(json, "gateway", network.gateway());
    list(json, "nameservers", network.nameservers());
    ClusterSpec.Existing existing = network.existing();
    if (existing != null) {
      ObjectNode node = json.putObject("existing").put("network", existing.network());
      list(node, "subnets", existing.subnets());
    }
    return json;
  }

  private static ObjectNode pool(Pool pool) {
    ObjectNode json = Json.object();
    if (!pool.isControlPlane()) {
      json.put("name", pool.name());
    }
    json.put("count", pool.count());
    ArrayNode machines = json.putArray("machines");
    for (MachineAddress machine : pool.machines()) {
      ObjectNode node = machines.addObject().put("address", machine.address());
      put(node, "disk", machine.disk());
      put(node, "fingerprint", machine.fingerprint());
      put(node, "arch", machine.arch());
      ClusterSpec.Overlay overlay = machine.overlay();
      if (overlay != null) {
        node.putObject("overlay").put("name", overlay.name()).put("image", overlay.image());
      }
    }
    map(json, "labels", pool.labels());
    ArrayNode taints = json.putArray("taints");
    for (Taint taint : pool.taints()) {
      taints
          .addObject()
          .put("key", taint.key())
          .put("value", taint.value())
          .put("effect", taint.effect());
    }
    ClusterSpec.Gpu gpu = pool.gpu();
    if (gpu != null) {
      json.putObject("gpu").put("vendor", gpu.vendor()).put("count", gpu.count());
    }
    patches(json, pool.patches());
    list(json, "type", pool.types());
    put(json, "cpus", pool.cpus());
    put(json, "memoryGiB", pool.memoryGiB());
    list(json, "addresses", pool.addresses());
    if (pool.diskSizeGiB() != null) {
      put(json.putObject("disk"), "sizeGiB", pool.diskSizeGiB());
    } else {
      put(json, "disk", pool.diskDevice());
    }
    return json.put("arch", pool.arch());
  }

  private static ObjectNode gitops(GitOps gitops) {
    ObjectNode json = Json.object();
    json.put("url", gitops.url());
    json.put("branch", gitops.branch());
    json.put("path", gitops.path());
    secret(json, "token", gitops.token());
    secret(json, "sshKey", gitops.sshKey());
    put(json, "knownHosts", gitops.knownHosts());
    json.put("interval", Durations.format(gitops.interval()));
    secret(json, "decryption", gitops.decryption());
    return json;
  }

  private static void access(ObjectNode json, ClusterSpec.Access access) {
    Teleport teleport = access.teleport();
    Oidc oidc = access.oidc();
    ObjectNode node = json.putObject("access");
    if (teleport != null) {
      ObjectNode t = node.putObject("teleport").put("proxy", teleport.proxy());
      secret(t, "token", teleport.token());
      secret(t, "identity", teleport.identity());
      groups(t, teleport.groups());
    }
    if (oidc != null) {
      ObjectNode o = node.putObject("oidc").put("issuer", oidc.issuer());
      o.put("clientId", oidc.clientId()).put("groupsClaim", oidc.groupsClaim());
      groups(o, oidc.groups());
    }
  }

  private static void groups(ObjectNode json, Groups groups) {
    ObjectNode node = json.putObject("groups");
    list(node, "viewers", groups.viewers());
    list(node, "admins", groups.admins());
  }

  private static ObjectNode dns(Dns dns) {
    ObjectNode json = Json.object().put("provider", dns.provider());
    put(json, "zone", dns.zone());
    put(json, "resourceGroup", dns.resourceGroup());
    put(json, "server", dns.server());
    Tsig tsig = dns.tsig();
    if (tsig != null) {
      ObjectNode node = json.putObject("tsig");
      node.put("name", tsig.name()).put("algorithm", tsig.algorithm());
      secret(node, "secret", tsig.secret());
    }
    return json;
  }

  private static void tool(ObjectNode json, String key, @Nullable Tool tool) {
    if (tool != null) {
      ObjectNode node = json.putObject(key).put("tool", tool.tool());
      tool.options().forEach((name, value) -> node.set(name, plain(value)));
    }
  }

  /// The values of an option, by hand: Jackson's reflection costs more than the rest of the file.
  private static JsonNode plain(@Nullable Object value) {
    var nodes = Json.MAPPER.getNodeFactory();
    return switch (value) {
      case null -> nodes.nullNode();
      case String text -> nodes.textNode(text);
      case Boolean flag -> nodes.booleanNode(flag);
      case Integer n -> nodes.numberNode(n);
      case Long n -> nodes.numberNode(n);
      case Double n -> nodes.numberNode(n);
      case List<?> list -> {
        ArrayNode array = nodes.arrayNode();
        list.forEach(item -> array.add(plain(item)));
        yield array;
      }
      case Map<?, ?> map -> {
        ObjectNode object = nodes.objectNode();
        map.forEach((k, v) -> object.set(String.valueOf(k), plain(v)));
        yield object;
      }
      case BigDecimal n -> nodes.numberNode(n.doubleValue());
      default -> throw new IllegalArgumentException("no option is a " + value.getClass());
    };
  }

  private static void secrets(ObjectNode json, @Nullable Secrets secrets) {
    if (secrets != null) {
      ObjectNode node = json.putObject("secrets").put("provider", secrets.provider());
      put(node, "address", secrets.address());
      put(node, "path", secrets.path());
      put(node, "vault", secrets.vault());
    }
  }

  private static void registry(ObjectNode json, @Nullable Registry registry) {
    if (registry != null) {
      ObjectNode node = json.putObject("registry");
      put(node, "host", registry.host());
      Credential credentials = registry.credentials();
      if (credentials != null) {
        node.set("credentials", login(credentials));
      }
      map(node, "mirrors", registry.mirrors());
    }
  }

  private static void proxy(ObjectNode json, @Nullable Proxy proxy) {
    if (proxy != null) {
      ObjectNode node = json.putObject("proxy");
      put(node, "http", proxy.http());
      put(node, "https", proxy.https());
      list(node, "no", proxy.no());
    }
  }

  /// A reference in the file's shape.
  public static ObjectNode secret(SecretRef ref) {
    ObjectNode json = Json.object();
    switch (ref) {
      case SecretRef.Env env -> json.put("env", env.name());
      case SecretRef.File file -> json.put("file", file.path());
      case SecretRef.Exec exec -> list(json, "exec", exec.argv());
      case SecretRef.Vault vault ->
          json.putObject("vault").put("path", vault.path()).put("key", vault.key());
      case SecretRef.AwsSecretsManager aws -> json.put("awsSecretsManager", aws.name());
      case SecretRef.AzureKeyVault azure ->
          json.putObject("azureKeyVault").put("vault", azure.vault()).put("name", azure.name());
    }
    return json;
  }

  /// A credential in the file's shape.
  public static ObjectNode login(Credential credential) {
    return switch (credential) {
      case Credential.Pair pair -> {
        ObjectNode json = Json.object();
        json.set("username", secret(pair.username()));
        json.set("password", secret(pair.password()));
        yield json;
      }
      case Credential.JsonValue value -> secret(value.ref());
      case Credential.VaultKeys keys -> {
        ObjectNode json = Json.object();
        json.putObject("vault")
            .put("path", keys.path())
            .put("usernameKey", keys.usernameKey())
            .put("passwordKey", keys.passwordKey());
        yield json;
      }
    };
  }

  private static void patches(ObjectNode json, List<Patch> patches) {
    ArrayNode array = json.putArray("patches");
    for (Patch patch : patches) {
      array.addObject().put("yaml", patch.yaml()).put("source", patch.source());
    }
  }

  private static void secret(ObjectNode json, String key, @Nullable SecretRef ref) {
    if (ref != null) {
      json.set(key, secret(ref));
    }
  }

  private static void put(ObjectNode json, String key, @Nullable String value) {
    if (value != null) {
      json.put(key, value);
    }
  }

  private static void put(ObjectNode json, String key, @Nullable Integer value) {
    if (value != null) {
      json.put(key, value);
    }
  }

  private static void list(ObjectNode json, String key, List<String> values) {
    ArrayNode array = json.putArray(key);
    values.forEach(array::add);
  }

  private static void map(ObjectNode json, String key, Map<String, String> values) {
    ObjectNode object = json.putObject(key);
    values.forEach(object::put);
  }

  /// The spec of a record.
  /// - Errors: `IllegalArgumentException` when the JSON is not what [#toJson] writes; the state
  ///   store reports that as a corrupt record.
  public static ClusterSpec fromJson(ObjectNode json) {
    return SpecFromJson.read(json);
  }
}
