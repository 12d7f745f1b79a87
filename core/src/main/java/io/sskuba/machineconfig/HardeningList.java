package io.sskuba.machineconfig;

import java.util.List;

/// The entries of `docs/security/hardening.md`.
/// - Source: Talos v1.13.9 (`control_plane_static_pod.go`, `kubelet_spec.go`, `etcd.go`,
///   `kspp.go`); the numbers are those that `kube-bench` checks for edition 1.11.
final class HardeningList {
  private static final String NOTHING = "";

  private HardeningList() {}

  private static HardeningEntry entry(
      String id, String rule, String talos, String added, String why) {
    return new HardeningEntry(id, rule, talos, added, why);
  }

  static final List<HardeningEntry> FILES =
      List.of(
          entry(
              "1.1, 4.1",
              "Permissions and owners of configuration files",
              "The root file system is read-only and has no shell; secrets of the control plane lie"
                  + " in memory-backed folders that only the process's user reads.",
              NOTHING,
              "Nothing is left to set."));

  static final List<HardeningEntry> API_SERVER =
      List.of(
          entry(
              "1.2.1",
              "No anonymous requests",
              "`--anonymous-auth=false`; Talos's own probes authenticate.",
              NOTHING,
              "Met."),
          entry("1.2.2", "No token file", "None is set.", NOTHING, "Met."),
          entry(
              "1.2.3",
              "DenyServiceExternalIPs",
              "Not enabled.",
              "`enable-admission-plugins: NodeRestriction,DenyServiceExternalIPs`"
                  + " (Talos adds it to its own list).",
              "A Service with an external address can take over traffic meant for others"
                  + " (CVE-2020-8554)."),
          entry(
              "1.2.4",
              "Client certificate towards kubelets",
              "`--kubelet-client-certificate`, `--kubelet-client-key`.",
              NOTHING,
              "Met."),
          entry(
              "1.2.5",
              "Kubelets' certificates are verified",
              "Not set: kubelets serve certificates of their own making.",
              NOTHING,
              "It would need an approver of serving certificate requests on the cluster; without one"
                  + " logs and exec stop working. Open."),
          entry(
              "1.2.6-1.2.8",
              "Authorisation by Node and RBAC, never AlwaysAllow",
              "An authorisation configuration with Node and RBAC.",
              NOTHING,
              "Met."),
          entry(
              "1.2.9",
              "EventRateLimit",
              "Not enabled.",
              NOTHING,
              "Needs limits that fit the cluster's size; API priority and fairness, on by default,"
                  + " keeps a flood of one client from the others. A user's patch can add it."),
          entry("1.2.10", "No AlwaysAdmit", "Not enabled.", NOTHING, "Met."),
          entry(
              "1.2.11",
              "AlwaysPullImages",
              "Not enabled.",
              NOTHING,
              "It makes every pod start depend on the registry, which an edge site may not reach;"
                  + " clusters of ours have one team each. A user's patch can add it."),
          entry(
              "1.2.12-1.2.14",
              "ServiceAccount, NamespaceLifecycle, NodeRestriction",
              "The first two are Kubernetes's defaults, NodeRestriction is enabled.",
              NOTHING,
              "Met."),
          entry("1.2.15", "No profiling", "`--profiling=false`.", NOTHING, "Met."),
          entry(
              "1.2.16-1.2.19",
              "Audit log with age, count and size",
              "A file, 30 days, 10 files, 100 MB.",
              NOTHING,
              "Met."),
          entry("1.2.20", "Request timeout as appropriate", "Kubernetes's 60 s.", NOTHING, "Met."),
          entry(
              "1.2.21-1.2.22",
              "Service account lookup and key file",
              "Lookup is the default; a key of its own, RSA 4096.",
              NOTHING,
              "Met."),
          entry(
              "1.2.23-1.2.26",
              "TLS to etcd, TLS to clients, client CA",
              "All set, from the cluster's own authorities.",
              NOTHING,
              "Met."),
          entry(
              "1.2.27-1.2.28",
              "Secrets encrypted at rest",
              "`secretbox` with the key of the secrets bundle.",
              NOTHING,
              "Met; each cluster has a fresh key."),
          entry(
              "1.2.29",
              "Strong TLS ciphers",
              "TLS 1.2 with forward-secret AEAD ciphers only.",
              "`tls-min-version: VersionTLS13`",
              "Every client that we hand out speaks TLS 1.3; nothing older needs serving."),
          entry(
              "1.2.30",
              "Service account tokens are not extended",
              "Not set: tokens of one hour live a year.",
              "`service-account-extend-token-expiration: \"false\"`",
              "A stolen token should end when it says it does."));

