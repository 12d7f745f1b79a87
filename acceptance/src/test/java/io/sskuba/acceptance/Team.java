package io.sskuba.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.clouds.Clouds;
import io.sskuba.io.Environment;
import io.sskuba.io.TimeSource;
import io.sskuba.state.ObjectBucket;
import io.sskuba.testkit.TestServices;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// A team: a bucket served on loopback, behind a door that can be shut, and members with machines
/// of their own that share the bucket's URL, its credentials and an identity.
final class Team implements AutoCloseable {
  private static final String ACCOUNT = "devstoreaccount1";

  /// Azurite's well-known key, published with it.
  private static final String KEY =
      "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

  private final Path folder;
  private final TestServices.Running server;
  final Door door;
  final String url;
  private final Map<String, String> credentials;
  private final List<Ctl> members = new ArrayList<>();

  private Team(
      Path folder,
      TestServices.Running server,
      Door door,
      String url,
      Map<String, String> credentials) {
    this.folder = folder;
    this.server = server;
    this.door = door;
    this.url = url;
    this.credentials = credentials;
  }

  private static Door before(TestServices.Running server, String host) throws IOException {
    return new Door(
        host, TestServices.freePort(host), new InetSocketAddress(server.host(), server.port()));
  }

  private static String address(Door door) {
    return door.host() + ":" + door.port();
  }

  /// S3 as moto serves it. The calling test is skipped where there is none.
  static Team s3(String host) throws Exception {
    Path folder = Files.createTempDirectory("sskt-");
    TestServices.Running moto = TestServices.moto(host, folder);
    Door door = before(moto, host);
    HttpResponse<String> made =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create(moto.url() + "/team-state"))
                    .PUT(HttpRequest.BodyPublishers.noBody())
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(made.statusCode()).as(made.body()).isEqualTo(200);
    return new Team(
        folder,
        moto,
        door,
        "s3://team-state/labs?region=us-east-1&s3ForcePathStyle=true&endpoint=http://"
            + address(door),
        Map.of("AWS_ACCESS_KEY_ID", "AKIATEAM", "AWS_SECRET_ACCESS_KEY", "of-the-team"));
  }

  /// Azure Blob Storage as Azurite serves it.
  static Team azure(String host) throws Exception {
    Path folder = Files.createTempDirectory("sskt-");
    TestServices.Running azurite = TestServices.azurite(host, folder);
    Door door = before(azurite, host);
    makeContainer(azurite, "team-state");
    return new Team(
        folder,
        azurite,
        door,
        "azblob://team-state/labs?storage_account=%s&protocol=http&domain=%s&localemu=true"
            .formatted(ACCOUNT, address(door)),
        Map.of("AZURE_STORAGE_KEY", KEY));
  }

  /// Create Container, signed with the account's key.
  /// - Source: Azure Storage REST, "Authorize with Shared Key".
  private static void makeContainer(TestServices.Running azurite, String name) throws Exception {
    String date =
        java.time.format.DateTimeFormatter.RFC_1123_DATE_TIME.format(
            java.time.ZonedDateTime.now(java.time.ZoneOffset.UTC));
    String version = "2021-12-02";
    String signed =
        "PUT\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:"
            + date
            + "\nx-ms-version:"
            + version
            + "\n/"
            + ACCOUNT
            + "/"
            + ACCOUNT
            + "/"
            + name
            + "\nrestype:container";
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(java.util.Base64.getDecoder().decode(KEY), "HmacSHA256"));
    String signature =
        java.util.Base64.getEncoder()
            .encodeToString(mac.doFinal(signed.getBytes(StandardCharsets.UTF_8)));
    HttpResponse<String> made =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(
                        URI.create(
                            azurite.url() + "/" + ACCOUNT + "/" + name + "?restype=container"))
                    .header("x-ms-date", date)
                    .header("x-ms-version", version)
                    .header("Authorization", "SharedKey " + ACCOUNT + ":" + signature)
                    .PUT(HttpRequest.BodyPublishers.noBody())
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
  }

  /// A member at a machine of this test's: home, state, configuration and memory of its own, the
  /// first one's identity.
  Ctl member() throws Exception {
    Ctl ctl = Ctl.open();
    ctl.environment.put("SSKUBA_STATE_URL", url);
    ctl.environment.putAll(credentials);
    if (members.isEmpty()) {
      // Contract, section 5: somebody has to be able to open the cluster again.
      Files.createDirectories(folder.resolve("made"));
      Path file =
          ctl.file(
              "identity.yaml",
              "apiVersion: sskuba.io/v1alpha1\nkind: Cluster\n"
                  + "metadata: {name: identity, domain: lab.example.org}\n"
                  + "target: {provider: local, controlPlane: {count: 1}}\n");
      ctl.run("render", "-f", file.toString(), "--out", folder.resolve("made/x").toString())
          .exits(0);
    } else {
      copy(members.getFirst().folder.resolve("config"), ctl.folder.resolve("config"));
      ctl.environment.put(
          "SSKUBA_CACHE_DIR", members.getFirst().environment.get("SSKUBA_CACHE_DIR"));
    }
    members.add(ctl);
    return ctl;
  }

  /// The same on a machine with another name, where no process of the others can be seen.
  Ctl memberElsewhere() throws Exception {
    Ctl ctl = member();
    ctl.before =
        List.of(
            "unshare",
            "--pid",
            "--fork",
            "--mount-proc",
            "--uts",
            "--kill-child",
            "sh",
            "-c",
            "hostname machine-b && exec \"$@\"",
            "sh");
    return ctl;
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var files = Files.walk(from)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target, java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
        }
      }
    }
  }

  /// The bucket as those behind the door see it.
  ObjectBucket bucket() {
    credentials.forEach(
        (name, value) -> {
          if (name.equals("AWS_ACCESS_KEY_ID")) {
            System.setProperty("aws.accessKeyId", value);
          } else if (name.equals("AWS_SECRET_ACCESS_KEY")) {
            System.setProperty("aws.secretAccessKey", value);
          }
        });
    return new Clouds()
        .bucket(
            URI.create(url.replace(address(door), server.address())),
            new Environment(credentials, folder),
            TimeSource.system());
  }

  /// Names of all that is in the bucket, below the state URL's prefix.
  List<String> objects() {
    return bucket().names("", 10_000);
  }

  @Override
  public void close() throws Exception {
    System.clearProperty("aws.accessKeyId");
    System.clearProperty("aws.secretAccessKey");
    for (Ctl member : members) {
      member.close();
    }
    door.close();
    server.close();
    Ctl.remove(folder);
  }
}
