package io.sskuba.clouds.dns;

import io.sskuba.clouds.RemoteCall;
import io.sskuba.dns.UpdateServer;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.TSIG;
import org.xbill.DNS.TSIGRecord;
import org.xbill.DNS.TextParseException;

/// Talks to one DNS server, over TCP, so that an update is not sent twice and no answer is cut.
/// - Limits: 5 s an answer, three tries of what may be sent again.
final class DnsServer {
  private static final Duration ANSWER = Duration.ofSeconds(5);
  private static final int TRIES = 3;
  private static final Map<String, Name> ALGORITHMS =
      Map.of(
          "hmac-sha1", TSIG.HMAC_SHA1,
          "hmac-sha224", TSIG.HMAC_SHA224,
          "hmac-sha256", TSIG.HMAC_SHA256,
          "hmac-sha384", TSIG.HMAC_SHA384,
          "hmac-sha512", TSIG.HMAC_SHA512);

  private final String shown;
  private final String zone;
  private final int port;
  private final SimpleResolver resolver;
  private final @Nullable TSIG key;

  private DnsServer(
      String shown, String zone, int port, SimpleResolver resolver, @Nullable TSIG key) {
    this.shown = shown;
    this.zone = zone;
    this.port = port;
    this.resolver = resolver;
    this.key = key;
  }

  /// Errors: `DNS_UNREACHABLE` for a name that no address is known of, `DNS_KEY` for a key that is
  /// none.
  static DnsServer of(UpdateServer server) {
    String text = server.server();
    int colon = text.lastIndexOf(':');
    boolean withPort = colon > 0 && text.indexOf(':') == colon || text.contains("]:");
    String host = (withPort ? text.substring(0, colon) : text).replaceAll("[\\[\\]]", "");
    int port = withPort ? Integer.parseInt(text.substring(colon + 1)) : 53;
    try {
      InetAddress address = InetAddress.getByName(host);
      return at(text, server.zone(), new InetSocketAddress(address, port), tsig(server));
    } catch (UnknownHostException e) {
      throw DnsProblems.of(
          ProblemCode.DNS_UNREACHABLE,
          "the DNS server cannot be found",
          text,
          server.zone(),
          "no address is known of " + host,
          e);
    }
  }

  /// The same zone on another server, on the same port.
  DnsServer at(InetAddress address, String name) {
    String where = name + " (" + address.getHostAddress() + ")";
    return at(where, zone, new InetSocketAddress(address, port), null);
  }

  private static DnsServer at(
      String shown, String zone, InetSocketAddress address, @Nullable TSIG key) {
    SimpleResolver resolver = new SimpleResolver(address);
    resolver.setTCP(true);
    resolver.setTimeout(ANSWER);
    resolver.setEDNS(-1);
    resolver.setTSIGKey(key);
    return new DnsServer(shown, zone, address.getPort(), resolver, key);
  }

  private static @Nullable TSIG tsig(UpdateServer server) {
    UpdateServer.TsigKey key = server.key();
    if (key == null) {
      return null;
    }
    Name algorithm =
        ALGORITHMS.get(key.algorithm().toLowerCase(Locale.ROOT).replaceAll("\\.$", ""));
    String cause;
    if (algorithm == null) {
      cause = "unknown algorithm " + key.algorithm();
    } else {
      try {
        byte[] secret = Base64.getDecoder().decode(key.secret().reveal().strip());
        return new TSIG(algorithm, Name.fromString(key.name(), Name.root), secret);
      } catch (IllegalArgumentException e) {
        cause = "its secret is no base64";
      } catch (TextParseException e) {
        cause = "its name is none";
      }
    }
    throw DnsProblems.of(
        ProblemCode.DNS_KEY,
        "the TSIG key " + key.name() + " cannot be used",
        server.server(),
        server.zone(),
        cause,
        null);
  }

  String shown() {
    return shown;
  }

  /// One question or update and its answer. Errors: `DNS_UNREACHABLE`; `DNS_KEY` for an answer that
  /// says what is wrong with our signature, or that is itself not signed with our key.
  Message ask(Message question) {
    Message answer = send(question);
    TSIGRecord signature = answer.getTSIG();
    int error = signature == null ? 0 : signature.getError();
    if (error != 0) {
      throw key(Rcode.TSIGstring(error));
    }
    boolean settled = answer.getRcode() == Rcode.NOERROR || isPrerequisite(answer.getRcode());
    if (key != null && settled && !answer.isVerified()) {
      throw key("the answer is not signed with this key");
    }
    return answer;
  }

  /// The answers that say that a prerequisite is not met.
  static boolean isPrerequisite(int code) {
    return code == Rcode.YXDOMAIN
        || code == Rcode.YXRRSET
        || code == Rcode.NXRRSET
        || code == Rcode.NXDOMAIN;
  }

  private SskubaException key(String cause) {
    return DnsProblems.of(
        ProblemCode.DNS_KEY,
        "the DNS server does not take our signature",
        shown,
        zone,
        cause,
        null);
  }

  private Message send(Message question) {
    RuntimeException last = null;
    for (int i = 0; i < TRIES; i++) {
      Message copy = question.clone();
      copy.getHeader().unsetFlag(Flags.RD);
      try {
        return RemoteCall.run(ANSWER.plusSeconds(1), () -> once(copy));
      } catch (UncheckedIOException | RemoteCall.Overdue e) {
        last = e;
      }
    }
    Throwable why = last != null && last.getCause() != null ? last.getCause() : last;
    throw DnsProblems.of(
        ProblemCode.DNS_UNREACHABLE,
        "the DNS server does not answer",
        shown,
        zone,
        TRIES + " tries of " + ANSWER.toSeconds() + "s: " + (why == null ? "" : why.getMessage()),
        last);
  }

  private Message once(Message question) {
    try {
      return resolver.send(question);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
