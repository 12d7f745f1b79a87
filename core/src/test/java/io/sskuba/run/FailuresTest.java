package io.sskuba.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.io.DiskFault;
import io.sskuba.io.TimeSource;
import io.sskuba.kube.KubeStatusException;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.talos.TalosCallException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// What the user meets when a phase throws.
class FailuresTest {
  private static final IOException FULL =
      new FileSystemException("/state/x", null, "No space left on device");

  private static ProblemCode code(RuntimeException failure, Optional<DiskFault> disk) {
    return Failures.told(failure, () -> disk) instanceof SskubaException e
        ? e.problem().code()
        : ProblemCode.INTERNAL;
  }

  private static ProblemCode code(RuntimeException failure) {
    return code(failure, Optional.empty());
  }

  private static SskubaException problem(ProblemCode code, String cause) {
    return new SskubaException(Problem.of(code, "it failed").fact("cause", cause));
  }

  @Test
  void aFullDiskIsOneProblemWhoeverMeetsIt() {
    assertThat(code(new UncheckedIOException(FULL))).isEqualTo(ProblemCode.STATE_UNWRITABLE);
    assertThat(code(new UncheckedIOException(new AccessDeniedException("/state/x"))))
        .isEqualTo(ProblemCode.STATE_UNWRITABLE);
    assertThat(code(new SskubaException(Problem.of(ProblemCode.STATE_CORRUPT, "torn"), FULL)))
        .isEqualTo(ProblemCode.STATE_UNWRITABLE);
    for (String said :
        List.of(
            "error: could not save: write /s/demo.json: no space left on device",
            "open /s/demo.json: read-only file system",
            "write wal: disk quota exceeded")) {
      SskubaException told =
          (SskubaException) Failures.told(problem(ProblemCode.INFRA_FAILED, said), Optional::empty);
      assertThat(told.problem().code()).isEqualTo(ProblemCode.STATE_UNWRITABLE);
      assertThat(told.problem().code().kind().exitCode()).isEqualTo(7);
      assertThat(told.problem().facts().toString()).contains(said, "SSK-INFRA-001");
    }
  }

  @Test
  void aProgramThatDiesSilentlyIsHeldAgainstTheDisk() {
    SskubaException died = problem(ProblemCode.PEER_DIED, "exit status 2: ");
    assertThat(code(died)).isEqualTo(ProblemCode.PEER_DIED);
    assertThat(code(died, Optional.of(DiskFault.FULL))).isEqualTo(ProblemCode.STATE_UNWRITABLE);
    // What has nothing to do with the disk stays what it is.
    SskubaException other = problem(ProblemCode.NAME_TAKEN, "another cluster");
    assertThat(code(other, Optional.of(DiskFault.FULL))).isEqualTo(ProblemCode.NAME_TAKEN);
    SskubaException cache = problem(ProblemCode.CACHE_UNWRITABLE, "no space left on device");
    assertThat(code(cache)).isEqualTo(ProblemCode.CACHE_UNWRITABLE);
  }

  @Test
  void refusalsAndSilenceOfPeersAreNoDefects() {
    assertThat(code(new KubeStatusException(403, "Forbidden", "no")))
        .isEqualTo(ProblemCode.KUBE_REFUSED);
    assertThat(code(new TalosCallException("UNAVAILABLE", "gone\nat …", new IOException())))
        .isEqualTo(ProblemCode.MACHINE_UNREACHABLE);
    assertThat(code(new UncheckedIOException(new ConnectException("refused"))))
        .isEqualTo(ProblemCode.KUBE_UNREACHABLE);
    assertThat(code(new IllegalStateException("a defect"))).isEqualTo(ProblemCode.INTERNAL);
  }

  @Test
  void aPhaseThrowsWhatTheUserMeets() {
    List<RunEvent> events = new ArrayList<>();
    Run run =
        new Run(
            "run-1", "demo", TimeSource.system(), events::add, new Parking(), Boundary.Probe.NONE);
    Phase<String, String> refused =
        (_, _) -> {
          throw new KubeStatusException(422, "Invalid", "labels");
        };
    assertThatThrownBy(() -> run.phase(refused, "")).hasMessageStartingWith("SSK-KUBE-003");
    assertThat(events.getLast().kind()).isEqualTo(RunEvent.Kind.PHASE_FAILED);
  }

  @Test
  void aLeaseThatCannotBeRenewedOnAFullDiskIsNotTakenByAnybody() {
    Run run =
        new Run("r", "demo", TimeSource.system(), _ -> {}, new Parking(), Boundary.Probe.NONE);
    SskubaException full =
        SskubaException.of(ProblemCode.STATE_UNWRITABLE, "the lease cannot be renewed: full");
    for (Optional<SskubaException> fault :
        List.of(Optional.of(full), Optional.<SskubaException>empty())) {
      Run.Liveness lost =
          new Run.Liveness() {
            @Override
            public boolean alive() {
              return false;
            }

            @Override
            public Optional<SskubaException> fault() {
              return fault;
            }
          };
      run.stopWhenLost(lost);
      ProblemCode expected =
          fault.isPresent() ? ProblemCode.STATE_UNWRITABLE : ProblemCode.LEASE_HELD;
      assertThatThrownBy(() -> run.phase((_, _) -> "", ""))
          .isInstanceOfSatisfying(
              SskubaException.class, e -> assertThat(e.problem().code()).isEqualTo(expected));
    }
  }
}
