package io.sskuba.spec;

import java.util.Optional;
import org.snakeyaml.engine.v2.exceptions.Mark;

/// A place in a file, counted from 1; columns are characters, not bytes.
record Position(int line, int column) {
  static final Position START = new Position(1, 1);

  static Position of(Optional<Mark> mark) {
    return mark.map(m -> new Position(m.getLine() + 1, m.getColumn() + 1)).orElse(START);
  }
}
