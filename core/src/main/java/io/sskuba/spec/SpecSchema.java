package io.sskuba.spec;

import static io.sskuba.spec.ClusterSpec.Provider.AWS;
import static io.sskuba.spec.ClusterSpec.Provider.AZURE;
import static io.sskuba.spec.ClusterSpec.Provider.DOCKER;
import static io.sskuba.spec.ClusterSpec.Provider.METAL;
import static io.sskuba.spec.ClusterSpec.Provider.VSPHERE;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;

/// The one description of the cluster file: every key, what it holds, where it is allowed, its
/// default and what it means. The reader, `explain` and the JSON Schema are driven by it.
final class SpecSchema {
  static final String API_VERSION = "sskuba.io/v1alpha1";
  static final String KIND = "Cluster";
  static final int POOLS_MAX = 100;
  static final int MACHINES_MAX = 1000;
  private static final int LIST_MAX = 100;
  private static final int LABELS_MAX = 50;

  private static final SpecKey PATCHES =
      SpecKey.of(
          "patches",
          new Shape.Patches(LIST_MAX),
          "Talos strategic-merge patches for these machines: each a mapping, or the path of a file"
              + " relative to the cluster file.");

  private static final SpecKey GROUPS =
      fields(
          "groups",
          "Which groups of the identity provider may do what in the cluster.",
          list("viewers", Form.LINE, "Groups that may read everything but secrets."),
          list("admins", Form.LINE, "Groups that may do everything."));

  static final Shape.Fields ROOT =
      new Shape.Fields(
          List.of(
              word("apiVersion", "The version of this file's format.", API_VERSION).needed(),
              word("kind", "What the file describes.", KIND).needed(),
              metadata(),
              fields(
                  "lifetime",
                  "How long the cluster lives.",
                  text(
                          "ttl",
                          Form.TTL,
                          "When the cluster ends, counted from apply: recorded at once as an"
                              + " instant, shown everywhere and stamped on every resource.")
                      .fallback("8h on local and docker and for rehearsals, else none")),
              fields(
                  "versions",
                  "Which Talos and Kubernetes the machines run. Each Talos release supports six"
                      + " Kubernetes minor releases.",
                  text("talos", Form.VERSION, "The Talos version.").fallback(Defaults.TALOS),
                  text("kubernetes", Form.VERSION, "The Kubernetes version.")
                      .fallback(Defaults.KUBERNETES)),
              target(),
              gitops(),
              fields(
                  "sealing",
                  "Who can open the cluster's sealed secrets besides the user who made it.",
                  list(
                      "recipients",
                      Form.RECIPIENT,
                      "Public keys or key services: age1…, ssh-ed25519 …, awskms:ARN,"
                          + " azurekv:KEY-URL, vaulttransit:KEY.")),
              fields(
                  "machineConfig", "Changes to the Talos configuration of all machines.", PATCHES),
              access(),
              dns(),
              tool("storage", "The storage driver."),
              tool("logging", "Where logs and audit events go."),
              secrets(),
              registry(),
              fields(
                  "trust",
                  "Whom the cluster trusts besides the public certificate authorities.",
                  text(
                      "bundle",
                      Form.FILE_PATH,
                      "A PEM file with the organisation's CA certificates, for machines, pods and"
                          + " sskuba's own calls.")),
              fields(
                  "proxy",
                  "The organisation's egress proxy, for machines, pods and sskuba's own calls.",
                  text("http", Form.HTTP_URL, "Proxy for http."),
                  text("https", Form.HTTP_URL, "Proxy for https."),
                  list("no", Form.NO_PROXY, "Hosts, domains and networks reached directly.")),
              SpecKey.of(
                  "toolkits", new Shape.Reserved(), "Reserved: an error until it is specified.")));

  private SpecSchema() {}

  private static SpecKey metadata() {
    return fields(
            "metadata",
            "What the cluster is called and whose it is.",
            text("name", Form.DNS_LABEL, "The cluster's name, unique per state URL.").needed(),
            text(
                    "domain",
                    Form.DOMAIN,
                    "The hosted zone's domain. The cluster's full name is NAME.DOMAIN.")
                .needed(),
            text("organisation", Form.ORGANISATION, "The Pulumi organisation of the stack.")
                .fallback(Defaults.ORGANISATION),
            text("project", Form.ORGANISATION, "The Pulumi project of the stack.")
                .fallback(Defaults.PROJECT),
            text("owner", Form.LINE, "Who answers for the cluster: a tag on every resource."),
            SpecKey.of(
                "labels",
                new Shape.TextMap(Form.TAG_KEY, Form.TAG_VALUE, LABELS_MAX),
                "Further tags on every resource."))
        .needed();
  }

