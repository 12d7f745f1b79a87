package io.sskuba.clouds.dns;

import io.sskuba.dns.ClusterNames;
import io.sskuba.dns.UpdateServer;
import io.sskuba.dns.ZoneWriter;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.wait.Observation;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.NSRecord;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.TXTRecord;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;
import org.xbill.DNS.Update;

/// A zone that is changed by DNS updates.
///
/// One message makes all names, on condition that none of them is in use; if they are ours already,
/// another one replaces them, on condition that the ownership record says so. The server looks and
/// changes in one step (RFC 2136, section 3), so nobody comes in between.
/// - Source: RFC 2136, RFC 8945.
public final class Rfc2136Zone implements ZoneWriter {
  private static final String MARK = "sskuba cluster=";
  private static final List<Integer> TYPES = List.of(Type.A, Type.AAAA, Type.CNAME);
  private static final int MAX_SERVERS = 32;

  private final DnsServer server;
  private final Name zone;
  private final boolean alone;

  private Rfc2136Zone(DnsServer server, Name zone, boolean alone) {
    this.server = server;
    this.zone = zone;
    this.alone = alone;
  }

  /// Calls nobody but to find the server's address.
  public static Rfc2136Zone of(UpdateServer update) {
    return new Rfc2136Zone(DnsServer.of(update), name(update.zone()), update.alone());
  }

  /// An update that changes nothing is looked at like any other: signature, right and conditions.
  @Override
  public void check(ClusterNames names) {
    claim(names, unused(names), ours(names));
  }

  @Override
  public void put(ClusterNames names) {
    Update fresh = unused(names);
    add(fresh, names);
    fresh.add(mark(names));
    Update replacing = ours(names);
    clear(replacing, names);
    add(replacing, names);
    claim(names, fresh, replacing);
  }

  private void claim(ClusterNames names, Update fresh, Update replacing) {
    Message answer = server.ask(fresh);
    if (answer.getRcode() == Rcode.NOERROR) {
      return;
    }
    if (!DnsServer.isPrerequisite(answer.getRcode())) {
      throw refused(answer);
    }
    // Something is there. It is ours, or we leave it as it is.
    Message again = server.ask(replacing);
    if (again.getRcode() == Rcode.NOERROR) {
      return;
    }
    if (!DnsServer.isPrerequisite(again.getRcode())) {
      throw refused(again);
    }
    throw taken(names);
  }

  @Override
  public boolean remove(ClusterNames names) {
    Update update = ours(names);
    clear(update, names);
    update.delete(mark(names));
    Message answer = server.ask(update);
    if (answer.getRcode() == Rcode.NOERROR) {
      return true;
    }
    if (DnsServer.isPrerequisite(answer.getRcode())) {
      return false;
    }
    throw refused(answer);
  }

  @Override
  public boolean owns(ClusterNames names) {
    return owner(names).filter((MARK + names.owner())::equals).isPresent();
  }

  /// An update on condition that the names are nobody's.
  private Update unused(ClusterNames names) {
    Update update = new Update(zone);
    for (Name name : List.of(name(names.fqdn()), wildcard(names), markName(names))) {
      update.absent(name);
    }
    return update;
  }

  /// An update on condition that the names are this cluster's.
  private Update ours(ClusterNames names) {
    Update update = new Update(zone);
    update.present(mark(names, 0)); // else FORMERR (RFC 2136, section 2.4.2)
    return update;
  }

  private static void clear(Update update, ClusterNames names) {
    for (Name name : List.of(name(names.fqdn()), wildcard(names))) {
      TYPES.forEach(type -> update.delete(name, type));
    }
  }

  private static void add(Update update, ClusterNames names) {
    for (Name name : List.of(name(names.fqdn()), wildcard(names))) {
      records(name, names).forEach(update::add);
    }
  }

  private static List<Record> records(Name name, ClusterNames names) {
    long ttl = names.ttl().toSeconds();
    return switch (names.target()) {
      case ClusterNames.Target.Alias alias ->
          List.of(new CNAMERecord(name, DClass.IN, ttl, name(alias.host())));
      case ClusterNames.Target.Addresses a ->
          a.addresses().stream().map(address -> record(name, ttl, address)).toList();
    };
  }

  private static Record record(Name name, long ttl, InetAddress address) {
    return address instanceof Inet4Address
        ? new ARecord(name, DClass.IN, ttl, address)
        : new AAAARecord(name, DClass.IN, ttl, address);
  }

  private static Record mark(ClusterNames names) {
    return mark(names, names.ttl().toSeconds());
  }

  private static Record mark(ClusterNames names, long ttl) {
    return new TXTRecord(markName(names), DClass.IN, ttl, MARK + names.owner());
  }

  private static Name markName(ClusterNames names) {
    return name("_sskuba." + names.fqdn());
  }

  private static Name wildcard(ClusterNames names) {
    return name("*." + names.fqdn());
  }

  private Optional<String> owner(ClusterNames names) {
    Message answer =
        server.ask(Message.newQuery(Record.newRecord(markName(names), Type.TXT, DClass.IN)));
    // No answer is no proof that there is none.
    if (answer.getRcode() != Rcode.NOERROR && answer.getRcode() != Rcode.NXDOMAIN) {
      throw refused(answer);
    }
    return answer.getSection(Section.ANSWER).stream()
        .filter(TXTRecord.class::isInstance)
        .map(r -> String.join("", ((TXTRecord) r).getStrings()))
        .findFirst();
  }

