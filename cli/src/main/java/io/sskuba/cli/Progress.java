package io.sskuba.cli;

import io.sskuba.run.RunEvent;

/// Shows a run while it goes on.
interface Progress {
  void event(RunEvent event);

  default void note(String text) {}

  default void finish() {}
}
