package io.sskuba.spec;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A valid cluster file (contract, section 1), defaults filled in.
///
/// Only [SpecReader] makes one. Null means "the file does not say" where no default exists.
public record ClusterSpec(
    Metadata metadata,
    Lifetime lifetime,
    Versions versions,
    Target target,
    @Nullable GitOps gitops,
    Sealing sealing,
    List<Patch> machineConfigPatches,
    Access access,
    @Nullable Dns dns,
    @Nullable Tool storage,
    @Nullable Tool logging,
    @Nullable Secrets secrets,
    @Nullable Registry registry,
    @Nullable String trustBundle,
    @Nullable Proxy proxy) {

  public ClusterSpec {
    machineConfigPatches = List.copyOf(machineConfigPatches);
  }

  /// `NAME.DOMAIN`.
  public String fqdn() {
    return metadata.name() + "." + metadata.domain();
  }

  /// In the order of the keys, so that whatever is made from the map is the same bytes each time.
  private static Map<String, String> sorted(Map<String, String> map) {
    return Collections.unmodifiableMap(new TreeMap<>(map));
  }

  public record Metadata(
      String name,
      String domain,
      String organisation,
      String project,
      @Nullable String owner,
      Map<String, String> labels) {
    public Metadata {
      labels = sorted(labels);
    }
  }

  /// @param ttl null means `none`: the cluster never ends
  public record Lifetime(@Nullable Duration ttl) {}

  public record Versions(String talos, String kubernetes) {}

  public enum Provider {
    LOCAL,
    DOCKER,
    METAL,
    AWS,
    AZURE,
    VSPHERE;

    /// The word in the file: `local`, `aws`, …
    public String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  public enum Delivery {
    API,
    USER_DATA
  }

  public record Target(
      Provider provider,
      Pool controlPlane,
      List<Pool> workers,
      boolean kubespan,
      Delivery delivery,
      Network network,
      Endpoint endpoint,
      ProviderSettings settings) {
    public Target {
      workers = List.copyOf(workers);
    }

    /// With no worker machine at all the control plane takes workloads (contract, section 1).
    public boolean controlPlaneTakesWorkloads() {
      return workers.stream().allMatch(p -> p.size() == 0);
    }
  }

  /// One pool of like machines; the control plane is the pool named `control-plane`.
  ///
  /// @param count machines that the target makes, besides `machines`
  /// @param types instance types in order of preference; empty where the target has none
  /// @param diskDevice a device path on metal, null elsewhere
  public record Pool(
      String name,
      int count,
      List<MachineAddress> machines,
      Map<String, String> labels,
      List<Taint> taints,
      @Nullable Gpu gpu,
      List<Patch> patches,
      List<String> types,
      @Nullable Integer cpus,
      @Nullable Integer memoryGiB,
      List<String> addresses,
      @Nullable Integer diskSizeGiB,
      @Nullable String diskDevice,
      String arch) {
    public static final String CONTROL_PLANE = "control-plane";

    public Pool {
      machines = List.copyOf(machines);
      labels = sorted(labels);
      taints = List.copyOf(taints);
      patches = List.copyOf(patches);
      types = List.copyOf(types);
      addresses = List.copyOf(addresses);
    }

    /// Machines in all.
    public int size() {
      return count + machines.size();
    }

    public boolean isControlPlane() {
      return name.equals(CONTROL_PLANE);
    }
  }

  /// A machine that is already there.
  ///
  /// @param fingerprint base64 SHA-256 of the SPKI, as `talosctl apply-config --cert-fingerprint`
  ///   takes it
  public record MachineAddress(
      String address,
      @Nullable String disk,
      @Nullable String fingerprint,
      @Nullable String arch,
      @Nullable Overlay overlay) {}

  public record Overlay(String name, String image) {}

  public record Taint(String key, String value, String effect) {}

  public record Gpu(String vendor, int count) {}

  /// A Talos strategic-merge patch: YAML text, and where it came from for error messages.
  public record Patch(String yaml, String source) {}

  /// @param cidr null when the file does not say: local and docker allot one, on metal and vSphere
  ///   and in an existing VPC or VNet the network is there already
  public record Network(
      @Nullable String cidr,
      String podCidr,
      String serviceCidr,
      List<String> adminCidrs,
      @Nullable String name,
      @Nullable String gateway,
      List<String> nameservers,
      @Nullable Existing existing) {
    public Network {
      adminCidrs = List.copyOf(adminCidrs);
      nameservers = List.copyOf(nameservers);
    }
  }

  public record Existing(String network, List<String> subnets) {
    public Existing {
      subnets = List.copyOf(subnets);
    }
  }

  /// @param scheme `public` or `internal`
  public record Endpoint(String scheme, @Nullable String virtualAddress, @Nullable String host) {}

  /// The keys that only one provider has.
  public sealed interface ProviderSettings {
    record None() implements ProviderSettings {}

    record Aws(String region, List<String> zones) implements ProviderSettings {
      public Aws {
        zones = List.copyOf(zones);
      }
    }

    record Azure(String subscription, String region, List<String> zones)
        implements ProviderSettings {
      public Azure {
        zones = List.copyOf(zones);
      }
    }

    record Vsphere(
        String server,
        Credential credentials,
        String datacenter,
        String cluster,
        String datastore,
        @Nullable String folder,
        String templateLibrary,
        String templateItem,
        @Nullable BigIp bigip)
        implements ProviderSettings {}

    record BigIp(String address, String partition, String virtualAddress, Credential credentials) {}

    record Docker(List<Integer> hostPorts) implements ProviderSettings {
      public Docker {
        hostPorts = List.copyOf(hostPorts);
      }
    }
  }

  public record GitOps(
      String url,
      String branch,
      String path,
      @Nullable SecretRef token,
      @Nullable SecretRef sshKey,
      @Nullable String knownHosts,
      Duration interval,
      @Nullable SecretRef decryption) {}

  public record Sealing(List<String> recipients) {
    public Sealing {
      recipients = List.copyOf(recipients);
    }
  }

  public record Access(@Nullable Teleport teleport, @Nullable Oidc oidc) {}

  public record Groups(List<String> viewers, List<String> admins) {
    public Groups {
      viewers = List.copyOf(viewers);
      admins = List.copyOf(admins);
    }
  }

  public record Teleport(
      String proxy, @Nullable SecretRef token, @Nullable SecretRef identity, Groups groups) {}

  public record Oidc(String issuer, String clientId, String groupsClaim, Groups groups) {}

  /// @param provider `route53`, `azureDns`, `rfc2136` or `none`
  public record Dns(
      String provider,
      @Nullable String zone,
      @Nullable String resourceGroup,
      @Nullable String server,
      @Nullable Tsig tsig) {}

  public record Tsig(String name, String algorithm, SecretRef secret) {}

  /// `{tool: NAME, …}`: options are the remaining keys as they stand in the file, in its order:
  /// text, numbers, booleans, lists and maps of them, never null.
  public record Tool(String tool, Map<String, Object> options) {
    public Tool {
      options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
    }
  }

  /// @param provider `awsSecretsManager`, `azureKeyVault`, `vault` or `none`
  public record Secrets(
      String provider, @Nullable String address, @Nullable String path, @Nullable String vault) {}

  public record Registry(
      @Nullable String host, @Nullable Credential credentials, Map<String, String> mirrors) {
    public Registry {
      mirrors = sorted(mirrors);
    }
  }

  public record Proxy(@Nullable String http, @Nullable String https, List<String> no) {
    public Proxy {
      no = List.copyOf(no);
    }
  }
}
