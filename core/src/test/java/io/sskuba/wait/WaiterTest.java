package io.sskuba.wait;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.io.ManualTime;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WaiterTest {
  private static final Duration INTERVAL = Duration.ofMillis(50);
  private final ManualTime time = new ManualTime();
  private final List<String> told = new ArrayList<>();
  private int looks;

  private Observation<String> look(Duration metAfter, Waiter.Look<String> otherwise)
      throws InterruptedException {
    looks++;
    return time.nanos() >= metAfter.toNanos() ? Observation.met("there") : otherwise.look();
  }

  private void await(Duration limit, Duration metAfter, Waiter.Look<String> otherwise)
      throws InterruptedException {
    new Waiter(time, told::add)
        .await(
            "etcd", limit, INTERVAL, ProblemCode.ETCD_UNHEALTHY, () -> look(metAfter, otherwise));
  }

  @Test
  void whatFlipsIsToldOnceASecond() throws Exception {
    await(
        Duration.ofMinutes(1),
        Duration.ofSeconds(10),
        () -> Observation.notYet(looks % 2 == 0 ? "Preparing" : "Waiting, look " + looks));
    assertThat(looks).isGreaterThan(190);
    assertThat(told).hasSizeBetween(8, 11);
  }

  @Test
  void aChangeIsToldAtOnceAndAnUnchangedThingOnce() throws Exception {
    List<Long> when = new ArrayList<>();
    new Waiter(time, seen -> when.add(time.nanos() / 1_000_000))
        .await(
            "etcd",
            Duration.ofMinutes(1),
            INTERVAL,
            ProblemCode.ETCD_UNHEALTHY,
            () ->
                look(
                    Duration.ofSeconds(9),
                    () -> Observation.notYet(time.nanos() < 5_000_000_000L ? "a" : "b")));
    assertThat(when).containsExactly(0L, 5_000L);
  }

  @Test
  void whatCameTooSoonIsToldLaterIfItStays() throws Exception {
    await(
        Duration.ofMinutes(1),
        Duration.ofSeconds(3),
        () -> Observation.notYet(time.nanos() < 200_000_000L ? "first" : "second"));
    assertThat(told).containsExactly("first", "second");
  }

  @Test
  void theFailureKeepsTheLastObservationEvenIfItWasNotTold() {
    assertThatThrownBy(
            () ->
                await(
                    Duration.ofMillis(400),
                    Duration.ofHours(1),
                    () -> Observation.notYet(looks == 1 ? "first" : "last")))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> assertThat(e.problem().facts().getFirst().value()).isEqualTo("last"));
    assertThat(told).containsExactly("first");
  }
}
