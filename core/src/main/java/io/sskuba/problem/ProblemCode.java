package io.sskuba.problem;

/// Every failure that a user can see, with a stable id. `sskuba-ctl explain CODE` prints the text.
///
/// Ids are never reused. A test fails when a code lacks its explanation.
public enum ProblemCode {
  // general
  INTERNAL(
      "SSK-GEN-001",
      ProblemKind.INTERNAL,
      "A defect in sskuba. The trace is in the run's log; nothing is rolled back."),
  USAGE(
      "SSK-GEN-002",
      ProblemKind.USAGE,
      "The command line does not say something that can be done."),
  INTERRUPTED(
      "SSK-GEN-003",
      ProblemKind.PARKED,
      "The run stopped at a safe point because it was asked to. The same command goes on."),
  CONFIRMATION_NEEDED(
      "SSK-GEN-004",
      ProblemKind.USAGE,
      "The command removes or replaces something and nobody can be asked. Pass --yes."),
  RUN_DIED(
      "SSK-GEN-005",
      ProblemKind.PARKED,
      "The run that worked on this cluster ended without saying so: it was killed, or the machine"
          + " went down. Nothing is lost; the same command goes on where it stopped."),

  // cluster file
  SPEC_INVALID(
      "SSK-SPEC-001",
      ProblemKind.SPEC,
      "The cluster file breaks one or more rules; each is listed with file, line and column."),
  SPEC_UNREADABLE(
      "SSK-SPEC-002",
      ProblemKind.SPEC,
      "The cluster file cannot be read: missing, too large, not UTF-8, or not YAML."),
  SPEC_UNSUPPORTED(
      "SSK-SPEC-003",
      ProblemKind.SPEC,
      "The cluster file is valid, but asks for a target or version that cannot be provided here."),

  // what exists and may not be changed
  CHANGE_NEEDS_REPLACE(
      "SSK-PLAN-001",
      ProblemKind.DENIED,
      "Clusters are replaced, never patched. The change listed needs apply --replace."),
  PLAN_UNREADABLE(
      "SSK-PLAN-002",
      ProblemKind.DENIED,
      "The file given to apply --plan is no signed plan: cut short, larger than 16 MiB, or not what"
          + " plan --out writes. Where its JSON is broken, line and column are named."),
  PLAN_TAMPERED(
      "SSK-PLAN-003",
      ProblemKind.DENIED,
      "The plan is not as it was signed: something in it was changed, or its signature is none."
          + " Make it anew."),
  PLAN_SIGNER_UNKNOWN(
      "SSK-PLAN-004",
      ProblemKind.DENIED,
      "The plan's signature is right, but its key is neither the one beside your identity nor one"
          + " named by --plan-key. Compare the fingerprint with its maker's, then name the key."),
  PLAN_EXPIRED(
      "SSK-PLAN-005",
      ProblemKind.DENIED,
      "The plan's time is over. A run of it that has begun may still go on. Make it anew."),
  PLAN_FILE_CHANGED(
      "SSK-PLAN-006",
      ProblemKind.DENIED,
      "The signed plan was made of another cluster file, or of this one before it was changed. Each"
          + " difference is named with what it was and is."),
  PLAN_WORLD_CHANGED(
      "SSK-PLAN-007",
      ProblemKind.DENIED,
      "What exists is not what the signed plan was made against, so exactly that plan cannot be"
          + " carried out. Each resource and property is named; nothing was made. Look, and plan"
          + " anew."),

