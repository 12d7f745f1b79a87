package io.sskuba.clouds.dns;

import io.sskuba.testkit.TestServices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// Real DNS servers on loopback, each with the zone `k8s.example.org` and one TSIG key.
final class DnsPeers {
  static final String ZONE = "k8s.example.org";
  static final String KEY = "sskuba-key";
  static final String ALGORITHM = "hmac-sha256";
  static final String SECRET = "c2VjcmV0LW9mLXRoZS10ZXN0cy1vbmx5LTAxMjM0NTY=";

  private DnsPeers() {}

  static TestServices.Running bind(String host, Path folder) throws IOException {
    Path named = TestServices.require("named");
    int port = TestServices.freePort(host);
    Files.createDirectories(folder);
    zoneFile(folder.resolve("zone.db"), host);
    zoneFile(folder.resolve("closed.db"), host);
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
        """
            .formatted(KEY, ALGORITHM, SECRET, folder, host, port, ZONE));
    return TestServices.start(
        List.of(named.toString(), "-g", "-n", "1", "-c", folder.resolve("named.conf").toString()),
        Map.of(),
        host,
        port,
        folder);
  }

  static TestServices.Running knot(String host, Path folder) throws IOException {
    Path knotd = TestServices.require("knotd");
    int port = TestServices.freePort(host);
    Files.createDirectories(folder.resolve("zones"));
    zoneFile(folder.resolve("zones/" + ZONE + ".zone"), host);
    zoneFile(folder.resolve("zones/closed.example.org.zone"), host);
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
        zone:
          - domain: %7$s
            storage: "%4$s/zones"
            acl: update
          - domain: closed.example.org
            storage: "%4$s/zones"
        """
            .formatted(KEY, ALGORITHM, SECRET, folder, host, port, ZONE));
    Files.createDirectories(folder.resolve("db"));
    return TestServices.start(
        List.of(knotd.toString(), "-c", folder.resolve("knot.conf").toString()),
        Map.of(),
        host,
        port,
        folder);
  }

  private static void zoneFile(Path file, String host) throws IOException {
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
