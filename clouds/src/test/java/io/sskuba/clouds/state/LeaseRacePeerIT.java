package io.sskuba.clouds.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.testkit.TestServices;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two processes race for one lease on S3: one wins. It is killed; the other machine's next process
/// gets the lease only after its term.
class LeaseRacePeerIT {
  private final List<Process> started = new ArrayList<>();
  private TestServices.Running moto;
  @TempDir Path folder;

  @AfterEach
  void stop() {
    started.forEach(Process::destroyForcibly);
    if (moto != null) {
      moto.close();
    }
  }

  private Process racer(String url) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Daws.accessKeyId=test",
                "-Daws.secretAccessKey=test",
                "-cp",
                System.getProperty("java.class.path"),
                LeaseRacer.class.getName(),
                url,
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    started.add(process);
    return process;
  }

  @Test
  void oneWins() throws Exception {
    moto = TestServices.moto("127.213.8.1", folder);
    HttpRequest make =
        HttpRequest.newBuilder(URI.create(moto.url() + "/race"))
            .PUT(HttpRequest.BodyPublishers.noBody())
            .build();
    HttpClient.newHttpClient().send(make, HttpResponse.BodyHandlers.ofString());
    String url = "s3://race?region=us-east-1&s3ForcePathStyle=true&endpoint=" + moto.url();
    Process first = racer(url);
    Process second = racer(url);
    List<String> words = new ArrayList<>();
    for (Process each : List.of(first, second)) {
      words.add(each.inputReader().readLine());
    }
    for (Process each : List.of(first, second)) {
      each.outputWriter().write("go\n");
      each.outputWriter().flush();
    }
    assertThat(words).containsExactly("ready", "ready");
    words.clear();
    for (Process each : List.of(first, second)) {
      words.add(each.inputReader().readLine());
    }
    assertThat(words).containsExactlyInAnyOrder("won", "SSK-STATE-004");
    Process winner = words.getFirst().equals("won") ? first : second;
    winner.destroyForcibly();
    assertThat(winner.waitFor(10, TimeUnit.SECONDS)).isTrue();
    // The same machine: a dead holder is dead at once.
    Process third = racer(url);
    assertThat(third.inputReader().readLine()).isEqualTo("ready");
    third.outputWriter().write("go\n");
    third.outputWriter().flush();
    assertThat(third.inputReader().readLine()).isEqualTo("won");
  }
}
