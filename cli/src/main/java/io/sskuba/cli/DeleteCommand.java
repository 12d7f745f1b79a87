package io.sskuba.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.delete.ByTagRequest;
import io.sskuba.delete.Deleted;
import io.sskuba.delete.FindByTag;
import io.sskuba.infra.Platform;
import io.sskuba.io.Json;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.Durations;
import io.sskuba.spec.SpecReader;
import io.sskuba.state.ClusterRecord;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "delete",
    description = "Take a cluster away, everything of it, and write a signed receipt.",
    footer = {
      "",
      "It needs neither the file, nor the identity, nor a live API. One already deleted exits 0 with the same receipt.",
      "",
      "Examples:",
      "  sskuba-ctl delete demo",
      "  sskuba-ctl delete -f cluster.yaml --yes",
      "  sskuba-ctl delete --expired --yes",
      "  sskuba-ctl delete --by-tag lab.example.org --target aws    the state is lost"
    })
final class DeleteCommand implements Callable<Integer> {
  /// All of it, on this machine (contract, section 2).
  private static final Duration LOCAL = Duration.ofSeconds(60);

  private static final Duration REMOTE = Duration.ofMinutes(30);
  private final Session session;
  @Mixin Common common;
  @Mixin OutputOption output;
  @Mixin RehearseOption rehearsal;

