package io.sskuba.clouds.state;

import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.state.ObjectBucket;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/// A bucket in memory. Faults: `fail` refuses every call; `loseAnswers` lets that many writes take
/// effect, as a library sees them that sends them again: refused by themselves.
final class MemoryBucket implements ObjectBucket {
  private final TreeMap<String, Stored> objects = new TreeMap<>();
  private long tags;
  volatile boolean fail;
  volatile int loseAnswers;
  volatile Duration clockOffset = Duration.ZERO;

  private void reach() {
    if (fail) {
      throw SskubaException.of(ProblemCode.STATE_UNREACHABLE, "switched off");
    }
  }

  @Override
  public synchronized Optional<Stored> read(String name) {
    reach();
    return Optional.ofNullable(objects.get(name));
  }

  @Override
  public synchronized Optional<String> putIfAbsent(String name, byte[] bytes) {
    reach();
    return objects.containsKey(name) ? Optional.empty() : answer(write(name, bytes));
  }

  @Override
  public synchronized Optional<String> replace(String name, byte[] bytes, String tag) {
    reach();
    Stored there = objects.get(name);
    return there == null || !there.tag().equals(tag)
        ? Optional.empty()
        : answer(write(name, bytes));
  }

  private Optional<String> answer(String tag) {
    if (loseAnswers > 0) {
      loseAnswers--;
      return Optional.empty();
    }
    return Optional.of(tag);
  }

  @Override
  public synchronized void put(String name, byte[] bytes) {
    reach();
    write(name, bytes);
  }

  private String write(String name, byte[] bytes) {
    String tag = "t" + ++tags;
    objects.put(name, new Stored(bytes.clone(), tag));
    return tag;
  }

  @Override
  public synchronized void delete(String name) {
    reach();
    objects.remove(name);
  }

  @Override
  public synchronized List<String> names(String prefix, int limit) {
    reach();
    return objects.keySet().stream().filter(n -> n.startsWith(prefix)).limit(limit).toList();
  }

  @Override
  public Instant clock() {
    reach();
    return Instant.now().plus(clockOffset);
  }

  @Override
  public String place(String name) {
    return "memory://" + name;
  }
}
