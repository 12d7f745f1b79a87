package io.sskuba.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FanTest {
  @Test
  void resultsComeInTheOrderOfTheInputs() throws InterruptedException {
    List<Integer> inputs = IntStream.range(0, 500).boxed().toList();
    assertThat(Fan.out(inputs, i -> i * 2)).isEqualTo(inputs.stream().map(i -> i * 2).toList());
  }

  @Test
  void theFirstFailureEndsTheRest() {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(1);
    assertThatThrownBy(
            () ->
                Fan.out(
                    List.of(1, 2),
                    i -> {
                      if (i == 1) {
                        started.await();
                        throw new IllegalArgumentException("one");
                      }
                      started.countDown();
                      try {
                        new CountDownLatch(1).await(30, TimeUnit.SECONDS);
                      } catch (InterruptedException e) {
                        interrupted.countDown();
                        throw e;
                      }
                      return i;
                    }))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("one");
    assertThat(interrupted.getCount()).isZero();
  }

  @Test
  void noMoreThanSixtyFourRunAtOnce() throws InterruptedException {
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Fan.out(
        IntStream.range(0, 300).boxed().toList(),
        i -> {
          most.accumulateAndGet(running.incrementAndGet(), Math::max);
          Thread.sleep(1);
          return running.decrementAndGet();
        });
    assertThat(most.get()).isBetween(2, 64);
  }
}