  // credentials and secrets
  SECRET_UNRESOLVED(
      "SSK-SEC-001", ProblemKind.CREDENTIAL, "A secret reference could not be resolved."),
  IDENTITY_MISSING(
      "SSK-SEC-002",
      ProblemKind.CREDENTIAL,
      "No identity and no recipient: nobody could open this cluster again."),
  IDENTITY_WRONG(
      "SSK-SEC-003",
      ProblemKind.CREDENTIAL,
      "None of the identities at hand opens these sealed secrets."),
  SEALED_CORRUPT("SSK-SEC-004", ProblemKind.CONFLICT, "A sealed file was changed or cut short."),
  IDENTITY_UNUSABLE(
      "SSK-SEC-005",
      ProblemKind.CREDENTIAL,
      "The identity cannot be used: others may read it, it is damaged, its passphrase does not fit,"
          + " or it is of a kind that there is not."),
  RUNTIME_UNSAFE(
      "SSK-SEC-006",
      ProblemKind.CREDENTIAL,
      "The folder for sockets and key material is not private to this user, or its path is too"
          + " long for a socket. SSKUBA_RUNTIME_DIR names another one."),
  KEY_SERVICE_DENIED(
      "SSK-SEC-007",
      ProblemKind.CREDENTIAL,
      "A key service or secret store does not let us use a key or read a value: no credentials,"
          + " expired ones, or no right. It is named, with the right that is needed."),
  KEY_SERVICE_UNREACHABLE(
      "SSK-SEC-008",
      ProblemKind.REMOTE,
      "A key service or secret store does not answer, or has no key of this name."),

  // state
  STATE_CORRUPT(
      "SSK-STATE-001",
      ProblemKind.CONFLICT,
      "A record or journal cannot be understood. It was left as it is."),
  STATE_NEWER(
      "SSK-STATE-002",
      ProblemKind.CONFLICT,
      "The state was written by a newer sskuba. Nothing was touched."),
  STATE_UNWRITABLE(
      "SSK-STATE-003",
      ProblemKind.REMOTE,
      "The state cannot be written: disk full, read-only or no permission."),
  LEASE_HELD("SSK-STATE-004", ProblemKind.CONFLICT, "Another run works on this cluster."),
  NAME_TAKEN(
      "SSK-STATE-005",
      ProblemKind.CONFLICT,
      "Another cluster under this state URL has this name or FQDN."),
  CLUSTER_UNKNOWN(
      "SSK-STATE-006", ProblemKind.USAGE, "No cluster of this name is known under this state URL."),
  STATE_URL_UNSUPPORTED("SSK-STATE-007", ProblemKind.USAGE, "This state URL cannot be used."),
  STATE_RACE(
      "SSK-STATE-008",
      ProblemKind.CONFLICT,
      "Another process changed the same part of the state at the same moment, and was first. What"
          + " it wrote stands; look at it and run the command again."),
  STATE_DENIED(
      "SSK-STATE-009",
      ProblemKind.CREDENTIAL,
      "The store of the state does not let us in: no credentials, expired ones, or no right to read"
          + " and write there."),
  STATE_UNREACHABLE(
      "SSK-STATE-010",
      ProblemKind.REMOTE,
      "The store of the state does not answer, or the bucket or container is not there. What was"
          + " written before is safe; the same command goes on."),

  // toolchain
  TOOL_MISSING(
      "SSK-TOOL-001",
      ProblemKind.REMOTE,
      "A program that is needed is neither here nor can be downloaded or built."),
  TOOL_BUILD_FAILED(
      "SSK-TOOL-003", ProblemKind.REMOTE, "Building a program from the Go module proxy failed."),
  CACHE_UNWRITABLE(
      "SSK-TOOL-004",
      ProblemKind.REMOTE,
      "The cache folder cannot be written: disk full, read-only or no permission. SSKUBA_CACHE_DIR"
          + " moves it; a full disk leaves no half file behind."),