  static final List<HardeningEntry> CONTROLLERS =
      List.of(
          entry(
              "1.3.1",
              "Finished pods are collected",
              "Kubernetes's threshold of 12,500.",
              "`terminated-pod-gc-threshold: \"1000\"`",
              "Finished pods of jobs otherwise fill etcd."),
          entry(
              "1.3.2-1.3.5",
              "No profiling; own service accounts, key file, root CA",
              "All set.",
              NOTHING,
              "Met."),
          entry(
              "1.3.6, 4.2.11",
              "Kubelets' serving certificates rotate",
              "The feature is on in Kubernetes; kubelets do not ask for such certificates.",
              NOTHING,
              "As 1.2.5."),
          entry(
              "1.3.7, 1.4.2",
              "Controller-manager and scheduler listen on loopback",
              "`--bind-address=127.0.0.1`, TLS 1.3.",
              NOTHING,
              "Met."),
          entry("1.4.1", "Scheduler: no profiling", "`--profiling=false`.", NOTHING, "Met."));

  static final List<HardeningEntry> ETCD =
      List.of(
          entry(
              "2.1-2.6",
              "Certificates for clients and peers, none made automatically",
              "All set, client certificates required on both ports.",
              NOTHING,
              "Met. etcd refuses a minimum of TLS 1.3 beside the cipher suites that Talos always"
                  + " sets; its peers and the API server agree on 1.3 by themselves."),
          entry("2.7", "An authority of its own", "etcd has its own CA.", NOTHING, "Met."));

  static final List<HardeningEntry> ACCESS =
      List.of(
          entry(
              "3.1.1",
              "Client certificates are not for users",
              "The kubeconfig it hands out is valid for a year.",
              "`cluster.adminKubeconfig.certLifetime` = the cluster's ttl; so is the talosconfig's"
                  + " certificate.",
              "People come in through Teleport or OIDC; the certificate is for breaking glass and"
                  + " ends with the cluster. Without a ttl it is a year."),
          entry(
              "3.2.1-3.2.2",
              "An audit policy that covers what matters",
              "Metadata of every request.",
              "A policy: access rules, admission and certificates with bodies; Secrets, ConfigMaps and"
                  + " tokens never with bodies; no reads of the control plane's own components, no"
                  + " leases, no health checks.",
              "More where it matters, less noise, and no secret in a log."));

  static final List<HardeningEntry> KUBELET =
      List.of(
          entry(
              "4.2.1-4.2.3",
              "No anonymous requests; webhook authorisation; client CA",
              "All set; Talos refuses a patch of them.",
              NOTHING,
              "Met."),
          entry("4.2.4", "No read-only port", "Off.", NOTHING, "Met."),
          entry("4.2.5", "Idle streams end", "After 5 minutes.", NOTHING, "Met."),
          entry(
              "4.2.6-4.2.7",
              "iptables chains; no host name override",
              "Kubernetes's default; the node's name is the host's.",
              NOTHING,
              "Met."),
          entry(
              "4.2.8",
              "Events are captured",
              "Kubernetes's 50 a second.",
              "`eventRecordQPS: 50`",
              "Stated, so that a change of the default is seen."),
          entry(
              "4.2.9, 4.2.12",
              "TLS certificate and ciphers",
              "TLS 1.3 only, a certificate of its own making.",
              NOTHING,
              "The certificate: as 1.2.5."),
          entry("4.2.10", "Client certificates rotate", "Always on.", NOTHING, "Met."),
          entry(
              "4.2.13",
              "A limit of processes per pod",
              "None.",
              "`podPidsLimit: 4096`",
              "One pod cannot take all process ids of its node."),
          entry(
              "4.2.14",
              "Seccomp by default",
              "`defaultRuntimeSeccompProfileEnabled: true`.",
              NOTHING,
              "Met."),
          entry(
              "-",
              "Kernel defaults are protected",
              "`protectKernelDefaults: true` (off in containers).",
              NOTHING,
              "Met."));

  static final List<HardeningEntry> PLATFORM =
      List.of(
          entry(
              "5.2",
              "Pod Security",
              "Baseline enforced, restricted warned of and audited; kube-system exempt.",
              NOTHING,
              "Met; namespaces of a team may ask for restricted by label."),
          entry(
              "5.4.1",
              "Secrets as files rather than variables",
              "-",
              NOTHING,
              "The platform's components follow it."),
          entry(
              "-",
              "Kernel self-protection",
              "`kptr_restrict=2`, `dmesg_restrict=1`, `perf_event_paranoid=3`, `randomize_va_space=2`,"
                  + " `yama.ptrace_scope=2`, `unprivileged_bpf_disabled=1`, `bpf_jit_harden=2`,"
                  + " `unprivileged_userfaultfd=0`, `max_user_namespaces=0`, `ldisc_autoload=0`,"
                  + " `legacy_tiocsti=0`, `suid_dumpable=0`, `protected_symlinks`, `protected_hardlinks`,"
                  + " `protected_fifos=2`, `protected_regular=2`; `slab_nomerge` and `pti=on` on the"
                  + " kernel's command line are required.",
              NOTHING,
              "Met. A GPU machine has `bpf_jit_harden=1`, which the NVIDIA driver needs: the one"
                  + " setting that we lower."),
          entry(
              "-",
              "The machine's API",
              "TLS 1.3 with client certificates and roles; no SSH, no shell.",
              "The certificates of the talosconfig end with the cluster.",
              "As 3.1.1."),
          entry(
              "-",
              "Pods reach no Talos API",
              "`kubernetesTalosAPIAccess` is off.",
              NOTHING,
              "Met."));
}
