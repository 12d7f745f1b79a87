package io.sskuba.run;

import io.sskuba.io.DiskFault;
import io.sskuba.kube.KubeStatusException;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.talos.TalosCallException;
import java.io.UncheckedIOException;
import java.net.SocketException;
import java.net.http.HttpTimeoutException;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;

/// What a phase may throw, as the problem that the user meets: in one place, so that a full disk is
/// the same problem whoever runs into it first, the journal, the engine or a program on it.
final class Failures {
  /// Say what is wrong with a disk already; a cache's is not the state's.
  private static final Set<ProblemCode> EXACT =
      Set.of(
          ProblemCode.STATE_UNWRITABLE,
          ProblemCode.CACHE_UNWRITABLE,
          ProblemCode.TOOL_MISSING,
          ProblemCode.TOOL_BUILD_FAILED,
          ProblemCode.RUNTIME_UNSAFE,
          ProblemCode.SECRET_UNRESOLVED);

  /// What programs on a full disk look like from outside: they cannot even log why they died.
  private static final Set<ProblemCode> OF_PROGRAMS =
      Set.of(
          ProblemCode.INFRA_FAILED,
          ProblemCode.HOST_DEAD,
          ProblemCode.PEER_DIED,
          ProblemCode.ETCD_UNHEALTHY,
          ProblemCode.KUBE_UNREACHABLE,
          ProblemCode.KUBE_REFUSED,
          ProblemCode.NODES_NOT_READY,
          ProblemCode.MACHINE_UNREACHABLE);

  private Failures() {}

  /// The failure itself where it is a problem already, or a defect.
  ///
  /// @param disk looks at the disk of the state
  static RuntimeException told(RuntimeException failure, Supplier<Optional<DiskFault>> disk) {
    RuntimeException told = named(failure);
    return told instanceof SskubaException known ? ofDisk(known, disk) : told;
  }

  private static RuntimeException named(RuntimeException failure) {
    return switch (failure) {
      case SskubaException known -> known;
      case KubeStatusException refused ->
          new SskubaException(
              Problem.of(ProblemCode.KUBE_REFUSED, "the Kubernetes API refused a request")
                  .fact("cause", String.valueOf(refused.getMessage())),
              refused);
      case TalosCallException call ->
          new SskubaException(
              Problem.of(
                      ProblemCode.MACHINE_UNREACHABLE, "a machine did not answer: " + call.status())
                  .fact("cause", call.text().lines().findFirst().orElse("")),
              call);
      case UncheckedIOException io -> ofInputOutput(io);
      default -> failure;
    };
  }

  private static SskubaException ofDisk(SskubaException known, Supplier<Optional<DiskFault>> disk) {
    Problem problem = known.problem();
    if (EXACT.contains(problem.code())) {
      return known;
    }
    Optional<DiskFault> fault = DiskFault.of(problem.summary());
    for (Problem.Fact fact : problem.facts()) {
      fault = fault.or(() -> DiskFault.of(fact.value()));
    }
    fault = fault.or(() -> DiskFault.of(known.getCause())).filter(DiskFault::ofDisk);
    if (OF_PROGRAMS.contains(problem.code())) {
      fault = fault.or(disk);
    }
    if (fault.isEmpty()) {
      return known;
    }
    Problem full =
        Problem.of(
                ProblemCode.STATE_UNWRITABLE, "the state cannot be written: " + fault.get().words())
            .fact("failed", problem.code().id() + ": " + problem.summary());
    for (Problem.Fact fact : problem.facts()) {
      full = full.fact(fact.label(), fact.value());
    }
    for (String exists : problem.exists()) {
      full = full.exists(exists);
    }
    return new SskubaException(full, known);
  }

  private static RuntimeException ofInputOutput(UncheckedIOException io) {
    Optional<DiskFault> fault = DiskFault.of(io);
    if (fault.isPresent() || DiskFault.isOfFiles(io)) {
      return new SskubaException(
          Problem.of(
                  ProblemCode.STATE_UNWRITABLE,
                  "a file of the cluster cannot be written or read: "
                      + fault.map(DiskFault::words).orElse(String.valueOf(io.getMessage())))
              .fact("cause", String.valueOf(io.getMessage())),
          io);
    }
    Throwable cause = io.getCause();
    if (cause instanceof SocketException
        || cause instanceof HttpTimeoutException
        || cause instanceof SSLException) {
      return new SskubaException(
          Problem.of(ProblemCode.KUBE_UNREACHABLE, "the Kubernetes API stopped answering")
              .fact("cause", String.valueOf(io.getMessage())),
          io);
    }
    return io;
  }
}
