package io.sskuba.apply;

import io.sskuba.infra.Platform;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.Phase;
import io.sskuba.run.PhaseContext;
import io.sskuba.spec.ClusterSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Finds out, before anything is made, what cannot work and what will be left out. Changes nothing.
/// - Errors: `SPEC_UNSUPPORTED` for a target or version that cannot be provided; `IDENTITY_MISSING`
///   where nobody could open the cluster again; what the platform found that nothing can be made
///   with: credentials, machines, quotas.
public final class Preflight implements Phase<Change, Checked> {
  /// What a cluster on this machine runs; other versions are refused by name.
  static final String KUBERNETES = "v1.36.3";

  static final String TALOS = "v1.13.9";

  /// An empty etcd's files.
  private static final long DISK_LEAST = 128L << 20;

  private final Ports ports;

  Preflight(Ports ports) {
    this.ports = ports;
  }

  @Override
  public Checked run(Change change, PhaseContext context) throws InterruptedException {
    LoadedSpec loaded = change.loaded();
    ClusterSpec spec = loaded.spec();
    ClusterSpec.Provider provider = spec.target().provider();
    Optional<Platform> platform = ports.platforms().of(provider, loaded.rehearsal());
    if (platform.isEmpty()) {
      throw new SskubaException(
          Problem.of(
                  ProblemCode.SPEC_UNSUPPORTED,
                  "target " + provider.word() + " cannot be provided by this release")
              .fact("available", "a rehearsal of any target")
              .next("sskuba-ctl apply --rehearse --file " + loaded.fileName())
              .next("sskuba-ctl render --file " + loaded.fileName() + " --out configs"));
    }
    refuseVersions(spec, loaded);
    refuseUnopenable(loaded);
    refuseFullDisk(ports.places().localState(), loaded);
    List<String> leftOut = leftOut(spec);
    List<String> warnings = new ArrayList<>(asked(platform.get(), change));
    for (String section : leftOut) {
      warnings.add(section + ": not acted on by this release; the cluster is made without it");
    }
    if (loaded.rehearsal() && !spec.versions().kubernetes().equals(KUBERNETES)) {
      warnings.add(
          "the control plane is Kubernetes "
              + KUBERNETES
              + ", the nearest to "
              + spec.versions().kubernetes()
              + " that can be provided here");
    }
    if (spec.lifetime().ttl() == null && loaded.ttl() == null) {
      warnings.add("lifetime none: this cluster never ends by itself");
    }
    if (spec.target().delivery() == ClusterSpec.Delivery.USER_DATA) {
      warnings.add(
          "delivery userData: each machine's own configuration lies in its user data, with the"
              + " cluster's keys on control planes and join tokens on workers; whoever may read a"
              + " machine's attributes there can read it");
    }
    if (!ports.places().runtimeInMemory()) {
      warnings.add(
          "key material lies on a disk: " + ports.places().runtime() + " is not memory-backed");
    }
    CheckNames.look(ports, change, context).ifPresent(warnings::add);
    warnings.forEach(context::log);
    return new Checked(change, warnings, leftOut);
  }

  /// What the platform finds, all of it at once.
  private static List<String> asked(Platform platform, Change change) throws InterruptedException {
    LoadedSpec loaded = change.loaded();
    Optional<Platform.Cluster> existing =
        change.existing().map(record -> ClusterFacts.of(record, loaded.spec()));
    List<Platform.Finding> findings;
    try {
      findings = platform.findings(loaded.spec(), existing);
    } catch (SskubaException e) {
      throw Offers.rehearsal(e, loaded);
    }
    Findings all = Findings.of(findings, leftOut(loaded.spec()));
    Optional<Problem> stops = all.stops();
    if (stops.isPresent()) {
      throw new SskubaException(Offers.rehearsal(stops.get(), "apply", loaded.fileName()));
    }
    return all.warnings();
  }

  /// Before anything is made: the engine's own files would be cut short on a full disk.
  private static void refuseFullDisk(Path state, LoadedSpec loaded) {
    Path existing = state;
    while (!Files.exists(existing) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    try {
      long free = Files.getFileStore(existing).getUsableSpace();
      if (free < DISK_LEAST) {
        throw new SskubaException(
            Problem.of(ProblemCode.STATE_UNWRITABLE, "no space is left for the state in " + state)
                .fact("free", (free >> 10) + " KiB, at least " + (DISK_LEAST >> 20) + " MiB needed")
                .next("sskuba-ctl doctor --file " + loaded.fileName()));
      }
    } catch (IOException e) {
      // What cannot be measured is not judged: the first write says what is wrong.
      return;
    }
  }

  private static void refuseVersions(ClusterSpec spec, LoadedSpec loaded) {
    if (spec.target().provider() != ClusterSpec.Provider.LOCAL) {
      return;
    }
    String kubernetes = spec.versions().kubernetes();
    String talos = spec.versions().talos();
    if (!kubernetes.equals(KUBERNETES) || !talos.equals(TALOS)) {
      throw new SskubaException(
          Problem.of(
                  ProblemCode.SPEC_UNSUPPORTED,
                  "a local cluster of Talos "
                      + talos
                      + " and Kubernetes "
                      + kubernetes
                      + " cannot be provided")
              .fact("available", "talos " + TALOS + ", kubernetes " + KUBERNETES)
              .next("sskuba-ctl apply --file " + loaded.fileName()));
    }
  }

  /// Contract, section 5: with nobody to ask and no key to seal to, nothing may be made.
  private void refuseUnopenable(LoadedSpec loaded) {
    boolean onThisMachine =
        loaded.rehearsal()
            || loaded.spec().target().provider() == ClusterSpec.Provider.LOCAL
            || loaded.spec().target().provider() == ClusterSpec.Provider.DOCKER;
    if (onThisMachine
        || loaded.terminal()
        || ports.keys().hasIdentity()
        || !loaded.spec().sealing().recipients().isEmpty()) {
      return;
    }
    throw new SskubaException(
        Problem.of(
                ProblemCode.IDENTITY_MISSING,
                "no identity and no recipient: nobody could open this cluster again")
            .fact("cause", "no terminal, no SSKUBA_IDENTITY, no sealing.recipients")
            .next("SSKUBA_IDENTITY=file:PATH sskuba-ctl apply --file " + loaded.fileName()));
  }

  static List<String> leftOut(ClusterSpec spec) {
    List<String> sections = new ArrayList<>();
    add(sections, "gitops", spec.gitops());
    add(sections, "access.teleport", spec.access().teleport());
    add(sections, "access.oidc", spec.access().oidc());
    add(sections, "dns", isPublished(spec) ? null : spec.dns());
    add(sections, "storage", spec.storage());
    add(sections, "logging", spec.logging());
    add(sections, "secrets", spec.secrets());
    add(
        sections,
        "registry.credentials",
        spec.registry() == null ? null : spec.registry().credentials());
    return sections;
  }

  /// Whether the names are resources of the target's own plan, or written into a zone, or nobody
  /// asked for them.
  private static boolean isPublished(ClusterSpec spec) {
    if (spec.dns() == null
        || spec.dns().provider().equals("none")
        || spec.dns().provider().equals("rfc2136")) {
      return true;
    }
    return CheckNames.isInStack(spec);
  }

  private static void add(
      List<String> sections, String name, @org.jspecify.annotations.Nullable Object section) {
    if (section != null) {
      sections.add(name);
    }
  }
}
