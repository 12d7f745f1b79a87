package io.sskuba.talos.grpc;

import io.grpc.netty.NettyChannelBuilder;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.sskuba.io.RandomSource;
import io.sskuba.net.AddressMap;
import io.sskuba.pki.OneKeyManager;
import io.sskuba.talos.TalosNode;
import io.sskuba.talos.TalosNodes;
import java.net.InetSocketAddress;
import java.security.Provider;
import java.security.Security;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.net.ssl.SSLException;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.jsse.provider.BouncyCastleJsseProvider;
import org.jspecify.annotations.Nullable;

/// Machines' Talos APIs by gRPC over TLS 1.3, dialled directly on port 50000 of their twins.
///
/// Maintenance mode goes through BouncyCastle's JSSE, because a machine in it presents a
/// certificate with an empty issuer, which the JDK cannot parse; mutual TLS goes through the JDK's.
/// The certificate is checked against the machine's cluster address, not the twin that is dialled.
/// - Limits: one connection a node; messages up to 32 MiB, as Talos.
/// - Source: measurements against Talos v1.13.9.
public final class GrpcTalosNodes implements TalosNodes {
  /// Port of apid.
  public static final int PORT = 50000;

  private static final Logger BOUNCY_LOG = Logger.getLogger("org.bouncycastle.jsse.provider");

  /// Talos's own limit of a message.
  static final int MESSAGE_BYTES_MAX = 32 << 20;

  private static final ApplicationProtocolConfig HTTP2 =
      new ApplicationProtocolConfig(
          ApplicationProtocolConfig.Protocol.ALPN,
          ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
          ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
          ApplicationProtocolNames.HTTP_2);

  // BouncyCastle logs every failed handshake to standard error; callers get the failure anyway. The
  // reference is kept because loggers are held weakly.
  private static final Logger HANDSHAKES = Logger.getLogger("org.bouncycastle.jsse");

  static {
    HANDSHAKES.setLevel(Level.OFF);
  }

  private final AddressMap addresses;
  private final RandomSource random;
  private @Nullable Secure secure;

  public GrpcTalosNodes(AddressMap addresses, RandomSource random) {
    this.addresses = addresses;
    this.random = random;
  }

  public GrpcTalosNodes(AddressMap addresses) {
    this(addresses, RandomSource.system());
  }

  @Override
  public TalosNode maintenance(String address, @Nullable String fingerprint) {
    PinnedTrust trust = new PinnedTrust(fingerprint);
    SslContextBuilder tls =
        SslContextBuilder.forClient()
            .sslContextProvider(bouncyCastle())
            // A new machine's certificate names what it was called before it had a config.
            .endpointIdentificationAlgorithm("")
            .trustManager(trust);
    return open(address, build(tls), trust, fingerprint);
  }

  @Override
  public TalosNode secure(String address, String talosconfig) {
    return open(address, tls(talosconfig), null, null);
  }

  /// The TLS of the last talosconfig is kept: a wait looks many times a second, and each look would
  /// parse it and its keys again.
  private synchronized SslContext tls(String talosconfig) {
    Secure kept = secure;
    if (kept == null || !kept.talosconfig.equals(talosconfig)) {
      TalosCredentials credentials = TalosCredentials.parse(talosconfig);
      SslContextBuilder tls =
          SslContextBuilder.forClient()
              .trustManager(credentials.authority())
              .keyManager(new OneKeyManager(credentials.key(), credentials.certificate()));
      kept = new Secure(talosconfig, build(tls));
      secure = kept;
    }
    return kept.tls;
  }

  private record Secure(String talosconfig, SslContext tls) {
    @Override
    public String toString() {
      return "Secure"; // a talosconfig holds a private key
    }
  }

  private SslContext build(SslContextBuilder tls) {
    try {
      return tls.sslProvider(SslProvider.JDK)
          .protocols("TLSv1.3")
          .secureRandom(random.secure())
          .applicationProtocolConfig(HTTP2)
          .build();
    } catch (SSLException e) {
      throw new IllegalStateException("TLS cannot be set up", e);
    }
  }

  private TalosNode open(
      String address, SslContext tls, @Nullable PinnedTrust trust, @Nullable String fingerprint) {
    AddressMap.Dial dial = addresses.talos(address, PORT);
    NettyChannelBuilder channel =
        NettyChannelBuilder.forAddress(new InetSocketAddress(dial.host(), dial.port()))
            .sslContext(tls)
            .overrideAuthority(authority(address))
            .maxInboundMessageSize(MESSAGE_BYTES_MAX)
            // A machine is always dialled directly: no proxy of the environment is in between.
            .proxyDetector(target -> null)
            .directExecutor()
            .disableRetry();
    return new GrpcTalosNode(address, channel.build(), trust, fingerprint);
  }

  private static String authority(String address) {
    return address.contains(":") ? "[" + address + "]:" + PORT : address + ":" + PORT;
  }

  /// Netty finds BouncyCastle's ALPN only if the provider is registered; it is appended, so that
  /// nothing else in this process uses it by accident.
  private static synchronized Provider bouncyCastle() {
    Provider known = Security.getProvider(BouncyCastleJsseProvider.PROVIDER_NAME);
    if (known != null) {
      return known;
    }
    // It reports every entry of the JDK's algorithm lists that it does not know, on standard error.
    BOUNCY_LOG.setLevel(Level.OFF);
    Provider provider = new BouncyCastleJsseProvider(false, new BouncyCastleProvider());
    Security.addProvider(provider);
    return provider;
  }
}
