package io.sskuba.clouds.state;

import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.state.FileStateStore;
import io.sskuba.state.StateStore;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class FileStateStoreContractTest extends StateStoreContract {
  @TempDir Path folder;

  @Override
  StateStore open() {
    return new FileStateStore(folder, TimeSource.system(), RandomSource.system());
  }
}
