package io.sskuba.acceptance;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// [J05UserDataIT] for the other targets.
class UserDataLongIT {
  private final J05UserDataIT userData = new J05UserDataIT();

  @BeforeEach
  void open() throws Exception {
    userData.open();
  }

  @AfterEach
  void close() throws Exception {
    userData.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"aws", "vsphere", "docker"})
  void machinesComeUpWithTheirUserData(String target) throws Exception {
    userData.machinesComeUpWithTheirUserData(target);
  }
}
