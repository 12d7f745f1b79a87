package io.sskuba.acceptance;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// [WallPeerIT] for the other examples.
class WallLongIT {
  private final WallPeerIT wall = new WallPeerIT();

  @BeforeEach
  void open() throws Exception {
    wall.open();
  }

  @AfterEach
  void close() throws Exception {
    wall.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"azure", "vsphere", "metal", "docker"})
  void nothingLeavesAndNoDecoyIsOpened(String target) throws Exception {
    wall.rehearses(target);
  }
}
