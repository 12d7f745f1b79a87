package io.sskuba.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.io.Environment;
import io.sskuba.io.RandomSource;
import io.sskuba.io.Yaml;
import io.sskuba.secret.Identities;
import io.sskuba.secret.PassphraseSource;
import io.sskuba.secret.Sealer;
import io.sskuba.secret.UserKeyRing;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// No secret of a cluster is in clear anywhere but in the memory-backed folder: not in what the
/// commands print, not in events, journal, record, Pulumi's state, logs, etcd's files, command
/// lines.
class SecretsPeerIT {
  private static final String NAME = "discreet";
  private static final int SHORTEST = 12;
  private Ctl ctl;
  private Path file;

  @BeforeEach
  void open() throws Exception {
    ctl = Ctl.open();
    file = ctl.file("discreet.yaml", Clusters.yaml(NAME, 1, 1));
  }

  @AfterEach
  void close() throws Exception {
    if (ctl != null) {
      ctl.close();
    }
  }

  @Test
  void nothingIsInClear() throws Exception {
    Path events = ctl.folder.resolve("events.jsonl");
    Map<String, String> places = new HashMap<>();
    CommandLines lines = new CommandLines();
    Thread watcher = Thread.ofPlatform().daemon().start(lines);
    Ctl.Said apply =
        ctl.run("apply", "-f", file.toString(), "-o", "json", "--events", events.toString())
            .exits(0);
    Set<String> secrets = secrets();
    // Five CAs and keys, tokens, the encryption key, passphrase, identity, client keys.
    assertThat(secrets).hasSizeGreaterThan(30);
    ctl.kubectl(NAME, "create", "secret", "generic", "own", "--from-literal=a=in-the-clear-4711");
    secrets.add("in-the-clear-4711");
    places.put("apply's output", apply.out() + apply.err());
    places.put("status", ctl.run("status", NAME, "-o", "json").exits(0).out());
    places.put("logs", ctl.run("logs", NAME).out());
    places.put("events", ctl.run("events", NAME, "-o", "json").exits(0).out());
    collect(places);
    int found = places.size();
    Ctl.Said delete = ctl.run("delete", NAME, "--yes", "-o", "json").exits(0);
    lines.stop.set(true);
    watcher.join();
    places.put("delete's output", delete.out() + delete.err());
    places.put("the events file", Files.readString(events));
    places.put("command lines", String.join("\n", lines.seen));
    collect(places);
    assertThat(lines.seen.toString()).contains("kube-apiserver", "HostMain", "pulumi");
    assertThat(places.keySet())
        .anyMatch(place -> place.endsWith("record.json"))
        .anyMatch(place -> place.endsWith("journal.jsonl"))
        .anyMatch(place -> place.contains(".pulumi/stacks"))
        .anyMatch(place -> place.endsWith("host.log"))
        .anyMatch(place -> place.contains("etcd"));
    assertThat(found).isGreaterThan(20);
    assertThat(leaks(places, secrets)).isEmpty();

    // The net has no hole: each secret, planted anywhere, is found.
    for (String secret : secrets) {
      assertThat(leaks(Map.of("planted", "x=" + secret + "\n"), secrets))
          .as("a planted secret of %d characters", secret.length())
          .isNotEmpty();
    }
  }

  /// Places that hold a secret. Says which place and which kind, never the secret itself.
  private static List<String> leaks(Map<String, String> places, Set<String> secrets) {
    List<String> leaks = new ArrayList<>();
    places.forEach(
        (place, text) -> {
          for (String secret : secrets) {
            if (text.contains(secret)) {
              leaks.add(place + " holds a secret that begins with " + secret.substring(0, 4));
            }
          }
        });
    return leaks;
  }

  private void collect(Map<String, String> places) throws IOException {
    for (String name : Ctl.files(ctl.state())) {
      read(places, ctl.state().resolve(name));
    }
    // Keys may lie in the memory-backed folder, but not in its logs, nor in what names programs.
    for (String name : Ctl.files(ctl.runtime)) {
      if (name.endsWith(".log") || name.endsWith("host.json") || name.endsWith(".pid")) {
        read(places, ctl.runtime.resolve(name));
      }
    }
  }

  private static void read(Map<String, String> places, Path file) {
    try {
      places.put(file.toString(), Files.readString(file, StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      places.put(file + " (gone)", "");
    }
  }

  /// Every secret value of the cluster and its user, in the forms in which it may turn up.
  private Set<String> secrets() throws Exception {
    Environment environment = new Environment(ctl.environment, ctl.folder);
    Path config = ctl.folder.resolve("config/sskuba");
    Sealer sealer =
        new UserKeyRing(
                new Identities(
                    config,
                    environment,
                    RandomSource.system(),
                    PassphraseSource.ofEnvironment(environment, _ -> Optional.empty())),
                RandomSource.system())
            .open(Files.readAllBytes(sealed("cluster.key.age")));
    Set<String> secrets = new TreeSet<>();
    for (String name : List.of("secrets.yaml.age", "talosconfig.age", "kubeconfig.age")) {
      String yaml =
          new String(sealer.open(Files.readAllBytes(sealed(name))), StandardCharsets.UTF_8);
      leaves("", Yaml.load(yaml), secrets);
    }
    add(
        new String(
            sealer.open(Files.readAllBytes(sealed("pulumi.passphrase.age"))),
            StandardCharsets.UTF_8),
        secrets);
    for (String name : Ctl.files(config)) {
      for (String line : Files.readString(config.resolve(name)).lines().toList()) {
        if (line.startsWith("AGE-SECRET-KEY-")) {
          add(line, secrets);
        }
      }
    }
    return secrets;
  }

  private Path sealed(String name) {
    return ctl.state().resolve("clusters").resolve(NAME).resolve("sealed").resolve(name);
  }

  private static void leaves(String key, Object node, Set<String> into) {
    switch (node) {
      case Map<?, ?> map -> map.forEach((k, v) -> leaves(String.valueOf(k), v, into));
      case List<?> list -> list.forEach(v -> leaves(key, v, into));
      case String text when SECRET_KEYS.contains(key) -> add(text, into);
      default -> {}
    }
  }

  /// Of the Talos secrets bundle, a talosconfig and a kubeconfig; the rest of them is public.
  private static final Set<String> SECRET_KEYS =
      Set.of(
          "key",
          "secret",
          "bootstraptoken",
          "secretboxencryptionsecret",
          "aescbcencryptionsecret",
          "trustdinfo",
          "token",
          "client-key-data");

  private static void add(String value, Set<String> into) {
    String text = value.strip();
    into.add(text);
    into.add(Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8)));
    try {
      String decoded = new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8);
      if (decoded.contains("PRIVATE KEY")) {
        // A line of a key is enough of it.
        decoded.lines().filter(l -> l.length() >= 40 && !l.startsWith("-----")).forEach(into::add);
      }
    } catch (IllegalArgumentException e) {
      // Not base64: a token.
    }
    into.removeIf(s -> s.length() < SHORTEST);
  }

  /// The command lines of all of this user's processes, looked at again and again.
  private final class CommandLines implements Runnable {
    private final AtomicBoolean stop = new AtomicBoolean();
    private final Set<String> seen = new TreeSet<>();

    @Override
    public void run() {
      while (!stop.get()) {
        try {
          seen.addAll(ctl.processes().values());
          Thread.sleep(20);
        } catch (IOException e) {
          // A process that ended while it was looked at.
        } catch (InterruptedException e) {
          return;
        }
      }
    }
  }
}
