package io.sskuba.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The wall around a rehearsal: in a network namespace of its own, whose only way out is a device
/// that counts packets and leads nowhere, with decoy credentials, kubeconfigs and endpoints set.
///
/// Not one packet may leave, and no decoy file may be opened (its access time tells).
class WallPeerIT {
  /// Longer than a run on a busy machine.
  private static final long LIMIT_SECONDS = 240;

  private Ctl ctl;

  @BeforeEach
  void open() throws Exception {
    ctl = Ctl.open();
    Assumptions.assumeTrue(
        run(List.of("unshare", "-n", "ip", "link", "set", "lo", "up")).exit() == 0,
        "SKIPPED: no network namespace can be made here");
  }

  @AfterEach
  void close() throws Exception {
    if (ctl != null) {
      ctl.close();
    }
  }

  private record Ended(int exit, String text) {}

  private Ended run(List<String> command) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    Path out = ctl.folder.resolve("wall.log");
    builder.redirectOutput(out.toFile());
    builder.environment().clear();
    builder.environment().putAll(ctl.environment);
    Process process = builder.start();
    if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    return new Ended(process.waitFor(), Files.readString(out));
  }

  /// Runs `script` behind the wall. The last lines of its output are the packets that left and the
  /// exit code.
  private Ended behindTheWall(String script) throws Exception {
    Path file = ctl.folder.resolve("wall.sh");
    Files.writeString(
        file,
        """
        set -eu
        ip link set lo up
        ip link add wall0 type veth peer name wall1
        echo 1 > /proc/sys/net/ipv6/conf/wall0/disable_ipv6
        echo 1 > /proc/sys/net/ipv6/conf/wall1/disable_ipv6
        ip addr add 198.18.0.2/15 dev wall0
        ip link set wall0 up
        ip link set wall1 up
        ip route add default via 198.18.0.1 dev wall0
        before=$(cat /sys/class/net/wall0/statistics/tx_packets)
        set +e
        (
        %s
        )
        code=$?
        after=$(cat /sys/class/net/wall0/statistics/tx_packets)
        echo "left=$((after - before))"
        exit $code
        """
            .formatted(script));
    return run(List.of("unshare", "-n", "-m", "bash", "-c", mounts() + "bash " + file));
  }

  /// `/sys` of the new namespace, so that its device is counted and not an old one's.
  private static String mounts() {
    return "mount -t sysfs none /sys 2>/dev/null; ";
  }

  /// Decoys: whoever opens or dials one of them breaks the wall.
  private Map<Path, FileTime> decoys() throws Exception {
    Map<String, String> files = new LinkedHashMap<>();
    files.put(
        "home/.aws/credentials",
        "[default]\naws_access_key_id=DECOY\naws_secret_access_key=DECOY\n");
    files.put("home/.aws/config", "[default]\nregion=us-east-1\n");
    files.put("home/.azure/azureProfile.json", "{}");
    files.put("home/.kube/config", "apiVersion: v1\nkind: Config\n");
    files.put("home/.pulumi/credentials.json", "{}");
    files.put("home/.docker/config.json", "{}");
    files.put("home/.netrc", "machine git.example.org login a password DECOY\n");
    files.put("home/.gitconfig", "[user]\nname = decoy\n");
    files.put("home/.talos/config", "context: decoy\n");
    files.put("home/.vault-token", "DECOY");
    files.put("decoy/git-token", "DECOY");
    Map<Path, FileTime> stamps = new LinkedHashMap<>();
    FileTime old = FileTime.from(Instant.now().minus(10, ChronoUnit.DAYS));
    for (Map.Entry<String, String> file : files.entrySet()) {
      Path path = ctl.folder.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.writeString(path, file.getValue(), StandardCharsets.UTF_8);
      // An access time older than a day is brought up to date by any read, whatever the mount says
      // short of noatime.
      Files.setLastModifiedTime(path, FileTime.from(Instant.now().minus(11, ChronoUnit.DAYS)));
      Files.setAttribute(path, "lastAccessTime", old);
      stamps.put(path, (FileTime) Files.getAttribute(path, "lastAccessTime"));
    }
    Map<String, String> env = ctl.environment;
    env.put("AWS_ACCESS_KEY_ID", "DECOY");
    env.put("AWS_SECRET_ACCESS_KEY", "DECOY");
    env.put("AWS_ENDPOINT_URL", "http://198.18.0.9:4566");
    env.put("ARM_CLIENT_ID", "DECOY");
    env.put("ARM_CLIENT_SECRET", "DECOY");
    env.put("VAULT_ADDR", "http://198.18.0.9:8200");
    env.put("VAULT_TOKEN", "DECOY");
    env.put("KUBECONFIG", ctl.folder.resolve("home/.kube/config").toString());
    env.put("TALOSCONFIG", ctl.folder.resolve("home/.talos/config").toString());
    env.put("PULUMI_ACCESS_TOKEN", "DECOY");
    env.put("PULUMI_BACKEND_URL", "https://198.18.0.9");
    env.put("DOCKER_HOST", "tcp://198.18.0.9:2375");
    env.put("HTTPS_PROXY", "http://198.18.0.9:3128");
    env.put("HTTP_PROXY", "http://198.18.0.9:3128");
    env.put("SSKUBA_GIT_TOKEN", "DECOY");
    env.put("SSKUBA_TELEPORT_TOKEN", "DECOY");
    env.put("TELEPORT_PROXY", "198.18.0.9:443");
    return stamps;
  }

  private static void assertUntouched(Map<Path, FileTime> stamps) throws Exception {
    for (Map.Entry<Path, FileTime> stamp : stamps.entrySet()) {
      assertThat((FileTime) Files.getAttribute(stamp.getKey(), "lastAccessTime"))
          .as("opened: %s", stamp.getKey())
          .isEqualTo(stamp.getValue());
    }
  }

  /// The largest of the examples; the others are behind the wall in [WallLongIT].
  @Test
  void nothingLeavesAndNoDecoyIsOpened() throws Exception {
    rehearses("aws");
  }

  void rehearses(String target) throws Exception {
    String yaml = Files.readString(Ctl.root().resolve("examples/" + target + ".yaml"));
    // One machine a pool is enough to see whether a packet leaves.
    Path file = ctl.file("wall.yaml", yaml);
    Map<Path, FileTime> stamps = decoys();
    List<String> ctlCommand = Ctl.command();
    String sk = String.join(" ", ctlCommand.stream().map(WallPeerIT::quoted).toList());
    Ended ended =
        behindTheWall(
            sk
                + " apply --rehearse -f "
                + file
                + " && "
                + sk
                + " delete --rehearse -f "
                + file
                + " --yes");
    assertThat(ended.exit()).as(ended.text()).isZero();
    assertThat(ended.text()).endsWith("left=0\n");
    assertUntouched(stamps);
  }

  /// The instruments see a breach: a dial out is counted, a read is stamped.
  @Test
  void aBreachIsSeen() throws Exception {
    Map<Path, FileTime> stamps = decoys();
    Path decoy = stamps.keySet().iterator().next();
    Ended ended =
        behindTheWall(
            "timeout 2 bash -c 'exec 3<>/dev/tcp/198.18.0.9/443' ; cat "
                + decoy
                + " >/dev/null; true");
    assertThat(ended.text()).doesNotEndWith("left=0\n");
    List<Path> opened = new ArrayList<>();
    for (Map.Entry<Path, FileTime> stamp : stamps.entrySet()) {
      if (!Files.getAttribute(stamp.getKey(), "lastAccessTime").equals(stamp.getValue())) {
        opened.add(stamp.getKey());
      }
    }
    assertThat(opened).containsExactly(decoy);
  }

  private static String quoted(String word) {
    return "'" + word.replace("'", "'\\''") + "'";
  }
}