  private static SpecKey target() {
    List<SpecKey> keys = new ArrayList<>();
    keys.add(
        word(
                "provider",
                "Where the cluster runs.",
                "local",
                "docker",
                "metal",
                "aws",
                "azure",
                "vsphere")
            .needed());
    keys.add(controlPlane());
    keys.add(workers());
    keys.add(
        SpecKey.of(
                "kubespan",
                new Shape.Flag(),
                "Whether the machines talk through Talos's WireGuard mesh.")
            .fallback("false"));
    keys.add(
        word(
                "delivery",
                "How machine configs reach the machines: through the Talos API, or as the"
                    + " platform's user data.",
                "api",
                "userData")
            .fallback("api"));
    keys.add(network());
    keys.add(
        fields(
            "endpoint",
            "Where the Kubernetes API is reached.",
            word(
                    "scheme",
                    "Whether the endpoint is reachable from outside the network.",
                    "public",
                    "internal")
                .fallback("public on aws and azure, else internal"),
            text(
                    "virtualAddress",
                    Form.ADDRESS,
                    "An address that the control planes share by themselves.")
                .on(METAL, VSPHERE),
            text("host", Form.HOST, "A load balancer or name that you provide.")));
    keys.addAll(clouds());
    keys.addAll(vsphere());
    keys.add(
        SpecKey.of(
                "hostPorts",
                new Shape.WholeList(1, 65_535, LIST_MAX),
                "Ports of this machine that lead to the same ports of the cluster.")
            .on(DOCKER));
    return SpecKey.of(
            "target", new Shape.Fields(keys), "Where the cluster runs and what machines it has.")
        .needed();
  }

  private static List<SpecKey> clouds() {
    return List.of(
        text("region", Form.LINE, "The cloud's region.").on(AWS, AZURE).neededOn(AWS, AZURE),
        list("zones", Form.ZONE, "Availability zones that the machines are spread over.")
            .on(AWS, AZURE)
            .fallback("the provider's choice"),
        text("subscription", Form.UUID, "The Azure subscription.").on(AZURE).neededOn(AZURE));
  }

  private static List<SpecKey> vsphere() {
    SpecKey bigip =
        fields(
            "bigip",
            "An F5 BIG-IP in front of the Kubernetes API.",
            text("address", Form.HOST_PORT, "Its management address.").needed(),
            text("partition", Form.NAME, "The partition that holds our objects.").needed(),
            text("virtualAddress", Form.ADDRESS, "The address of the virtual server.").needed(),
            login("credentials", "Its user name and password.").needed());
    return List.of(
        text("server", Form.HOST_PORT, "The vCenter server.").on(VSPHERE).neededOn(VSPHERE),
        login("credentials", "vCenter's user name and password.").on(VSPHERE).neededOn(VSPHERE),
        text("datacenter", Form.NAME, "The datacenter.").on(VSPHERE).neededOn(VSPHERE),
        text("cluster", Form.NAME, "The compute cluster.").on(VSPHERE).neededOn(VSPHERE),
        text("datastore", Form.NAME, "The datastore of the disks.").on(VSPHERE).neededOn(VSPHERE),
        text("folder", Form.NAME, "The folder of the virtual machines.").on(VSPHERE),
        fields(
                "template",
                "The content library item that holds Talos.",
                text("library", Form.NAME, "The content library.").needed(),
                text("item", Form.NAME, "The item.").needed())
            .on(VSPHERE)
            .neededOn(VSPHERE),
        fields("loadBalancer", "The load balancer of the Kubernetes API.", bigip).on(VSPHERE));
  }

  private static SpecKey controlPlane() {
    List<SpecKey> keys = new ArrayList<>();
    keys.add(
        SpecKey.of(
            "count",
            new Shape.Whole(1, 5, List.of(1, 3, 5)),
            "How many control planes: 1, 3 or 5. Either this or machines."));
    keys.addAll(machineKeys());
    keys.add(PATCHES);
    return SpecKey.of("controlPlane", new Shape.Fields(keys), "The control-plane machines.")
        .needed();
  }

  private static SpecKey workers() {
    List<SpecKey> keys = new ArrayList<>();
    keys.add(text("name", Form.DNS_LABEL, "The pool's name, unique in the cluster.").needed());
    keys.add(
        SpecKey.of(
            "count",
            new Shape.Whole(0, 1000, List.of()),
            "How many machines the target makes for this pool."));
    keys.add(
        SpecKey.of(
            "labels",
            new Shape.TextMap(Form.LABEL_KEY, Form.LABEL_VALUE, LABELS_MAX),
            "Labels of the pool's nodes."));
    keys.add(
        list(
            "taints",
            "Taints of the pool's nodes.",
            LIST_MAX,
            text("key", Form.LABEL_KEY, "The taint's key.").needed(),
            text("value", Form.LABEL_VALUE, "The taint's value.").fallback("empty"),
            word(
                    "effect",
                    "What it does to pods that do not tolerate it.",
                    "NoSchedule",
                    "PreferNoSchedule",
                    "NoExecute")
                .needed()));
    keys.add(
        fields(
            "gpu",
            "The GPUs of each machine.",
            word("vendor", "Who made them.", "nvidia").needed(),
            SpecKey.of("count", new Shape.Whole(1, 16, List.of()), "How many in each machine.")
                .fallback("1")));
    keys.addAll(machineKeys());
    keys.add(PATCHES);
    return SpecKey.of(
            "workers",
            new Shape.FieldsList(new Shape.Fields(keys), POOLS_MAX),
            "Pools of worker machines. With no worker at all the control plane takes workloads.")
        .fallback("none");
  }

