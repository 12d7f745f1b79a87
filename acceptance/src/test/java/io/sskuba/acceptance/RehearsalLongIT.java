package io.sskuba.acceptance;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// [J04RehearsalIT] for the other examples.
class RehearsalLongIT {
  private final J04RehearsalIT rehearsal = new J04RehearsalIT();

  @BeforeEach
  void open() throws Exception {
    rehearsal.open();
  }

  @AfterEach
  void close() throws Exception {
    rehearsal.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"azure", "vsphere", "metal"})
  void rehearsesTheExample(String target) throws Exception {
    rehearsal.rehearsesTheExample(target);
  }
}
