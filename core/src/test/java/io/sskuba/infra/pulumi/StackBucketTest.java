package io.sskuba.infra.pulumi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.io.Json;
import io.sskuba.io.ManualTime;
import io.sskuba.io.Processes;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.state.ObjectBucket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// A stack in a bucket without an engine: what is read of it, what is tidied, and whose lock it is.
class StackBucketTest {
  private static final String STACK = ".pulumi/stacks/sskuba/lab.json";
  private final ManualTime time = new ManualTime();
  private final InMemory bucket = new InMemory();
  private final StackBucket stack = new StackBucket(bucket, "sskuba", "lab");

  /// Fault policy: none. Its clock is an hour behind this machine's.
  private final class InMemory implements ObjectBucket {
    private final TreeMap<String, Stored> objects = new TreeMap<>();

    @Override
    public Optional<Stored> read(String name) {
      return Optional.ofNullable(objects.get(name));
    }

    @Override
    public Optional<String> putIfAbsent(String name, byte[] bytes) {
      if (objects.containsKey(name)) {
        return Optional.empty();
      }
      put(name, bytes);
      return Optional.of("tag");
    }

    @Override
    public Optional<String> replace(String name, byte[] bytes, String tag) {
      put(name, bytes);
      return Optional.of("tag");
    }

    @Override
    public void put(String name, byte[] bytes) {
      objects.put(name, new Stored(bytes, "tag"));
    }

    @Override
    public void delete(String name) {
      objects.remove(name);
    }

    @Override
    public List<String> names(String prefix, int limit) {
      return objects.keySet().stream().filter(n -> n.startsWith(prefix)).limit(limit).toList();
    }

    @Override
    public Instant clock() {
      return time.now().minus(Duration.ofHours(1));
    }

    @Override
    public String place(String name) {
      return "s3://team/" + name;
    }
  }

  private void put(String name, String text) {
    bucket.put(name, text.getBytes(StandardCharsets.UTF_8));
  }

  private static String checkpoint(String id) {
    return """
        {"version": 3, "checkpoint": {"latest": {"resources": [
          {"urn": "urn:pulumi:lab::sskuba::a:b:C::thing", "type": "a:b:C", "id": "%s", "outputs": {}}
        ]}}}
        """
        .formatted(id);
  }

  @Test
  void anEmptyStackIsBegunAndLeavesTheLayoutAlone() {
    assertThat(stack.exists()).isFalse();
    assertThat(stack.deployment()).isNull();
    stack.create("organization/sskuba/lab");
    assertThat(stack.exists()).isTrue();
    assertThat(stack.deployment()).isNull();
    put(".pulumi/meta.yaml", "version: 2\n");
    stack.create("organization/sskuba/lab");
    assertThat(bucket.read(".pulumi/meta.yaml").orElseThrow().bytes())
        .asString()
        .isEqualTo("version: 2\n");
  }

  @Test
  void aCheckpointThatIsNoneIsReadFromTheEnginesCopyAndPutBack() {
    put(STACK, "{\"version\": 3, \"check");
    assertThatThrownBy(stack::deployment)
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.STATE_CORRUPT));
    assertThat(stack.restore()).isEmpty();

    put(STACK + ".bak", checkpoint("id-1"));
    assertThat(StackState.resources(stack.deployment()).getFirst().id()).isEqualTo("id-1");
    assertThat(stack.restore()).isPresent();
    assertThat(bucket.read(STACK).orElseThrow().bytes()).asString().contains("id-1");
    assertThat(bucket.names(STACK + ".torn", 9)).as("the torn one is kept").hasSize(1);
    assertThat(stack.setAside()).as("a whole one stays").isEmpty();
  }

  @Test
  void whatNothingCanStandInForIsTakenOutOfTheWay() {
    put(STACK, "no checkpoint");
    assertThat(stack.setAside().orElseThrow()).asString().isEqualTo("no checkpoint");
    assertThat(stack.exists()).isFalse();
    assertThat(bucket.names(STACK, 9)).containsExactly(STACK + ".torn1");
  }

  @Test
  void removedIsAllOfTheStackAndNothingOfOthers() {
    for (String name :
        List.of(
            STACK,
            STACK + ".bak",
            ".pulumi/history/sskuba/lab/1.json",
            ".pulumi/backups/sskuba/lab/1.json",
            ".pulumi/locks/organization/sskuba/lab/x.json",
            "engines/sskuba/lab.json")) {
      put(name, "{}");
    }
    List<String> others =
        List.of(
            ".pulumi/history/sskuba/lab-2/1.json",
            ".pulumi/meta.yaml",
            ".pulumi/stacks/other/lab.json",
            ".pulumi/stacks/sskuba/lab-2.json",
            "engines/sskuba/lab-2.json");
    others.forEach(name -> put(name, "{}"));
    assertThat(StackBucket.projects(bucket, "lab")).containsExactly("other", "sskuba");
    stack.remove();
    assertThat(bucket.names("", 100)).containsExactlyElementsOf(others);
  }

  /// Another machine's engine is dead when its lease has run out by the bucket's clock, not by
  /// ours.
  @Test
  void theLockOfAnotherMachineIsFreeWhenItsLeaseIsOver() {
    Instant since = time.now();
    Instant until = bucket.clock().plusSeconds(60);
    var entry = Json.object();
    entry.put("bootId", "another boot").put("host", "far");
    entry.put("ownerPid", 7).put("ownerStart", 1).put("enginePid", 8).put("engineStart", 2);
    entry.put("since", since.toString()).put("until", until.toString());
    put("engines/sskuba/lab.json", "[" + entry + "]");
    put(
        ".pulumi/locks/organization/sskuba/lab/x.json",
        Json.object()
            .put("pid", 8)
            .put("username", "ann")
            .put("hostname", "far")
            .put("timestamp", since.plusSeconds(1).toString())
            .toString());
    EngineLease lease = new EngineLease(stack, time);
    StackLock lock = stack.locksHeld().getFirst();
    assertThat(lock.verdict(lease.entries(), lease.now())).isEqualTo(StackLock.Verdict.LIVE);
    time.pass(Duration.ofSeconds(61));
    assertThat(lock.verdict(lease.entries(), lease.now())).isEqualTo(StackLock.Verdict.DEAD);
    assertThat(lock.verdict(List.of(), lease.now()))
        .as("one that nobody wrote down is somebody else's")
        .isEqualTo(StackLock.Verdict.LIVE);
  }

  /// Who holds it says so where the others can see it.
  @Test
  void aRunOfTheEngineIsWrittenBesideTheStack() throws Exception {
    EngineLease lease = new EngineLease(stack, time);
    try (EngineLease.Held held = lease.hold()) {
      assertThat(held.over()).isEmpty();
      EngineLease.Entry seen = new EngineLease(stack, time).entries().getLast();
      assertThat(seen.ownerPid()).isEqualTo(ProcessHandle.current().pid());
      assertThat(seen.bootId()).isEqualTo(Processes.system().machine());
      assertThat(seen.until()).isEqualTo(bucket.clock().plusSeconds(60));
    }
  }
}
