package io.sskuba.clouds.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.clouds.Clouds;
import io.sskuba.dns.ClusterNames;
import io.sskuba.dns.UpdateServer;
import io.sskuba.dns.ZoneWriter;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.secret.SecretValue;
import io.sskuba.testkit.DnsPeers;
import io.sskuba.testkit.TestServices;
import io.sskuba.wait.Waiter;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.Type;

/// What a server that takes updates must do, and what it must refuse. Each test has names of its
/// own.
abstract class ZoneWriterContract {
  abstract TestServices.Running server();

  /// What the server says to a key that it knows and that may not change this zone.
  ProblemCode notAllowed() {
    return ProblemCode.DNS_REFUSED;
  }

  private static UpdateServer.TsigKey key(String name, String secret) {
    return new UpdateServer.TsigKey(name, DnsPeers.ALGORITHM, new SecretValue(secret));
  }

  private ZoneWriter writer() {
    return writer(DnsPeers.ZONE, key(DnsPeers.KEY, DnsPeers.SECRET));
  }

  private ZoneWriter writer(String zone, UpdateServer.TsigKey key) {
    return new Clouds().zone(new UpdateServer(server().address(), zone, key), TimeSource.system());
  }

  private void await(ClusterNames names, Duration limit) throws InterruptedException {
    ZoneWriter writer = writer();
    new Waiter(TimeSource.system(), _ -> {})
        .await(
            "the names",
            limit,
            Duration.ofMillis(200),
            ProblemCode.DNS_NOT_SERVED,
            () -> writer.served(names));
  }

  private static ClusterNames names(String name, String owner, String... addresses) {
    List<InetAddress> parsed = new ArrayList<>();
    for (String address : addresses) {
      parsed.add(InetAddress.ofLiteral(address));
    }
    return new ClusterNames(
        name + "." + DnsPeers.ZONE,
        owner,
        new ClusterNames.Target.Addresses(parsed),
        ClusterNames.TTL);
  }

  private static ClusterNames alias(String name, String owner, String host) {
    return new ClusterNames(
        name + "." + DnsPeers.ZONE, owner, new ClusterNames.Target.Alias(host), ClusterNames.TTL);
  }