  @Parameters(arity = "0..1", paramLabel = "NAME", description = "Name or FQDN of the cluster.")
  @Nullable String name;

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description = "The cluster file, instead of a name.")
  @Nullable String file;

  @Option(names = "--yes", description = "Do not ask.")
  boolean yes;

  @Option(names = "--expired", description = "Delete what clusters left that ended by themselves.")
  boolean expired;

  @Option(
      names = "--by-tag",
      paramLabel = "FQDN",
      description = "The state is lost: delete what carries the tags of this cluster.")
  @Nullable String byTag;

  @Option(
      names = "--target",
      paramLabel = "PROVIDER",
      description = "With --by-tag: aws, azure, vsphere or docker; --file says the rest.")
  @Nullable String target;

  @Option(
      names = "--deadline",
      paramLabel = "D",
      description = "For all of it: 30m, on this machine 60s.")
  @Nullable String deadline;

  @Option(
      names = "--drain-deadline",
      paramLabel = "D",
      defaultValue = "5m",
      description = "For draining workloads (5m).")
  String drainDeadline = "5m";

  @Option(
      names = "--events",
      paramLabel = "FILE",
      description = "Write events as JSON lines; - is standard error.")
  @Nullable String events;

  DeleteCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws Exception {
    duration("--drain-deadline", drainDeadline);
    rehearsal.settle();
    if (expired) {
      return deleteExpired();
    }
    if (byTag != null) {
      return deleteByTag(byTag);
    }
    if (target != null) {
      throw SskubaException.of(ProblemCode.USAGE, "--target goes with --by-tag");
    }
    String wanted = wanted();
    Optional<ClusterRecord> record;
    try {
      record = NameArgument.find(session, wanted);
    } catch (SskubaException e) {
      if (e.problem().code() != ProblemCode.STATE_CORRUPT) {
        throw e;
      }
      return deleteWithoutRecord(wanted, NameArgument.key(wanted), e.problem().summary());
    }
    if (record.isEmpty()) {
      Optional<String> key = NameArgument.keyWithoutRecord(session, wanted);
      return key.isPresent()
          ? deleteWithoutRecord(wanted, key.get(), "it has no record that can be read")
          : alreadyGone(wanted);
    }
    session.confirm(
        "Cluster "
            + record.get().shown()
            + " ("
            + record.get().fqdn()
            + ", "
            + record.get().target()
            + ") and everything on it is deleted.",
        yes,
        "sskuba-ctl delete " + record.get().shown());
    delete(record.get());
    return 0;
  }

  private String wanted() {
    @Nullable String givenFile = file;
    @Nullable String givenName = name;
    if ((givenFile == null) == (givenName == null)) {
      throw SskubaException.of(ProblemCode.USAGE, "delete takes a NAME or -f FILE, one of the two");
    }
    if (givenName != null) {
      return givenName;
    }
    String path = String.valueOf(givenFile);
    ClusterSpec spec =
        SpecReader.read(
            FileOption.bytes(session, path),
            path,
            FileOption.folder(session, path),
            rehearsal.rehearse);
    return (rehearsal.rehearse ? "rehearsal/" : "") + spec.metadata().name();
  }

  /// A receipt says that it was deleted; a file whose cluster was never made leaves nothing to do.
  private int alreadyGone(String wanted) {
    List<String> receipts = NameArgument.receipts(session, wanted);
    if (!receipts.isEmpty()) {
      if (session.json()) {
        session.out().print(receipts.getFirst());
      } else {
        session.err().println(wanted + " is deleted already");
      }
      return 0;
    }
    if (file != null) {
      if (session.json()) {
        session.out().print(Json.pretty(StatusCommand.bare(wanted, "absent")));
      }
      session.err().println(wanted + " was never made: nothing to delete");
      return 0;
    }
    throw NameArgument.unknown(session, wanted);
  }

  private int deleteByTag(String fqdn) throws Exception {
    if (name != null || target == null) {
      throw SskubaException.of(
          ProblemCode.USAGE, "--by-tag FQDN takes --target PROVIDER, and no NAME");
    }
    @Nullable String given = file;
    ClusterSpec spec =
        given == null
            ? TaggedFile.of(fqdn, target, session.environment())
            : TaggedFile.checked(
                SpecReader.read(
                    FileOption.bytes(session, given),
                    given,
                    FileOption.folder(session, given),
                    rehearsal.rehearse),
                fqdn,
                target);
    ByTagRequest request = new ByTagRequest(spec, rehearsal.rehearse, limit(rehearsal.rehearse));
    List<Platform.Found> found = FindByTag.found(session.ports(), request);
    for (Platform.Found one : found) {
      session.err().println("  found     " + one.type() + " " + one.name() + " " + one.id());
    }
    if (found.isEmpty()) {
      session.err().println("nothing carries the tags of " + fqdn + ": nothing to delete");
      return 0;
    }
    session.confirm(
        found.size() + " things carry the tags of " + fqdn + " and are deleted.",
        yes,
        "sskuba-ctl delete --by-tag " + fqdn + " --target " + target);
    try (RunConsole console = RunConsole.open(session, events)) {
      Deleted deleted = Deletion.of(session).byTag(console, request);
      console.finish();
      if (session.json()) {
        session.out().print(deleted.receipt());
      } else {
        session.err().println(fqdn + " is gone; receipt " + deleted.place());
      }
    }
    return 0;
  }

  private int deleteExpired() throws Exception {
    List<ClusterRecord> over = ExpiredHint.expired(session);
    if (over.isEmpty()) {
      session.err().println("no expired cluster");
      return 0;
    }
    session.confirm(
        "Expired: "
            + String.join(", ", over.stream().map(ClusterRecord::shown).toList())
            + ". What they left is deleted.",
        yes,
        "sskuba-ctl delete --expired");
    for (ClusterRecord record : over) {
      delete(record);
    }
    return 0;
  }

  /// What the record would say is found out from the rest; the record is kept beside the receipt.
  private int deleteWithoutRecord(String wanted, String key, String why) throws Exception {
    session.confirm(
        "Cluster " + wanted + " (" + why + ") and everything that is found of it is deleted.",
        yes,
        "sskuba-ctl delete " + wanted);
    delete(key, wanted, limit(true));
    return 0;
  }

  private void delete(ClusterRecord record) throws Exception {
    boolean here =
        record.rehearsal() || record.target().equals("local") || record.target().equals("docker");
    delete(record.key(), record.shown(), limit(here));
  }

  private void delete(String key, String shown, Duration limit) throws Exception {
    try (RunConsole console = RunConsole.open(session, events)) {
      Deleted deleted = Deletion.of(session).delete(console, key, limit);
      console.finish();
      if (session.json()) {
        session.out().print(deleted.receipt());
        return;
      }
      for (JsonNode file : Json.parse(deleted.receipt()).path("corrupt")) {
        session
            .err()
            .println(
                "  note      "
                    + file.path("file").asText()
                    + " could not be read ("
                    + file.path("cause").asText()
                    + "); kept: "
                    + file.path("kept").asText());
      }
      session.err().println(shown + " is gone; receipt " + deleted.place());
    }
  }

  private Duration limit(boolean here) {
    @Nullable String given = deadline;
    if (given != null) {
      return duration("--deadline", given);
    }
    return here ? LOCAL : REMOTE;
  }

  private static Duration duration(String option, String text) {
    return Durations.parse(text)
        .orElseThrow(
            () ->
                SskubaException.of(
                    ProblemCode.USAGE, option + " is a duration such as 60s or 30m, not " + text));
  }
}