  private static List<SpecKey> machineKeys() {
    SpecKey arch =
        word("arch", "The machines' architecture.", "amd64", "arm64").fallback(Defaults.ARCH);
    return List.of(
        SpecKey.of(
                "type",
                new Shape.TextList(Form.MACHINE_TYPE, 1, 20, true),
                "The machine type, or a list that is tried in order.")
            .on(AWS, AZURE)
            .fallback(
                "a general-purpose type with 4 CPUs and 16 GiB, for GPU pools one with a GPU"),
        SpecKey.of("cpus", new Shape.Whole(1, 256, List.of()), "CPUs of each machine.")
            .on(VSPHERE)
            .fallback("4"),
        SpecKey.of("memoryGiB", new Shape.Whole(2, 4096, List.of()), "Memory of each machine.")
            .on(VSPHERE)
            .fallback("8"),
        SpecKey.of(
                "addresses",
                new Shape.TextList(Form.ADDRESS, 0, MACHINES_MAX, false),
                "The machines' addresses, one for each; without it they use DHCP.")
            .on(VSPHERE),
        SpecKey.of(
            "disk",
            new Shape.Disk(
                new Shape.Fields(
                    List.of(
                        SpecKey.of(
                                "sizeGiB",
                                new Shape.Whole(10, 65_536, List.of()),
                                "Size of the system disk.")
                            .needed()))),
            "The system disk: {sizeGiB: N}, or on metal the device that Talos is installed to."),
        arch,
        list(
            "machines",
            "Machines that are already there, in Talos's maintenance mode.",
            MACHINES_MAX,
            text("address", Form.HOST, "Where the machine answers.").needed(),
            text("disk", Form.DEVICE, "The device that Talos is installed to."),
            text(
                "fingerprint",
                Form.FINGERPRINT,
                "The maintenance certificate's fingerprint, as talosctl apply-config"
                    + " --cert-fingerprint takes it."),
            word("arch", "This machine's architecture.", "amd64", "arm64").fallback("the pool's"),
            fields(
                "overlay",
                "The overlay that a single-board computer needs.",
                text("name", Form.NAME, "The overlay's name.").needed(),
                text("image", Form.IMAGE, "The overlay's image.").needed())));
  }

  private static SpecKey network() {
    return fields(
        "network",
        "The networks of machines, pods and services. None may overlap another.",
        text("cidr", Form.CIDR, "The machines' network.")
            .fallback(Defaults.CLOUD_CIDR + " on aws and azure; local and docker allot a free one"),
        text("podCidr", Form.CIDR, "The pods' network.").fallback(Defaults.POD_CIDR),
        text("serviceCidr", Form.CIDR, "The services' network.").fallback(Defaults.SERVICE_CIDR),
        list("adminCidrs", Form.CIDR, "Networks that may reach the Kubernetes and Talos APIs."),
        text("name", Form.NAME, "The port group or segment.").on(VSPHERE),
        text("gateway", Form.ADDRESS, "The gateway of machines with fixed addresses.").on(VSPHERE),
        list("nameservers", Form.ADDRESS, "Name servers of machines with fixed addresses.")
            .on(VSPHERE),
        fields(
                "existing",
                "A VPC or VNet that a landing zone provides; nothing in it that sskuba did not make"
                    + " is touched.",
                text("network", Form.LINE, "Its id.").needed(),
                list("subnets", Form.LINE, "The ids of the subnets to use.").needed())
            .on(AWS, AZURE));
  }

  private static SpecKey gitops() {
    return fields(
            "gitops",
            "The git repository that says what runs in the cluster.",
            text("url", Form.GIT_URL, "https, ssh, or a folder that the cluster serves.").needed(),
            text("branch", Form.GIT_BRANCH, "The branch.").fallback(Defaults.BRANCH),
            text("path", Form.REPOSITORY_PATH, "The cluster's folder in the repository.")
                .fallback("clusters/NAME"),
            secret("token", "The access token for https."),
            secret("sshKey", "The private key for ssh; needs knownHosts."),
            text("knownHosts", Form.FILE_PATH, "The path of a known_hosts file for ssh."),
            text("interval", Form.DURATION, "How often the repository is looked at.")
                .fallback(Defaults.INTERVAL),
            secret("decryption", "The team's own SOPS age key."))
        .neededOn(AWS, AZURE, VSPHERE);
  }

