package io.sskuba.rehearsal.machine;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiator;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.sskuba.pki.Pem;
import io.sskuba.pki.SecretsBundle.CertAndKey;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.X509EncodedKeySpec;
import java.util.List;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSessionContext;
import org.bouncycastle.cert.X509CertificateHolder;
import org.jspecify.annotations.Nullable;

/// The TLS of a machine's API: TLS 1.3 only, HTTP/2, and one of two identities, chosen anew for
/// each handshake: that of maintenance mode, which asks for no client certificate, or that of a
/// configured machine, which requires one.
final class ApiTls extends SslContext {
  private static final ApplicationProtocolConfig HTTP2 =
      new ApplicationProtocolConfig(
          ApplicationProtocolConfig.Protocol.ALPN,
          ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
          ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
          ApplicationProtocolNames.HTTP_2);

  private final Supplier<SslContext> current;

  /// @param current the context of the next handshake
  ApiTls(Supplier<SslContext> current) {
    this.current = current;
  }

  /// @param identity certificate and key, PEM; only Ed25519 is served
  /// @param authority the OS CA whose clients are let in, or null for maintenance mode
  static SslContext context(
      CertAndKey identity, @Nullable X509Certificate authority, SecureRandom random) {
    SslContextBuilder builder = SslContextBuilder.forServer(key(identity));
    if (authority != null) {
      builder.clientAuth(ClientAuth.REQUIRE).trustManager(new ClientTrust(authority));
    }
    try {
      return builder
          .sslProvider(SslProvider.JDK)
          .protocols("TLSv1.3")
          .secureRandom(random)
          .applicationProtocolConfig(HTTP2)
          // A resumed session would carry over who the client was under another identity.
          .sessionCacheSize(1)
          .sessionTimeout(1)
          .build();
    } catch (SSLException e) {
      throw new IllegalStateException("TLS cannot be set up", e);
    }
  }

  private static FixedKey key(CertAndKey identity) {
    try {
      X509CertificateHolder holder = Pem.holder(identity.certificate());
      PublicKey key =
          KeyFactory.getInstance("Ed25519")
              .generatePublic(
                  new X509EncodedKeySpec(holder.getSubjectPublicKeyInfo().getEncoded()));
      return new FixedKey(Pem.privateKey(identity.key()), new RawCertificate(holder, key));
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("the API certificate cannot be used", e);
    }
  }

  @Override
  public boolean isClient() {
    return false;
  }

  @Override
  public List<String> cipherSuites() {
    return current.get().cipherSuites();
  }

  @Override
  public ApplicationProtocolNegotiator applicationProtocolNegotiator() {
    return current.get().applicationProtocolNegotiator();
  }

  @Override
  public SSLEngine newEngine(ByteBufAllocator allocator) {
    return current.get().newEngine(allocator);
  }

  @Override
  public SSLEngine newEngine(ByteBufAllocator allocator, String peerHost, int peerPort) {
    return current.get().newEngine(allocator, peerHost, peerPort);
  }

  @Override
  public SSLSessionContext sessionContext() {
    return current.get().sessionContext();
  }
}
