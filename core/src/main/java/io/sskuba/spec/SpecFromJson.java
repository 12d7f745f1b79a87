package io.sskuba.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.spec.ClusterSpec.Access;
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
import io.sskuba.spec.ClusterSpec.Patch;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The way back of [SpecJson#toJson]. Keys that an older release did not write keep the meaning
/// that they had then: absent.
final class SpecFromJson {
  private SpecFromJson() {}

  static ClusterSpec read(ObjectNode json) {
    if (!SpecSchema.API_VERSION.equals(json.path("apiVersion").asText())) {
      throw new IllegalArgumentException("apiVersion is not " + SpecSchema.API_VERSION);
    }
    JsonNode metadata = json.path("metadata");
    return new ClusterSpec(
        new Metadata(
            needed(metadata, "name"),
            needed(metadata, "domain"),
            needed(metadata, "organisation"),
            needed(metadata, "project"),
            text(metadata, "owner"),
            map(metadata, "labels")),
        lifetime(json.path("lifetime")),
        new Versions(
            needed(json.path("versions"), "talos"), needed(json.path("versions"), "kubernetes")),
        target(json.path("target")),
        object(json, "gitops", SpecFromJson::gitops),
        new Sealing(texts(json.path("sealing"), "recipients")),
        patches(json.path("machineConfig")),
        new Access(
            object(json.path("access"), "teleport", SpecFromJson::teleport),
            object(json.path("access"), "oidc", SpecFromJson::oidc)),
        object(json, "dns", SpecFromJson::dns),
        object(json, "storage", SpecFromJson::tool),
        object(json, "logging", SpecFromJson::tool),
        object(
            json,
            "secrets",
            s ->
                new Secrets(
                    needed(s, "provider"), text(s, "address"), text(s, "path"), text(s, "vault"))),
        object(
            json,
            "registry",
            r ->
                new Registry(
                    text(r, "host"),
                    object(r, "credentials", SpecFromJson::login),
                    map(r, "mirrors"))),
        text(json.path("trust"), "bundle"),
        object(json, "proxy", p -> new Proxy(text(p, "http"), text(p, "https"), texts(p, "no"))));
  }

  private static Lifetime lifetime(JsonNode lifetime) {
    String ttl = needed(lifetime, "ttl");
    return new Lifetime(ttl.equals("none") ? null : duration(ttl));
  }

  private static Duration duration(String text) {
    return Durations.parse(text)
        .orElseThrow(() -> new IllegalArgumentException("not a duration: " + text));
  }

  private static Target target(JsonNode target) {
    Provider provider = Provider.valueOf(needed(target, "provider").toUpperCase(Locale.ROOT));
    List<Pool> workers = new ArrayList<>();
    for (JsonNode worker : target.path("workers")) {
      workers.add(pool(needed(worker, "name"), worker));
    }
    JsonNode endpoint = target.path("endpoint");
    return new Target(
        provider,
        pool(Pool.CONTROL_PLANE, target.path("controlPlane")),
        workers,
        target.path("kubespan").asBoolean(false),
        "userData".equals(text(target, "delivery"))
            ? ClusterSpec.Delivery.USER_DATA
            : ClusterSpec.Delivery.API,
        network(target.path("network")),
        new Endpoint(
            needed(endpoint, "scheme"), text(endpoint, "virtualAddress"), text(endpoint, "host")),
        settings(provider, target));
  }

  private static ProviderSettings settings(Provider provider, JsonNode target) {
    return switch (provider) {
      case LOCAL, METAL -> new ProviderSettings.None();
      case DOCKER -> {
        List<Integer> ports = new ArrayList<>();
        target.path("hostPorts").forEach(port -> ports.add(port.asInt()));
        yield new ProviderSettings.Docker(ports);
      }
      case AWS -> new ProviderSettings.Aws(needed(target, "region"), texts(target, "zones"));
      case AZURE ->
          new ProviderSettings.Azure(
              needed(target, "subscription"), needed(target, "region"), texts(target, "zones"));
      case VSPHERE ->
          new ProviderSettings.Vsphere(
              needed(target, "server"),
              login(target.path("credentials")),
              needed(target, "datacenter"),
              needed(target, "cluster"),
              needed(target, "datastore"),
              text(target, "folder"),
              needed(target.path("template"), "library"),
              needed(target.path("template"), "item"),
              object(
                  target.path("loadBalancer"),
                  "bigip",
                  b ->
                      new ProviderSettings.BigIp(
                          needed(b, "address"),
                          needed(b, "partition"),
                          needed(b, "virtualAddress"),
                          login(b.path("credentials")))));
    };
  }

  private static Network network(JsonNode network) {
    return new Network(
        text(network, "cidr"),
        needed(network, "podCidr"),
        needed(network, "serviceCidr"),
        texts(network, "adminCidrs"),
        text(network, "name"),
        text(network, "gateway"),
        texts(network, "nameservers"),
        object(network, "existing", e -> new Existing(needed(e, "network"), texts(e, "subnets"))));
  }

  private static Pool pool(String name, JsonNode pool) {
    List<MachineAddress> machines = new ArrayList<>();
    for (JsonNode machine : pool.path("machines")) {
      machines.add(
          new MachineAddress(
              needed(machine, "address"),
              text(machine, "disk"),
              text(machine, "fingerprint"),
              text(machine, "arch"),
              object(machine, "overlay", o -> new Overlay(needed(o, "name"), needed(o, "image")))));
    }
    List<Taint> taints = new ArrayList<>();
    for (JsonNode taint : pool.path("taints")) {
      taints.add(new Taint(needed(taint, "key"), needed(taint, "value"), needed(taint, "effect")));
    }
    JsonNode disk = pool.path("disk");
    return new Pool(
        name,
        pool.path("count").asInt(0),
        machines,
        map(pool, "labels"),
        taints,
        object(pool, "gpu", g -> new Gpu(needed(g, "vendor"), g.path("count").asInt(1))),
        patches(pool),
        texts(pool, "type"),
        whole(pool, "cpus"),
        whole(pool, "memoryGiB"),
        texts(pool, "addresses"),
        disk.isObject() ? whole(disk, "sizeGiB") : null,
        disk.isTextual() ? disk.asText() : null,
        needed(pool, "arch"));
  }

  private static GitOps gitops(JsonNode gitops) {
    return new GitOps(
        needed(gitops, "url"),
        needed(gitops, "branch"),
        needed(gitops, "path"),
        object(gitops, "token", SpecFromJson::secret),
        object(gitops, "sshKey", SpecFromJson::secret),
        text(gitops, "knownHosts"),
        duration(needed(gitops, "interval")),
        object(gitops, "decryption", SpecFromJson::secret));
  }

  private static Teleport teleport(JsonNode teleport) {
    return new Teleport(
        needed(teleport, "proxy"),
        object(teleport, "token", SpecFromJson::secret),
        object(teleport, "identity", SpecFromJson::secret),
        groups(teleport));
  }

  private static Oidc oidc(JsonNode oidc) {
    return new Oidc(
        needed(oidc, "issuer"),
        needed(oidc, "clientId"),
        needed(oidc, "groupsClaim"),
        groups(oidc));
  }

  private static Groups groups(JsonNode json) {
    JsonNode groups = json.path("groups");
    return new Groups(texts(groups, "viewers"), texts(groups, "admins"));
  }

  private static Dns dns(JsonNode dns) {
    return new Dns(
        needed(dns, "provider"),
        text(dns, "zone"),
        text(dns, "resourceGroup"),
        text(dns, "server"),
        object(
            dns,
            "tsig",
            t -> new Tsig(needed(t, "name"), needed(t, "algorithm"), secret(t.path("secret")))));
  }

  private static Tool tool(JsonNode tool) {
    Map<String, Object> options = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : tool.properties()) {
      Object value = plain(entry.getValue());
      if (!entry.getKey().equals("tool") && value != null) {
        options.put(entry.getKey(), value);
      }
    }
    return new Tool(needed(tool, "tool"), options);
  }

  private static @Nullable Object plain(JsonNode node) {
    if (node.isObject()) {
      Map<String, @Nullable Object> map = new LinkedHashMap<>();
      node.properties().forEach(e -> map.put(e.getKey(), plain(e.getValue())));
      return map;
    }
    if (node.isArray()) {
      List<@Nullable Object> list = new ArrayList<>();
      node.forEach(item -> list.add(plain(item)));
      return list;
    }
    if (node.isNumber()) {
      return node.numberValue();
    }
    if (node.isBoolean()) {
      return node.booleanValue();
    }
    return node.isNull() ? null : node.asText();
  }

  private static List<Patch> patches(JsonNode json) {
    List<Patch> patches = new ArrayList<>();
    for (JsonNode patch : json.path("patches")) {
      patches.add(new Patch(needed(patch, "yaml"), needed(patch, "source")));
    }
    return patches;
  }

  private static SecretRef secret(JsonNode ref) {
    if (ref.has("env")) {
      return new SecretRef.Env(needed(ref, "env"));
    }
    if (ref.has("file")) {
      return new SecretRef.File(needed(ref, "file"));
    }
    if (ref.has("exec")) {
      return new SecretRef.Exec(texts(ref, "exec"));
    }
    if (ref.has("vault")) {
      return new SecretRef.Vault(
          needed(ref.path("vault"), "path"), needed(ref.path("vault"), "key"));
    }
    if (ref.has("awsSecretsManager")) {
      return new SecretRef.AwsSecretsManager(needed(ref, "awsSecretsManager"));
    }
    JsonNode azure = ref.path("azureKeyVault");
    return new SecretRef.AzureKeyVault(needed(azure, "vault"), needed(azure, "name"));
  }

  private static Credential login(JsonNode login) {
    if (login.has("username")) {
      return new Credential.Pair(secret(login.path("username")), secret(login.path("password")));
    }
    JsonNode vault = login.path("vault");
    if (vault.has("usernameKey")) {
      return new Credential.VaultKeys(
          needed(vault, "path"), needed(vault, "usernameKey"), needed(vault, "passwordKey"));
    }
    return new Credential.JsonValue(secret(login));
  }

  private static <T> @Nullable T object(JsonNode json, String key, Function<JsonNode, T> reader) {
    JsonNode node = json.path(key);
    return node.isObject() ? reader.apply(node) : null;
  }

  private static @Nullable String text(JsonNode json, String key) {
    JsonNode node = json.path(key);
    return node.isTextual() ? node.asText() : null;
  }

  private static String needed(JsonNode json, String key) {
    String text = text(json, key);
    if (text == null) {
      throw new IllegalArgumentException("the spec of the record lacks " + key);
    }
    return text;
  }

  private static @Nullable Integer whole(JsonNode json, String key) {
    JsonNode node = json.path(key);
    return node.isInt() ? node.asInt() : null;
  }

  private static List<String> texts(JsonNode json, String key) {
    List<String> texts = new ArrayList<>();
    json.path(key).forEach(item -> texts.add(item.asText()));
    return texts;
  }

  private static Map<String, String> map(JsonNode json, String key) {
    Map<String, String> map = new LinkedHashMap<>();
    json.path(key).properties().forEach(e -> map.put(e.getKey(), e.getValue().asText()));
    return map;
  }
}
