package io.sskuba.clouds.azure;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/// Stands in for Entra's token endpoint and for Resource Manager, over TLS as the libraries want
/// it. What it answers is what [#answer] was told; it knows its own tokens from others', writes
/// down each call, and refuses whatever is no GET unless [#changes] lets it pass.
/// - Source of shapes: Azure/azure-rest-api-specs, the folders that each answer names; Entra:
///   https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
final class AzureDoor implements AutoCloseable {
  static final String TENANT = "11111111-1111-4111-8111-111111111111";
  static final String CLIENT = "22222222-2222-4222-8222-222222222222";

  private final HttpsServer server;
  private final SSLContext tls;
  private final List<String> calls = Collections.synchronizedList(new ArrayList<>());
  private final List<String> grants = Collections.synchronizedList(new ArrayList<>());
  private final Map<String, Function<Request, Answer>> answers = new LinkedHashMap<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final AtomicInteger given = new AtomicInteger();
  private volatile Duration delay = Duration.ZERO;
  private final AtomicInteger inside = new AtomicInteger();
  private final AtomicInteger most = new AtomicInteger();
  private volatile boolean changes;
  private volatile @Nullable Answer entra;

  /// @param path without the query
  record Request(String method, String path, Map<String, String> query, String body) {}

  /// @param hang never answers
  record Answer(int status, String body, Map<String, String> headers, boolean hang) {
    static Answer ok(String body) {
      return new Answer(200, body, Map.of(), false);
    }

    static Answer of(int status, String body) {
      return new Answer(status, body, Map.of(), false);
    }

    /// Resource Manager's error: common-types/resource-management/v3/types.json, ErrorResponse.
    static Answer error(int status, String code) {
      return of(
          status,
          "{\"error\":{\"code\":\"" + code + "\",\"message\":\"long and secret of the tenant\"}}");
    }

    Answer with(String header, String value) {
      return new Answer(status, body, Map.of(header, value), hang);
    }

    static Answer never() {
      return new Answer(200, "", Map.of(), true);
    }
  }

  AzureDoor(String host) {
    try {
      tls = tls(host);
      server = HttpsServer.create(new InetSocketAddress(host, 0), 64);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException(e);
    }
    server.setHttpsConfigurator(new HttpsConfigurator(tls));
    server.createContext("/", this::pass);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
  }