  private static SpecKey access() {
    return fields(
        "access",
        "How people reach the cluster.",
        fields(
            "teleport",
            "Access through Teleport.",
            text("proxy", Form.HOST_PORT, "The Teleport proxy.").needed(),
            secret("token", "The join token."),
            secret("identity", "An identity file that may make join tokens."),
            GROUPS),
        fields(
            "oidc",
            "Access with tokens of an OpenID Connect issuer.",
            text("issuer", Form.HTTPS_URL, "The issuer's URL.").needed(),
            text("clientId", Form.LINE, "The client id that tokens are made for.").needed(),
            text("groupsClaim", Form.LINE, "The claim that holds the groups.")
                .fallback(Defaults.GROUPS_CLAIM),
            GROUPS));
  }

  private static SpecKey dns() {
    return fields(
        "dns",
        "Who publishes the cluster's names.",
        word("provider", "The DNS service.", "route53", "azureDns", "rfc2136", "none").needed(),
        text("zone", Form.DOMAIN, "The zone.").fallback("metadata.domain"),
        text("resourceGroup", Form.NAME, "The zone's resource group; azureDns needs it."),
        text("server", Form.HOST_PORT, "The server that takes updates; rfc2136 needs it."),
        fields(
            "tsig",
            "The key that signs updates for rfc2136.",
            text("name", Form.TSIG_NAME, "The key's name.").needed(),
            word(
                    "algorithm",
                    "The key's algorithm.",
                    "hmac-sha224",
                    "hmac-sha256",
                    "hmac-sha384",
                    "hmac-sha512")
                .fallback(Defaults.TSIG_ALGORITHM),
            secret("secret", "The key, in base64.").needed()));
  }

  private static SpecKey secrets() {
    return fields(
        "secrets",
        "The secret store that the cluster's workloads read from.",
        word("provider", "The store.", "awsSecretsManager", "azureKeyVault", "vault", "none")
            .needed(),
        text("address", Form.HTTP_URL, "Vault's address; vault needs it."),
        text("path", Form.SECRET_PATH, "The path below which the cluster's secrets are."),
        text("vault", Form.NAME, "The key vault's name; azureKeyVault needs it."));
  }

  private static SpecKey registry() {
    return fields(
        "registry",
        "Where images come from.",
        text("host", Form.HOST_PORT, "The team's registry."),
        login("credentials", "Its user name and password."),
        SpecKey.of(
            "mirrors",
            new Shape.TextMap(Form.HOST_PORT, Form.HTTP_URL, LIST_MAX),
            "Mirrors: registry host to the URL that is asked instead."));
  }

  private static SpecKey text(String name, Form form, String doc) {
    return SpecKey.of(name, new Shape.Text(form), doc);
  }

  private static SpecKey word(String name, String doc, String... words) {
    return SpecKey.of(name, new Shape.Word(List.of(words)), doc);
  }

  private static SpecKey list(String name, Form form, String doc) {
    return SpecKey.of(name, new Shape.TextList(form, 0, LIST_MAX, false), doc);
  }

  private static SpecKey list(String name, String doc, int sizeMax, SpecKey... keys) {
    return SpecKey.of(
        name, new Shape.FieldsList(new Shape.Fields(Arrays.asList(keys)), sizeMax), doc);
  }

  private static SpecKey fields(String name, String doc, SpecKey... keys) {
    return SpecKey.of(name, new Shape.Fields(List.of(keys)), doc);
  }

  private static SpecKey secret(String name, String doc) {
    return SpecKey.of(name, new Shape.Secret(), doc);
  }

  private static SpecKey login(String name, String doc) {
    return SpecKey.of(name, new Shape.Login(), doc);
  }

  private static SpecKey tool(String name, String doc) {
    return SpecKey.of(
        name,
        new Shape.Options(
            text("tool", Form.TOOL_NAME, "Which one, by its name in the catalogue.").needed()),
        doc + " {tool: NAME, …}; further keys are the tool's options.");
  }

  /// Calls `visitor` with the path and the row of every key, parents first, in the file's order.
  static void walk(BiConsumer<String, SpecKey> visitor) {
    walk("", ROOT.keys(), visitor);
  }

  private static void walk(String prefix, List<SpecKey> keys, BiConsumer<String, SpecKey> visitor) {
    for (SpecKey key : keys) {
      String path = prefix + key.name();
      visitor.accept(path, key);
      walk(prefix + key.step() + ".", key.children(), visitor);
    }
  }
}
