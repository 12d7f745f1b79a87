package io.sskuba.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// Real DNS servers on loopback. [#ZONE] takes updates that are signed with one key, [#OPEN] takes
/// any from this machine, `closed.example.org` takes none.
public final class DnsPeers {
  public static final String ZONE = "k8s.example.org";
  public static final String OPEN = "open.example.org";
  public static final String KEY = "sskuba-key";
  public static final String ALGORITHM = "hmac-sha256";
  public static final String SECRET = "c2VjcmV0LW9mLXRoZS10ZXN0cy1vbmx5LTAxMjM0NTY=";

  private DnsPeers() {}

  public static TestServices.Running bind(String host, Path folder) throws IOException {
    return bind(host, TestServices.freePort(host), folder);
  }

  /// On a port that is known before; with what an earlier one left in the folder.
  public static TestServices.Running bind(String host, int port, Path folder) throws IOException {
    Path named = TestServices.require("named");
    Files.createDirectories(folder);
    for (String file : List.of("zone.db", "closed.db", "open.db")) {
      zoneFile(folder.resolve(file), host);
    }
    Files.writeString(
        folder.resolve("named.conf"),
        """
        key "%1$s" { algorithm %2$s; secret "%3$s"; };
        options { directory "%4$s"; listen-on port %6$d { %5$s; }; listen-on-v6 { none; };
          pid-file none; session-keyfile "%4$s/session.key"; recursion no; dnssec-validation no;
          allow-transfer { none; }; };
        controls { };
        zone "%7$s" { type primary; file "zone.db"; allow-update { key "%1$s"; }; };
        zone "closed.example.org" { type primary; file "closed.db"; allow-update { none; }; };
        zone "%8$s" { type primary; file "open.db"; allow-update { 127.0.0.0/8; }; };
        """
            .formatted(KEY, ALGORITHM, SECRET, folder, host, port, ZONE, OPEN));
    return TestServices.start(
        List.of(named.toString(), "-g", "-n", "1", "-c", folder.resolve("named.conf").toString()),
        Map.of(),
        host,
        port,
        folder);
  }

  public static TestServices.Running knot(String host, Path folder) throws IOException {
    Path knotd = TestServices.require("knotd");
    int port = TestServices.freePort(host);
    Files.createDirectories(folder.resolve("zones"));
    zoneFile(folder.resolve("zones/" + ZONE + ".zone"), host);
    zoneFile(folder.resolve("zones/closed.example.org.zone"), host);
    zoneFile(folder.resolve("zones/" + OPEN + ".zone"), host);
    Files.writeString(
        folder.resolve("knot.conf"),
        """
        server:
            rundir: "%4$s"
            listen: %5$s@%6$d
            udp-workers: 1
            tcp-workers: 1
            background-workers: 1
        log:
          - target: stdout
            any: info
        database:
            storage: "%4$s/db"
        key:
          - id: %1$s
            algorithm: %2$s
            secret: %3$s
        acl:
          - id: update
            key: %1$s
            action: update
          - id: anybody
            address: 127.0.0.0/8
            action: update
        zone:
          - domain: %7$s
            storage: "%4$s/zones"
            acl: update
          - domain: closed.example.org
            storage: "%4$s/zones"
          - domain: %8$s
            storage: "%4$s/zones"
            acl: anybody
        """
            .formatted(KEY, ALGORITHM, SECRET, folder, host, port, ZONE, OPEN));
    Files.createDirectories(folder.resolve("db"));
    return TestServices.start(
        List.of(knotd.toString(), "-c", folder.resolve("knot.conf").toString()),
        Map.of(),
        host,
        port,
        folder);
  }

  private static void zoneFile(Path file, String host) throws IOException {
    if (Files.exists(file)) {
      return;
    }
    Files.writeString(
        file,
        """
        $TTL 60
        @ IN SOA ns1 hostmaster 1 3600 600 86400 60
        @ IN NS ns1
        ns1 IN A %s
        taken IN A 192.0.2.1
        """
            .formatted(host));
  }
}
