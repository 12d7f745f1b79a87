package io.sskuba.rehearsal.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.Channel;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.pki.OneKeyManager;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class KubeletDoorTest {
  private static final String HOST = "127.206.8.1";
  private final KubeletDoor door = new KubeletDoor(TimeSource.system(), RandomSource.system());
  private KeyPair caKeys;
  private X509Certificate ca;
  private Channel channel;
  private int port;

  @BeforeEach
  void open() throws Exception {
    caKeys = TestPlane.ec();
    ca = TestPlane.certificate("O=kubernetes", caKeys, caKeys, null, true, List.of());
    channel = door.open("n-1", "10.64.0.2", HOST, 0, KubeletCredentials.pem(ca));
    port = ((InetSocketAddress) channel.localAddress()).getPort();
  }

  @AfterEach
  void close() {
    channel.close().awaitUninterruptibly(1_000);
    door.close();
  }

  private KeyManager client(String subject, KeyPair signer, X509Certificate issuer)
      throws Exception {
    KeyPair keys = TestPlane.ec();
    return new OneKeyManager(
        keys.getPrivate(), TestPlane.certificate(subject, keys, signer, issuer, false, List.of()));
  }

  /// The whole reply of a GET by whoever `key` is.
  private String get(String path, @Nullable KeyManager key) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(
        key == null ? null : new KeyManager[] {key}, new TrustManager[] {new AnyServer()}, null);
    try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(HOST, port)) {
      socket.setSoTimeout(10_000);
      socket
          .getOutputStream()
          .write(
              ("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void theApiServerIsToldThatContainersAreSimulated() throws Exception {
    KeyManager server = client("O=system:masters,CN=apiserver-kubelet-client", caKeys, ca);
    for (String path :
        List.of(
            "/containerLogs/d/p/c?follow=true",
            "/exec/d/p/c?command=ls",
            "/attach/d/p/c",
            "/portForward/d/p")) {
      assertThat(get(path, server))
          .startsWith("HTTP/1.1 501 ")
          .contains("containers are simulated");
    }
    assertThat(get("/stats/summary", server)).startsWith("HTTP/1.1 200 ").contains("\"n-1\"");
    assertThat(get("/nonsense", server)).startsWith("HTTP/1.1 404 ");
  }

  @Test
  void nobodyIsLetInWithoutACertificateOfTheCluster() throws Exception {
    assertThat(get("/healthz", null)).startsWith("HTTP/1.1 401 ");
    KeyPair others = TestPlane.ec();
    X509Certificate other =
        TestPlane.certificate("O=kubernetes", others, others, null, true, List.of());
    KeyManager stranger = client("O=system:masters,CN=x", others, other);
    assertThatThrownBy(() -> get("/healthz", stranger)).isInstanceOf(IOException.class);
  }

  @Test
  void aNodesCertificateMayAskForHealthOnly() throws Exception {
    KeyManager node = client("O=system:nodes,CN=system:node:n-2", caKeys, ca);
    assertThat(get("/healthz", node)).startsWith("HTTP/1.1 200 ").endsWith("ok");
    assertThat(get("/containerLogs/d/p/c", node)).startsWith("HTTP/1.1 403 ");
    // What an organisation is called in a common name is no organisation.
    KeyManager liar = client("CN=a\\,O\\=system:masters", caKeys, ca);
    assertThat(get("/containerLogs/d/p/c", liar)).startsWith("HTTP/1.1 403 ");
  }

  @Test
  void aTakenAddressIsAnIOException() {
    assertThatThrownBy(() -> door.open("n-2", "10.64.0.3", HOST, port, KubeletCredentials.pem(ca)))
        .isInstanceOf(IOException.class);
  }

  /// The serving certificate is self-signed; who answers is not the question here.
  private static final class AnyServer extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(
        X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

    @Override
    public void checkServerTrusted(
        X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