  // infrastructure
  INFRA_FAILED(
      "SSK-INFRA-001", ProblemKind.REMOTE, "The infrastructure engine reported a failure."),
  INFRA_LOCKED(
      "SSK-INFRA-002", ProblemKind.CONFLICT, "The Pulumi stack is locked by a live process."),
  ADDRESS_IN_USE(
      "SSK-INFRA-003",
      ProblemKind.CONFLICT,
      "An address or port that the cluster needs is taken by another process."),
  HOST_DEAD(
      "SSK-INFRA-004",
      ProblemKind.REMOTE,
      "The host process of this cluster died. apply starts the same machines again."),
  PEER_DIED(
      "SSK-INFRA-005",
      ProblemKind.REMOTE,
      "A program that the cluster runs on exited; its last log lines are the cause."),
  INFRA_TIMED_OUT(
      "SSK-INFRA-006",
      ProblemKind.TIMEOUT,
      "The infrastructure engine did not end within its deadline. It was stopped; what it made is"
          + " in the state, and the same command goes on."),
  CLOUD_CREDENTIALS(
      "SSK-CLOUD-001",
      ProblemKind.CREDENTIAL,
      "The cloud does not accept the credentials, or no longer: they ran out. Sign in again; the"
          + " same command goes on."),
  CLOUD_DENIED(
      "SSK-CLOUD-002",
      ProblemKind.CREDENTIAL,
      "The credentials lack a permission; the provider's text names the action."),
  CLOUD_QUOTA(
      "SSK-CLOUD-003",
      ProblemKind.REMOTE,
      "A quota of the account is used up. Raise it, or ask for less; the same command goes on."),
  CLOUD_CAPACITY(
      "SSK-CLOUD-004",
      ProblemKind.REMOTE,
      "The cloud has no machine of this type left where it was asked for. Every type and zone that"
          + " the file allows was tried."),
  CLOUD_THROTTLED(
      "SSK-CLOUD-005",
      ProblemKind.REMOTE,
      "The cloud turned requests away for being too many, for longer than its provider retries."),
  CLOUD_UNASKED(
      "SSK-CLOUD-006",
      ProblemKind.REMOTE,
      "The real provider cannot be asked from here. plan --rehearse looks at a simulated one, and plan"
          + " --output yaml needs none."),
  CLOUD_NOT_OFFERED(
      "SSK-CLOUD-007",
      ProblemKind.REMOTE,
      "The cloud does not offer these types of machine in the zones that the file names. That is no"
          + " passing lack: name another type or other zones."),
  CLOUD_IMAGE_MISSING(
      "SSK-CLOUD-008",
      ProblemKind.REMOTE,
      "There is no Talos image of this version for these machines where the cluster shall be. image"
          + " ensure puts one into the account."),
  CLOUD_NAME_TAKEN(
      "SSK-CLOUD-009",
      ProblemKind.CONFLICT,
      "The account holds resources that bear the tags of another cluster with this FQDN. Delete that"
          + " one, by tag if its state is lost, or choose another name."),
  CLOUD_ADDRESSES(
      "SSK-CLOUD-010",
      ProblemKind.REMOTE,
      "The existing network has too few free addresses for the cluster's machines."),
  CLOUD_OVERLAP(
      "SSK-CLOUD-011",
      ProblemKind.CONFLICT,
      "The cluster's network has addresses that another network of the account has too. It can be"
          + " made, but the two can never be connected."),
  CLOUD_ADDRESS_TAKEN(
      "SSK-CLOUD-012",
      ProblemKind.CONFLICT,
      "An address that the file gives to the cluster answers to somebody else: a machine reports it,"
          + " or a virtual server listens there."),
  CLOUD_UNREGISTERED(
      "SSK-CLOUD-013",
      ProblemKind.REMOTE,
      "The subscription has not been registered for a kind of resource or a feature that the plan"
          + " needs. One command of its owner does it; it takes some minutes."),
  CREDENTIALS_ENDING(
      "SSK-CLOUD-020",
      ProblemKind.PARKED,
      "The credentials end before the next part of the run would be over, and do not renew"
          + " themselves. It stopped at a safe point; sign in again, as anybody who may work in the"
          + " account, and the same command goes on."),
  CLOUD_OTHER_ACCOUNT(
      "SSK-CLOUD-021",
      ProblemKind.CREDENTIAL,
      "The credentials are of another account than the one that the cluster is in. Nothing was"
          + " touched: there it would be made a second time, and all of it would seem gone."),
  CLUSTER_EXPIRED(
      "SSK-INFRA-007",
      ProblemKind.TIMEOUT,
      "The cluster's lifetime is over and it ended by itself. delete --expired takes what it left;"
          + " apply makes it anew."),

  PROVIDER_MISSING(
      "SSK-INFRA-008",
      ProblemKind.REMOTE,
      "The infrastructure engine needs a provider plugin that is not on this machine and could not be"
          + " downloaded. It comes from get.pulumi.com or github.com, once; with no way there, put it"
          + " into the engine's home by `pulumi plugin install --file`."),

