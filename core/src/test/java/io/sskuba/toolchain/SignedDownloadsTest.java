package io.sskuba.toolchain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Downloads verified by a publisher's signature: by the real library, in the loader that the
/// product uses, against a sigstore of the test's own.
class SignedDownloadsTest {
  private static final byte[] PROGRAM =
      "#!/bin/sh\necho \"tool version v1.2.3\"\n".getBytes(StandardCharsets.UTF_8);
  private static final Downloader.Limits LIMITS =
      new Downloader.Limits(
          Duration.ofSeconds(1), Duration.ofMillis(600), Duration.ofSeconds(8), 1 << 20, 2);
  private static final String LOG = "/api/v1/log/entries/retrieve";

  @TempDir Path folder;
  private final List<String> said = new CopyOnWriteArrayList<>();
  private final Map<String, RawServer.Handler> pages = new HashMap<>();
  private TestSigstore sigstore;
  private RawServer server;

  @BeforeEach
  void start() throws Exception {
    sigstore = new TestSigstore();
    server =
        new RawServer(
            "127.208.0.1",
            (request, out) ->
                pages
                    .getOrDefault(request.path(), (r, o) -> RawServer.head(o, "404 Not Found", 0))
                    .reply(request, out));
    publish(
        PROGRAM,
        sigstore.sign(
            PROGRAM,
            TestSigstore.IDENTITY,
            TestSigstore.ISSUER,
            TestSigstore.SIGNED.plusSeconds(5)));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void takesWhatItsPublisherSignedAndLocksItsDigest() throws Exception {
    Path program = ensure(detached(), folder.resolve("cache"));
    assertThat(program).hasBinaryContent(PROGRAM);
    assertThat(state(detached()).verified())
        .isEqualTo("signature of release@publisher.example (https://issuer.example)");
    assertThat(Files.readString(files("digests").getFirst()))
        .contains(Digests.ofFile(program), server.url("/tool").toString());
    assertThat(said).anySatisfy(line -> assertThat(line).contains("verifying by its signature"));
  }

  @Test
  void holdsALaterDownloadToTheDigestThatWasLocked() throws Exception {
    ensure(detached(), folder.resolve("cache"));
    forgetPrograms();
    // Signed just as well, but other bytes than were seen under this version.
    byte[] other =
        "#!/bin/sh\necho \"tool version v1.2.3\" evil\n".getBytes(StandardCharsets.UTF_8);
    publish(
        other,
        sigstore.sign(
            other, TestSigstore.IDENTITY, TestSigstore.ISSUER, TestSigstore.SIGNED.plusSeconds(5)));
    assertThat(refusal(detached())).contains("wrong digest", "expected sha256:");

    publish(PROGRAM, null);
    said.clear();
    assertThat(ensure(detached(), folder.resolve("cache"))).hasBinaryContent(PROGRAM);
    assertThat(server.requests.getLast().path()).as("the digest is enough").isEqualTo("/tool");
  }

  @Test
  void takesABundleWithoutAskingTheLog() throws Exception {
    assertThat(ensure(bundle(), folder.resolve("cache"))).hasBinaryContent(PROGRAM);
    assertThat(server.requests).noneMatch(request -> request.path().equals(LOG));
  }

  @Test
  void refusesAnotherIdentityAndNamesBoth() throws Exception {
    publish(
        PROGRAM,
        sigstore.sign(
            PROGRAM, "evil@else.example", TestSigstore.ISSUER, TestSigstore.SIGNED.plusSeconds(5)));
    for (String lock : List.of(detached(), bundle())) {
      assertThat(refusal(lock))
          .contains("evil@else.example", "release@publisher.example", "not used");
    }
  }

  @Test
  void refusesAnotherIssuer() throws Exception {
    publish(
        PROGRAM,
        sigstore.sign(
            PROGRAM,
            TestSigstore.IDENTITY,
            "https://else.example",
            TestSigstore.SIGNED.plusSeconds(5)));
    for (String lock : List.of(detached(), bundle())) {
      assertThat(refusal(lock)).contains("https://else.example", "https://issuer.example");
    }
  }

  @Test
  void takesAnIdentityThatFitsAPatternWhollyOnly() throws Exception {
    String lock =
        detached()
            .replace(
                "identity: release@publisher.example", "identityPattern: 'release@.+\\.example'");
    assertThat(ensure(lock, folder.resolve("cache"))).hasBinaryContent(PROGRAM);
    assertThat(refusal(lock.replace("release@.+\\.example", "publisher"), "other"))
        .contains("release@publisher.example");
  }

  @Test
  void refusesTamperedBytes() throws Exception {
    byte[] tampered = PROGRAM.clone();
    tampered[tampered.length - 3] ^= 1;
    page("/tool", tampered);
    for (String lock : List.of(detached(), bundle())) {
      assertThat(refusal(lock)).contains("signature:", "not used");
    }
    assertThat(files("partial")).isEmpty();
    assertThat(files("digests")).isEmpty();
  }

  @Test
  void refusesASignatureOfAnotherSigstore() throws Exception {
    publish(
        PROGRAM,
        new TestSigstore()
            .sign(
                PROGRAM,
                TestSigstore.IDENTITY,
                TestSigstore.ISSUER,
                TestSigstore.SIGNED.plusSeconds(5)));
    for (String lock : List.of(detached(), bundle())) {
      assertThat(refusal(lock)).contains("Fulcio certificate was not valid");
    }
  }

  @Test
  void refusesAnExpiredCertificateThatNoLogVouchesFor() throws Exception {
    page(LOG, "[]".getBytes(StandardCharsets.UTF_8));
    assertThat(refusal(detached())).contains("the transparency log does not have it");
    pages.remove(LOG);
    assertThat(refusal(detached())).contains("transparency log:", "HTTP 404");
  }

  @Test
  void refusesWhatWasSignedAfterTheCertificateExpired() throws Exception {
    publish(
        PROGRAM,
        sigstore.sign(
            PROGRAM,
            TestSigstore.IDENTITY,
            TestSigstore.ISSUER,
            TestSigstore.SIGNED.plusSeconds(601)));
    for (String lock : List.of(detached(), bundle())) {
      assertThat(refusal(lock))
          .contains("but the log took the signature in at 2026-03-01T12:10:01Z");
    }
  }

  @Test
  void refusesAnEntryWhoseTimeWasChanged() throws Exception {
    TestSigstore.Signed late =
        sigstore.sign(
            PROGRAM,
            TestSigstore.IDENTITY,
            TestSigstore.ISSUER,
            TestSigstore.SIGNED.plusSeconds(601));
    String now = String.valueOf(TestSigstore.SIGNED.plusSeconds(5).getEpochSecond());
    String then = String.valueOf(TestSigstore.SIGNED.plusSeconds(601).getEpochSecond());
    publish(
        PROGRAM,
        new TestSigstore.Signed(
            late.signature(),
            late.certificate(),
            late.logAnswer().replace(then, now),
            late.bundle().replace(then, now)));
    for (String lock : List.of(detached(), bundle())) {
      assertThat(refusal(lock)).contains("Entry SET was not valid");
    }
  }

  @Test
  void refusesABundleWithoutTheLogsPromise() throws Exception {
    String bundle =
        sigstore
            .sign(
                PROGRAM,
                TestSigstore.IDENTITY,
                TestSigstore.ISSUER,
                TestSigstore.SIGNED.plusSeconds(5))
            .bundle()
            .replaceAll("\"inclusionPromise\":\\{[^}]*},", "");
    page("/tool.bundle", bundle.getBytes(StandardCharsets.UTF_8));
    assertThat(refusal(bundle())).contains("not used");
  }

  @Test
  void refusesWithoutASignatureAndDownloadsNothing() throws Exception {
    for (String missing : List.of("/tool.sig", "/tool.cert")) {
      RawServer.Handler page = pages.remove(missing);
      server.requests.clear();
      assertThat(refusal(detached()))
          .contains("no signature: ", missing + ": HTTP 404", "not used");
      assertThat(server.requests).noneMatch(request -> request.path().equals("/tool"));
      pages.put(missing, page);
    }
    pages.remove("/tool.bundle");
    assertThat(refusal(bundle())).contains("/tool.bundle: HTTP 404");
  }

  @Test
  void refusesGarbageInEachPlace() throws Exception {
    for (String path : List.of("/tool.sig", "/tool.cert", LOG)) {
      RawServer.Handler page = pages.get(path);
      page(path, "<html>Please log in</html>".getBytes(StandardCharsets.UTF_8));
      assertThat(refusal(detached())).as(path).contains("not used");
      pages.put(path, page);
    }
    page("/tool.bundle", "{\"mediaType\": 7".getBytes(StandardCharsets.UTF_8));
    assertThat(refusal(bundle())).contains("the bundle cannot be read");
  }

  @Test
  void refusesAFileThatIsCutShort() throws Exception {
    pages.put(
        "/tool",
        (request, out) -> {
          RawServer.head(out, "200 OK", PROGRAM.length);
          out.write(PROGRAM, 0, 10);
        });
    assertThat(refusal(detached())).containsAnyOf("cut short at 10 of", "Premature EOF");
    // A server that does not say how long it is cannot be caught by its length, but by the
    // signature.
    pages.put(
        "/tool",
        (request, out) -> {
          RawServer.head(out, "200 OK", -1);
          out.write(PROGRAM, 0, 10);
        });
    assertThat(refusal(detached())).contains("signature:");
  }

  @Test
  void doesNotHangWithAServerThatSaysNothing() throws Exception {
    for (String path : List.of("/tool.sig", "/tool", LOG)) {
      RawServer.Handler page = pages.get(path);
      pages.put(path, (request, out) -> Thread.sleep(Duration.ofSeconds(5)));
      assertThat(refusal(detached())).as(path).contains("no answer in time");
      pages.put(path, page);
    }
  }

  @Test
  void saysWhenTheTrustRootCannotBeHad() throws Exception {
    SignedDownloads.TrustRoot trust =
        (engine, downloader) -> {
          throw new SigstoreEngine.Refused("the trust root cannot be read: test", null);
        };
    assertThat(refusal(detached(), "cache", trust)).contains("the trust root cannot be read: test");
  }

  private void publish(byte[] file, TestSigstore.Signed signed) {
    page("/tool", file);
    if (signed == null) {
      List.of("/tool.sig", "/tool.cert", "/tool.bundle", LOG).forEach(pages::remove);
      return;
    }
    page("/tool.sig", signed.signature().getBytes(StandardCharsets.US_ASCII));
    page("/tool.cert", signed.certificate().getBytes(StandardCharsets.US_ASCII));
    page("/tool.bundle", signed.bundle().getBytes(StandardCharsets.UTF_8));
    page(LOG, signed.logAnswer().getBytes(StandardCharsets.UTF_8));
  }

  private void page(String path, byte[] body) {
    pages.put(path, (request, out) -> RawServer.ok(out, body));
  }

  private String detached() {
    return lock("");
  }

  private String bundle() {
    return lock("bundle: .bundle, ");
  }

  private String lock(String form) {
    URI url = server.url("/tool");
    return """
        publisher: {linux/amd64: {url: '%s', digest: unverified}}
            signature: {scheme: sigstore, %ssource: test,
              signers: [{identity: release@publisher.example, issuer: 'https://issuer.example'}]}"""
        .formatted(url, form);
  }

  private ToolchainService service(String lock, Path cache, SignedDownloads.TrustRoot trust) {
    return FakeGo.service(FakeGo.lock(lock), cache, List.of(), Map.of(), LIMITS, trust);
  }

  private SignedDownloads.TrustRoot trust() {
    return (engine, downloader) -> {
      try {
        return sigstore.trustedRoot(server.url(""));
      } catch (java.security.GeneralSecurityException e) {
        throw new AssertionError(e);
      }
    };
  }

  private Path ensure(String lock, Path cache) throws InterruptedException {
    return service(lock, cache, trust()).ensure(List.of("tool"), said::add).get("tool");
  }

  private ToolState state(String lock) throws InterruptedException {
    return service(lock, folder.resolve("cache"), trust()).list().getFirst();
  }

  private String refusal(String lock) {
    return refusal(lock, "cache");
  }

  private String refusal(String lock, String cache) {
    return refusal(lock, cache, trust());
  }

  /// Why the publisher's file was not taken. There is no Go, so that nothing else can be.
  private String refusal(String lock, String cache, SignedDownloads.TrustRoot trust) {
    SskubaException problem =
        catchThrowableOfType(
            SskubaException.class,
            () -> service(lock, folder.resolve(cache), trust).ensure(List.of("tool"), said::add));
    assertThat(problem.problem().code()).isEqualTo(ProblemCode.TOOL_MISSING);
    return problem.problem().facts().stream()
        .filter(fact -> fact.label().equals("publisher"))
        .map(fact -> fact.value())
        .findFirst()
        .orElseThrow();
  }

  private void forgetPrograms() throws Exception {
    for (Path file : files("index")) {
      Files.delete(file);
    }
  }

  private List<Path> files(String name) throws Exception {
    Path parent = folder.resolve("cache").resolve(name);
    if (!Files.exists(parent)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(parent)) {
      return files.toList();
    }
  }
}