  static void assertCode(ProblemCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SskubaException.class, e -> assertThat(e.problem().code()).isEqualTo(code));
  }

  private List<String> ask(String name, int type) throws Exception {
    SimpleResolver resolver =
        new SimpleResolver(new java.net.InetSocketAddress(server().host(), server().port()));
    Message answer =
        resolver.send(
            Message.newQuery(
                Record.newRecord(
                    Name.fromString(name + "." + DnsPeers.ZONE + "."), type, DClass.IN)));
    return answer.getSection(Section.ANSWER).stream().map(Record::rdataToString).sorted().toList();
  }

  @Test
  void addressesOfBothKindsAndTheWildcard() throws Exception {
    ClusterNames names = names("both", "c1", "192.0.2.10", "192.0.2.11", "2001:db8::1");
    writer().put(names);
    await(names, Duration.ofSeconds(10));
    assertThat(ask("both", Type.A)).containsExactly("192.0.2.10", "192.0.2.11");
    assertThat(ask("both", Type.AAAA)).containsExactly("2001:db8:0:0:0:0:0:1");
    assertThat(ask("shop.both", Type.A)).containsExactly("192.0.2.10", "192.0.2.11");
    assertThat(ask("_sskuba.both", Type.TXT)).containsExactly("\"sskuba cluster=c1\"");
    assertThat(writer().owns(names)).isTrue();
    assertThat(writer().remove(names)).isTrue();
    for (String each : List.of("both", "shop.both")) {
      assertThat(ask(each, Type.A)).isEmpty();
      assertThat(ask(each, Type.AAAA)).isEmpty();
    }
    assertThat(ask("_sskuba.both", Type.TXT)).isEmpty();
    assertThat(writer().owns(names)).isFalse();
    assertThat(writer().remove(names)).as("already gone").isFalse();
  }

  @Test
  void anAliasThatChangesIntoAddresses() throws Exception {
    ClusterNames first = alias("alias", "c2", "lb-1.elb.example.net");
    writer().put(first);
    writer().put(first);
    await(first, Duration.ofSeconds(10));
    assertThat(ask("alias", Type.CNAME)).containsExactly("lb-1.elb.example.net.");
    assertThat(ask("a.alias", Type.CNAME)).containsExactly("lb-1.elb.example.net.");
    ClusterNames second = names("alias", "c2", "192.0.2.20");
    writer().put(second);
    assertThat(ask("alias", Type.CNAME)).isEmpty();
    assertThat(ask("alias", Type.A)).containsExactly("192.0.2.20");
    assertThat(writer().remove(first)).isTrue();
  }

  @Test
  void nobodyElsesNameIsOverwrittenOrRemoved() throws Exception {
    ClusterNames theirs = names("shared", "them", "192.0.2.30");
    writer().put(theirs);
    ClusterNames ours = names("shared", "us", "192.0.2.31");
    assertThatThrownBy(() -> writer().put(ours))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(ProblemCode.DNS_NAME_TAKEN);
              assertThat(e.problem().facts().toString()).contains("cluster them");
            });
    assertThat(writer().remove(ours)).isFalse();
    assertThat(ask("shared", Type.A)).containsExactly("192.0.2.30");
    // A name that a person wrote, with no ownership record beside it.
    assertCode(ProblemCode.DNS_NAME_TAKEN, () -> writer().put(names("taken", "us", "192.0.2.31")));
    assertThat(ask("taken", Type.A)).containsExactly("192.0.2.1");
    assertThat(ask("_sskuba.taken", Type.TXT)).isEmpty();
  }

  @Test
  void ofManyThatWantOneNameOneGetsIt() throws Exception {
    int won = 0;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Boolean>> results = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        ClusterNames names = names("race", "racer" + i, "192.0.2." + (100 + i));
        results.add(
            threads.submit(
                () -> {
                  try {
                    writer().put(names);
                    return true;
                  } catch (SskubaException e) {
                    assertThat(e.problem().code()).isEqualTo(ProblemCode.DNS_NAME_TAKEN);
                    return false;
                  }
                }));
      }
      for (Future<Boolean> result : results) {
        won += result.get() ? 1 : 0;
      }
    }
    assertThat(won).isEqualTo(1);
    assertThat(ask("race", Type.A)).hasSize(1);
  }

  @Test
  void eachRefusalHasItsOwnWord() {
    ClusterNames names = names("refused", "c3", "192.0.2.40");
    String wrong = "d3JvbmctLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0=";
    assertCode(
        ProblemCode.DNS_KEY, () -> writer(DnsPeers.ZONE, key(DnsPeers.KEY, wrong)).put(names));
    assertCode(ProblemCode.DNS_KEY, () -> writer(DnsPeers.ZONE, key("nobody", wrong)).put(names));
    assertCode(
        ProblemCode.DNS_KEY,
        () -> writer(DnsPeers.ZONE, key(DnsPeers.KEY, "no base64!")).put(names));
    assertCode(ProblemCode.DNS_REFUSED, () -> writer(DnsPeers.ZONE, null).put(names));
    assertCode(
        ProblemCode.DNS_ZONE_MISSING,
        () ->
            writer("missing.example.org", key(DnsPeers.KEY, DnsPeers.SECRET))
                .put(
                    new ClusterNames(
                        "x.missing.example.org", "c3", names.target(), ClusterNames.TTL)));
    assertCode(
        notAllowed(),
        () ->
            writer("closed.example.org", key(DnsPeers.KEY, DnsPeers.SECRET))
                .put(
                    new ClusterNames(
                        "x.closed.example.org", "c3", names.target(), ClusterNames.TTL)));
    assertCode(
        ProblemCode.DNS_ZONE_MISSING,
        () ->
            writer()
                .put(new ClusterNames("x.elsewhere.test", "c3", names.target(), ClusterNames.TTL)));
  }

  /// The look before anything is made: what `put` would say, and no change.
  @Test
  void aCheckSaysWhatAPutWouldAndChangesNothing() throws Exception {
    ClusterNames names = names("checked", "c5", "192.0.2.60");
    writer().check(names);
    assertThat(ask("checked", Type.A)).isEmpty();
    assertThat(ask("_sskuba.checked", Type.TXT)).isEmpty();
    writer().put(names);
    writer().check(names);
    assertThat(ask("checked", Type.A)).containsExactly("192.0.2.60");
    assertThatThrownBy(() -> writer().check(names("checked", "others", "192.0.2.61")))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(ProblemCode.DNS_NAME_TAKEN);
              assertThat(e.problem().facts().toString()).contains("cluster c5");
            });
    assertCode(
        ProblemCode.DNS_NAME_TAKEN, () -> writer().check(names("taken", "c5", "192.0.2.60")));
    String wrong = "d3JvbmctLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0=";
    assertCode(
        ProblemCode.DNS_KEY, () -> writer(DnsPeers.ZONE, key(DnsPeers.KEY, wrong)).check(names));
    assertCode(ProblemCode.DNS_REFUSED, () -> writer(DnsPeers.ZONE, null).check(names));
    assertThat(writer().remove(names)).isTrue();
  }

  /// A server that refuses to say is not one that says that there is nothing.
  @Test
  void whatAServerDoesNotSayIsNoProof() {
    assertThatThrownBy(
            () ->
                writer("elsewhere.test", null)
                    .owns(
                        new ClusterNames(
                            "x.elsewhere.test",
                            "c6",
                            new ClusterNames.Target.Alias("lb.example.net"),
                            ClusterNames.TTL)))
        .isInstanceOf(SskubaException.class);
  }

  @Test
  void whatIsNotServedIsSaidWithTheLastObservation() {
    ClusterNames names = names("unserved", "c4", "192.0.2.50");
    assertThatThrownBy(() -> await(names, Duration.ofSeconds(1)))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(ProblemCode.DNS_NOT_SERVED);
              assertThat(e.problem().facts().toString()).contains("NXDOMAIN").contains("ns1.");
            });
  }

  @Test
  void aServerThatIsNotThere() {
    ZoneWriter nowhere =
        new Clouds()
            .zone(
                new UpdateServer(server().host() + ":1", DnsPeers.ZONE, null), TimeSource.system());
    assertCode(ProblemCode.DNS_UNREACHABLE, () -> nowhere.put(names("x", "c", "192.0.2.1")));
  }
}
