package io.sskuba.toolchain;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class EstimateTest {
  private final ToolLock lock = ToolLock.bundled();
  private final Tool etcd = lock.find("etcd");
  private final Tool apiserver = lock.find("kube-apiserver");
  private final Tool pulumi = lock.find("pulumi");

  @Test
  void addsWhatIsStillToCome() {
    Estimate estimate = new Estimate(List.of(etcd, apiserver, pulumi));
    assertThat(estimate.left(etcd, Duration.ZERO)).isEqualTo(Duration.ofSeconds(40 + 170 + 198));
    assertThat(estimate.left(apiserver, Duration.ofSeconds(100)))
        .isEqualTo(Duration.ofSeconds(70 + 198));
    assertThat(estimate.position(apiserver)).isEqualTo(2);
  }

  @Test
  void learnsFromWhatABuildTookHere() {
    Estimate estimate = new Estimate(List.of(etcd, apiserver));
    estimate.done(etcd, Duration.ofSeconds(80), true);
    assertThat(estimate.left(apiserver, Duration.ZERO)).isEqualTo(Duration.ofSeconds(340));
  }

  @Test
  void learnsNothingFromADownload() {
    Estimate estimate = new Estimate(List.of(etcd, apiserver));
    estimate.done(etcd, Duration.ofSeconds(1), false);
    assertThat(estimate.left(apiserver, Duration.ZERO)).isEqualTo(Duration.ofSeconds(170));
  }

  @Test
  void neverGoesBelowZero() {
    assertThat(new Estimate(List.of(etcd)).left(etcd, Duration.ofHours(1))).isZero();
    assertThat(Estimate.words(Duration.ZERO)).isEqualTo("less than a minute");
    assertThat(Estimate.words(Duration.ofSeconds(170))).isEqualTo("about 3 min");
  }
}