  private SskubaException taken(ClusterNames names) {
    String owner =
        owner(names).map(o -> o.replace(MARK, "cluster ")).orElse("somebody who did not say so");
    return new SskubaException(
        Problem.of(ProblemCode.DNS_NAME_TAKEN, "the name " + names.fqdn() + " is another's")
            .fact("owner", owner)
            .fact("server", server.shown())
            .fact("record", markName(names) + " TXT")
            .exists("the name as it was; nothing was overwritten")
            .next("dig @" + server.shown().replace(":", " -p ") + " " + names.fqdn() + " ANY"));
  }

  /// Tells a zone that is not there from a server that does not want.
  private SskubaException refused(Message answer) {
    String code = Rcode.string(answer.getRcode());
    boolean missing =
        answer.getRcode() == Rcode.NOTZONE
            || ((answer.getRcode() == Rcode.NOTAUTH || answer.getRcode() == Rcode.REFUSED)
                && !isAuthoritative());
    return missing
        ? DnsProblems.of(
            ProblemCode.DNS_ZONE_MISSING,
            "the DNS server has no such zone",
            server.shown(),
            zone.toString(true),
            code,
            null)
        : DnsProblems.of(
            ProblemCode.DNS_REFUSED,
            "the DNS server refuses the update",
            server.shown(),
            zone.toString(true),
            code,
            null);
  }

  private boolean isAuthoritative() {
    Message answer = server.ask(Message.newQuery(Record.newRecord(zone, Type.SOA, DClass.IN)));
    return answer.getRcode() == Rcode.NOERROR
        && answer.getHeader().getFlag(Flags.AA)
        && !answer.getSection(Section.ANSWER).isEmpty();
  }

  @Override
  public Observation<Integer> served(ClusterNames names) {
    List<DnsServer> servers;
    try {
      servers = authoritative();
    } catch (SskubaException e) {
      return Observation.notYet(server.shown() + ": " + e.problem().summary());
    }
    for (DnsServer each : servers) {
      // One name of those that the wildcard stands for.
      for (Name name : List.of(name(names.fqdn()), name("sskuba-check." + names.fqdn()))) {
        String seen = seen(each, name, names);
        if (!seen.isEmpty()) {
          return Observation.notYet(each.shown() + ": " + name.toString(true) + " " + seen);
        }
      }
    }
    return Observation.met(servers.size());
  }

  /// Empty when the server answers as it should.
  private static String seen(DnsServer server, Name name, ClusterNames names) {
    Set<String> wanted = new TreeSet<>();
    Set<String> found = new TreeSet<>();
    try {
      for (Record record : records(name, names)) {
        wanted.add(record.rdataToString());
        Message answer =
            server.ask(Message.newQuery(Record.newRecord(name, record.getType(), DClass.IN)));
        if (answer.getRcode() != Rcode.NOERROR) {
          return Rcode.string(answer.getRcode());
        }
        answer.getSection(Section.ANSWER).stream()
            .filter(r -> r.getType() == record.getType())
            .forEach(r -> found.add(r.rdataToString()));
      }
    } catch (SskubaException e) {
      return "no answer";
    }
    return found.equals(wanted) ? "" : found.isEmpty() ? "no record" : String.join(" ", found);
  }

  /// The zone's servers as the zone names them, at their addresses as the zone or the system knows
  /// them. Where none can be found, the server that took the update stands for all.
  private List<DnsServer> authoritative() {
    if (alone) {
      return List.of(server);
    }
    List<DnsServer> servers = new ArrayList<>();
    Message answer = server.ask(Message.newQuery(Record.newRecord(zone, Type.NS, DClass.IN)));
    for (Record record : answer.getSection(Section.ANSWER)) {
      if (record instanceof NSRecord ns && servers.size() < MAX_SERVERS) {
        addresses(ns.getTarget())
            .forEach(a -> servers.add(server.at(a, ns.getTarget().toString(true))));
      }
    }
    return servers.isEmpty() ? List.of(server) : servers;
  }

  private List<InetAddress> addresses(Name host) {
    if (host.subdomain(zone)) {
      List<InetAddress> known = new ArrayList<>();
      for (int type : List.of(Type.A, Type.AAAA)) {
        Message answer = server.ask(Message.newQuery(Record.newRecord(host, type, DClass.IN)));
        for (Record record : answer.getSection(Section.ANSWER)) {
          switch (record) {
            case ARecord a -> known.add(a.getAddress());
            case AAAARecord a -> known.add(a.getAddress());
            default -> {}
          }
        }
      }
      return known;
    }
    try {
      return List.of(InetAddress.getAllByName(host.toString(true)));
    } catch (UnknownHostException e) {
      return List.of();
    }
  }

  private static Name name(String text) {
    try {
      return Name.fromString(text, Name.root);
    } catch (TextParseException e) {
      throw new IllegalArgumentException("no DNS name: " + text, e);
    }
  }
}
