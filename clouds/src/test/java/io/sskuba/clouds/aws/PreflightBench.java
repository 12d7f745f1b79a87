package io.sskuba.clouds.aws;

import io.sskuba.infra.Platform.Finding;
import io.sskuba.io.TimeSource;
import io.sskuba.spec.ClusterSpec;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/// The look at an account whose calls take 200 ms each, in a JVM that never did it before: what
/// `apply` waits for. Arguments: a folder that it may write in; a cluster file.
///
/// Prints seconds, and how many calls were made; then how long the same takes once more, when both
/// this JVM and the stand-in have done it: what is left then is the calls themselves.
final class PreflightBench {
  private static final Duration CALL = Duration.ofMillis(200);

  private PreflightBench() {}

  public static void main(String[] arguments) throws Exception {
    Path folder = Files.createDirectories(Path.of(arguments[0]));
    String file =
        Files.readString(Path.of(arguments[1]))
            .replace("m7i.", "m6i.")
            .replace("g6.2xlarge", "g5.2xlarge");
    ClusterSpec spec = AwsRoom.spec(file);
    try (AwsRoom room = new AwsRoom("127.214.3.1", folder)) {
      zone(room.moto.url());
      room.door.delay(CALL);
      long begin = System.nanoTime();
      List<Finding> findings =
          AwsAccount.of(spec, AwsRoom.environment(folder), TimeSource.system())
              .findings(spec, Duration.ofMinutes(45));
      double seconds = (System.nanoTime() - begin) / 1e9;
      int calls = room.door.calls().size();
      begin = System.nanoTime();
      AwsAccount.of(spec, AwsRoom.environment(folder), TimeSource.system())
          .findings(spec, Duration.ofMinutes(45));
      double again = (System.nanoTime() - begin) / 1e9;
      System.out.printf(
          Locale.ROOT,
          "%.3f s, %d calls, %d that change something, %d findings; the same again in %.3f s%n",
          seconds,
          calls,
          room.door.mutations().size(),
          findings.size(),
          again);
    }
  }

  /// By hand: the SDK shall be cold when the look begins.
  private static void zone(String moto) throws Exception {
    String body =
        "<CreateHostedZoneRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">"
            + "<Name>data.example.org</Name><CallerReference>1</CallerReference>"
            + "</CreateHostedZoneRequest>";
    HttpURLConnection connection =
        (HttpURLConnection) URI.create(moto + "/2013-04-01/hostedzone").toURL().openConnection();
    connection.setRequestMethod("POST");
    connection.setDoOutput(true);
    connection.setRequestProperty(
        "Authorization",
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/route53/aws4_request,"
            + " SignedHeaders=host, Signature=0");
    connection.setRequestProperty("Content-Type", "text/xml");
    connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
    if (connection.getResponseCode() >= 300) {
      throw new IllegalStateException("moto made no zone: " + connection.getResponseCode());
    }
  }
}