  // Talos
  MACHINE_UNREACHABLE(
      "SSK-TALOS-001", ProblemKind.TIMEOUT, "A machine did not answer on the Talos API."),
  MACHINE_REFUSED("SSK-TALOS-002", ProblemKind.REMOTE, "A machine refused its configuration."),
  MACHINE_IDENTITY(
      "SSK-TALOS-003",
      ProblemKind.CREDENTIAL,
      "A machine's certificate is not the one that was announced."),
  ETCD_UNHEALTHY("SSK-TALOS-004", ProblemKind.TIMEOUT, "etcd did not become healthy."),
  MACHINE_TAKEN(
      "SSK-TALOS-005",
      ProblemKind.CONFLICT,
      "A machine that the file gives by address is not in maintenance mode: it belongs to another"
          + " cluster. Reset it, or take its address out of the file."),
  ETCD_LOST(
      "SSK-TALOS-006",
      ProblemKind.DENIED,
      "The cluster had data, and no control plane has it any more: their disks are new or wiped."
          + " Bootstrapping etcd again would make an empty cluster under the same name: delete it,"
          + " and apply the file again."),

  // Kubernetes
  KUBE_UNREACHABLE("SSK-KUBE-001", ProblemKind.TIMEOUT, "The Kubernetes API did not become ready."),
  NODES_NOT_READY("SSK-KUBE-002", ProblemKind.TIMEOUT, "Nodes did not become Ready."),
  KUBE_REFUSED("SSK-KUBE-003", ProblemKind.REMOTE, "The Kubernetes API refused a request."),
  DRAIN_TIMED_OUT(
      "SSK-KUBE-004", ProblemKind.TIMEOUT, "A node could not be drained within its deadline."),

  // DNS
  DNS_REFUSED(
      "SSK-DNS-001",
      ProblemKind.CREDENTIAL,
      "The DNS server refuses updates of this zone from us. Its policy must let our key, or our"
          + " address, write the cluster's names there."),
  DNS_KEY(
      "SSK-DNS-002",
      ProblemKind.CREDENTIAL,
      "The DNS server does not take the signature of our update: BADKEY means that it has no key of"
          + " this name, BADSIG that secret or algorithm differ, BADTIME that the clocks do."),
  DNS_ZONE_MISSING(
      "SSK-DNS-003",
      ProblemKind.REMOTE,
      "The DNS server is not authoritative for the zone that the file names, or the cluster's name"
          + " does not lie in it. See dns.zone and dns.server."),
  DNS_NAME_TAKEN(
      "SSK-DNS-004",
      ProblemKind.CONFLICT,
      "The cluster's name exists in DNS and is not this cluster's. Nothing is overwritten; whoever"
          + " owns it must take it away, or the cluster needs another name."),
  DNS_UNREACHABLE("SSK-DNS-005", ProblemKind.REMOTE, "The DNS server does not answer."),
  DNS_NOT_SERVED(
      "SSK-DNS-006",
      ProblemKind.TIMEOUT,
      "The cluster's names were written, but not all servers of the zone answer with them yet."),

  // what the file names besides the cloud
  GIT_UNREACHABLE(
      "SSK-GIT-001",
      ProblemKind.REMOTE,
      "The git server that gitops.url names does not answer, or has no repository there."),
  GIT_DENIED(
      "SSK-GIT-002",
      ProblemKind.CREDENTIAL,
      "The git server does not let us in with the file's token or key."),
  ACCESS_UNREACHABLE(
      "SSK-ACCESS-001",
      ProblemKind.REMOTE,
      "The Teleport proxy that access.teleport.proxy names does not answer by TLS."),

  // delete
  LEFTOVERS(
      "SSK-DEL-001",
      ProblemKind.TIMEOUT,
      "The deadline passed and some resources are still there; the receipt names each.");

  private final String id;
  private final ProblemKind kind;
  private final String explanation;

  ProblemCode(String id, ProblemKind kind, String explanation) {
    this.id = id;
    this.kind = kind;
    this.explanation = explanation;
  }

  public String id() {
    return id;
  }

  public ProblemKind kind() {
    return kind;
  }

  public String explanation() {
    return explanation;
  }
}