  /// A certificate of its own, which its context trusts.
  private static SSLContext tls(String host)
      throws GeneralSecurityException, OperatorCreationException, IOException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(256);
    KeyPair pair = generator.generateKeyPair();
    X509Certificate certificate = certificate(pair, "SHA256withECDSA", host);
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry("door", pair.getPrivate(), new char[0], new X509Certificate[] {certificate});
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(store, new char[0]);
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("door", certificate);
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }

  /// A key and its certificate, as `az ad sp create-for-rbac --create-cert` writes them.
  static String pem() throws GeneralSecurityException, OperatorCreationException, IOException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    KeyPair pair = generator.generateKeyPair();
    X509Certificate certificate = certificate(pair, "SHA256withRSA", "127.0.0.1");
    Base64.Encoder lines = Base64.getMimeEncoder(64, new byte[] {'\n'});
    return "-----BEGIN PRIVATE KEY-----\n"
        + lines.encodeToString(pair.getPrivate().getEncoded())
        + "\n-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\n"
        + lines.encodeToString(certificate.getEncoded())
        + "\n-----END CERTIFICATE-----\n";
  }

  private static X509Certificate certificate(KeyPair pair, String algorithm, String host)
      throws GeneralSecurityException, OperatorCreationException, IOException {
    X500Name name = new X500Name("CN=stand-in of Azure");
    Instant now = Instant.now();
    return new JcaX509CertificateConverter()
        .getCertificate(
            new JcaX509v3CertificateBuilder(
                    name,
                    BigInteger.ONE,
                    Date.from(now.minusSeconds(60)),
                    Date.from(now.plusSeconds(3600)),
                    name,
                    pair.getPublic())
                .addExtension(
                    Extension.subjectAlternativeName,
                    false,
                    new GeneralNames(new GeneralName(GeneralName.iPAddress, host)))
                .build(new JcaContentSignerBuilder(algorithm).build(pair.getPrivate())));
  }

  private String url() {
    return "https://"
        + server.getAddress().getAddress().getHostAddress()
        + ":"
        + server.getAddress().getPort();
  }

  AzureCloud cloud() {
    return new AzureCloud(
        URI.create(url() + "/"), URI.create(url()), "https://management.azure.com", tls);
  }

  /// How many requests waited for their answers at once since `delay` was set.
  int most() {
    return most.get();
  }

  void delay(Duration each) {
    delay = each;
    most.set(0);
  }

  void changes(boolean may) {
    changes = may;
  }

  /// What Entra says instead of giving a token.
  void entra(Answer refusal) {
    entra = refusal;
  }

  /// Answers requests whose `METHOD path` (in lower case) ends so; the last told counts. Null from
  /// it leaves the request to what was told before.
  void answer(String end, Function<Request, Answer> how) {
    synchronized (answers) {
      answers.remove(end);
      answers.put(end, how);
    }
  }

  void answer(String end, String body) {
    answer(end, _ -> Answer.ok(body));
  }

  void reset() {
    synchronized (answers) {
      answers.clear();
    }
    calls.clear();
    grants.clear();
    delay = Duration.ZERO;
    changes = false;
    entra = null;
  }

  /// `METHOD path` of what Resource Manager was asked.
  List<String> calls() {
    return List.copyOf(calls);
  }

  /// Bodies of what Entra was asked, decoded.
  List<String> grants() {
    return List.copyOf(grants);
  }

  List<String> mutations() {
    return calls().stream().filter(c -> !c.startsWith("GET ")).toList();
  }

  /// A token of Entra's shape, which lasts an hour.
  String token() {
    return jwt(
        "{\"appid\":\""
            + CLIENT
            + "\",\"oid\":\"33333333-3333-4333-8333-333333333333\",\"tid\":\""
            + TENANT
            + "\",\"exp\":"
            + (Instant.now().getEpochSecond() + 3600)
            + ",\"n\":"
            + given.incrementAndGet()
            + "}");
  }

  static String jwt(String claims) {
    Base64.Encoder text = Base64.getUrlEncoder().withoutPadding();
    return text.encodeToString(
            "{\"alg\":\"RS256\",\"typ\":\"JWT\"}".getBytes(StandardCharsets.UTF_8))
        + "."
        + text.encodeToString(claims.getBytes(StandardCharsets.UTF_8))
        + ".c2lnbmF0dXJlLW9mLWEtdG9rZW4";
  }

  private void pass(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      URI uri = exchange.getRequestURI();
      Request request =
          new Request(exchange.getRequestMethod(), uri.getPath(), query(uri.getRawQuery()), body);
      most.accumulateAndGet(inside.incrementAndGet(), Math::max);
      pause(delay);
      inside.decrementAndGet();
      Answer answer =
          request.path().endsWith("/oauth2/v2.0/token")
              ? grant(request)
              : manager(request, exchange.getRequestHeaders().getFirst("Authorization"));
      if (answer.hang()) {
        closed.await();
        return;
      }
      byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json; charset=utf-8");
      answer.headers().forEach(exchange.getResponseHeaders()::set);
      exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void pause(Duration time) throws InterruptedException {
    if (closed.await(time.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new InterruptedException();
    }
  }

  private Answer grant(Request request) {
    grants.add(request.path() + " " + URLDecoder.decode(request.body(), StandardCharsets.UTF_8));
    Answer refusal = entra;
    if (refusal != null) {
      return refusal;
    }
    return Answer.ok(
        "{\"token_type\":\"Bearer\",\"expires_in\":3599,\"ext_expires_in\":3599,"
            + "\"access_token\":\""
            + token()
            + "\"}");
  }

  private Answer manager(Request request, @Nullable String bearer) {
    String key = request.method() + " " + request.path();
    calls.add(key);
    if (bearer == null || !bearer.startsWith("Bearer ey") || !bearer.endsWith("LW9mLWEtdG9rZW4")) {
      return Answer.error(401, "InvalidAuthenticationToken");
    }
    if (!request.query().containsKey("api-version")) {
      return Answer.error(400, "MissingApiVersionParameter");
    }
    if (!request.method().equals("GET") && !changes) {
      return Answer.error(405, "MethodNotAllowed");
    }
    List<Map.Entry<String, Function<Request, Answer>>> told;
    synchronized (answers) {
      told = new ArrayList<>(answers.entrySet());
    }
    for (Map.Entry<String, Function<Request, Answer>> known : told.reversed()) {
      if (key.toLowerCase(java.util.Locale.ROOT)
          .endsWith(known.getKey().toLowerCase(java.util.Locale.ROOT))) {
        Answer answer = known.getValue().apply(request);
        if (answer != null) {
          return answer;
        }
      }
    }
    return Answer.error(404, "ResourceNotFound");
  }

  private static Map<String, String> query(String raw) {
    Map<String, String> query = new LinkedHashMap<>();
    if (raw != null) {
      for (String part : raw.split("&", -1)) {
        int equals = part.indexOf('=');
        query.put(
            part.substring(0, equals),
            URLDecoder.decode(part.substring(equals + 1), StandardCharsets.UTF_8));
      }
    }
    return query;
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
  }
}
