package io.sskuba.rehearsal.kubelet;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.kube.KubeTls;
import io.sskuba.pki.OneKeyManager;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x500.style.IETFUtils;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/// The kubelets' HTTPS servers on port 10250, all on one event loop.
///
/// Each node has a self-signed serving certificate, as Talos's kubelets have unless serving
/// certificates are rotated. Callers show a certificate of the cluster's CA; only the API server's
/// (organisation `system:masters`) may do more than ask for health. `containerLogs`, `exec`,
/// `attach` and `portForward` answer at once that containers are simulated.
/// - Limits: 8 KiB of request line and headers, 60 s of silence a connection.
final class KubeletDoor implements AutoCloseable {
  static final int PORT = 10250;
  static final String SIMULATED =
      "containers are simulated on this cluster: nothing runs inside pods, so there are no logs and"
          + " nothing to execute or attach to";

  private final TimeSource time;
  private final RandomSource random;
  private final NioEventLoopGroup loop =
      new NioEventLoopGroup(1, new DefaultThreadFactory("kubelet-door", true));

  KubeletDoor(TimeSource time, RandomSource random) {
    this.time = time;
    this.random = random;
  }

  /// Binds a node's server.
  /// - Errors: `IOException` when the address is taken.
  Channel open(String nodeName, String address, String bind, int port, String caCertificate)
      throws IOException {
    try {
      Lazy tls = new Lazy(() -> context(nodeName, address, caCertificate));
      return new ServerBootstrap()
          .group(loop)
          .channel(NioServerSocketChannel.class)
          .option(ChannelOption.SO_REUSEADDR, true)
          .option(ChannelOption.ALLOCATOR, UnpooledByteBufAllocator.DEFAULT)
          .childOption(ChannelOption.ALLOCATOR, UnpooledByteBufAllocator.DEFAULT)
          .childHandler(
              new ChannelInitializer<SocketChannel>() {
                @Override
                protected void initChannel(SocketChannel channel) throws IOException {
                  channel
                      .pipeline()
                      .addLast(new IdleStateHandler(60, 0, 0))
                      .addLast("tls", tls.context().newHandler(channel.alloc()))
                      .addLast(new HttpServerCodec(2048, 8192, 8192))
                      .addLast(new Answers(nodeName));
                }
              })
          .bind(bind, port)
          .sync()
          .channel();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /// A node's TLS context, made when somebody first connects: most nodes are never asked for logs.
  private static final class Lazy {
    private final Callable<SslContext> make;
    private @Nullable SslContext made;

    Lazy(Callable<SslContext> make) {
      this.make = make;
    }

    synchronized SslContext context() throws IOException {
      SslContext context = made;
      if (context == null) {
        try {
          context = make.call();
        } catch (Exception e) {
          throw new IOException("no serving certificate", e);
        }
        made = context;
      }
      return context;
    }
  }

  private SslContext context(String nodeName, String address, String caCertificate)
      throws GeneralSecurityException, OperatorCreationException, IOException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"), random.secure());
    KeyPair keys = generator.generateKeyPair();
    Instant now = time.now();
    X500Name name = new X500Name("CN=" + nodeName + "@" + now.getEpochSecond());
    var builder =
        new JcaX509v3CertificateBuilder(
            name,
            new BigInteger(1, random.bytes(16)),
            Date.from(now.minusSeconds(3600)),
            Date.from(now.plus(Duration.ofDays(365))),
            name,
            keys.getPublic());
    builder.addExtension(
        Extension.subjectAlternativeName,
        false,
        new GeneralNames(
            new GeneralName[] {
              new GeneralName(GeneralName.dNSName, nodeName),
              new GeneralName(GeneralName.iPAddress, address)
            }));
    builder.addExtension(
        Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
    X509Certificate certificate =
        new JcaX509CertificateConverter()
            .getCertificate(
                builder.build(
                    new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
    return SslContextBuilder.forServer(new OneKeyManager(keys.getPrivate(), certificate))
        .sslProvider(SslProvider.JDK)
        .protocols("TLSv1.3", "TLSv1.2")
        .clientAuth(ClientAuth.OPTIONAL)
        .trustManager(KubeTls.trust(caCertificate))
        .sessionCacheSize(16)
        .build();
  }

  @Override
  public void close() {
    loop.shutdownGracefully(0, 2, TimeUnit.SECONDS);
  }

  private static final class Answers extends SimpleChannelInboundHandler<HttpObject> {
    private final String nodeName;

    Answers(String nodeName) {
      this.nodeName = nodeName;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
      if (!(message instanceof HttpRequest request)) {
        return;
      }
      if (request.decoderResult().isFailure()) {
        send(context, HttpResponseStatus.BAD_REQUEST, "bad request");
        return;
      }
      String path = request.uri();
      int question = path.indexOf('?');
      path = question < 0 ? path : path.substring(0, question);
      answer(context, caller(context), path);
    }

    private void answer(ChannelHandlerContext context, Caller caller, String path) {
      if (caller == Caller.NOBODY) {
        send(context, HttpResponseStatus.UNAUTHORIZED, "Unauthorized");
        return;
      }
      if (path.equals("/healthz") || path.startsWith("/healthz/")) {
        send(context, HttpResponseStatus.OK, "ok");
        return;
      }
      if (caller != Caller.MASTER) {
        send(context, HttpResponseStatus.FORBIDDEN, "Forbidden");
        return;
      }
      String first = path.length() > 1 ? path.substring(1).split("/", 2)[0] : "";
      switch (first) {
        case "containerLogs", "logs", "exec", "attach", "run", "portForward", "checkpoint" ->
            send(context, HttpResponseStatus.NOT_IMPLEMENTED, SIMULATED);
        case "stats" ->
            send(
                context,
                HttpResponseStatus.OK,
                "{\"node\":{\"nodeName\":\"" + nodeName + "\"},\"pods\":[]}");
        case "metrics" -> send(context, HttpResponseStatus.OK, "# " + SIMULATED + "\n");
        case "pods", "runningpods" ->
            send(
                context,
                HttpResponseStatus.OK,
                "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[]}");
        default -> send(context, HttpResponseStatus.NOT_FOUND, "404 page not found");
      }
    }

    private enum Caller {
      NOBODY,
      MEMBER,
      MASTER
    }

    private static Caller caller(ChannelHandlerContext context) {
      try {
        SslHandler tls = (SslHandler) context.pipeline().get("tls");
        X509Certificate certificate =
            (X509Certificate) tls.engine().getSession().getPeerCertificates()[0];
        X500Name subject = X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
        for (RDN part : subject.getRDNs(BCStyle.O)) {
          if (IETFUtils.valueToString(part.getFirst().getValue()).equals("system:masters")) {
            return Caller.MASTER;
          }
        }
        return Caller.MEMBER;
      } catch (SSLPeerUnverifiedException e) {
        return Caller.NOBODY;
      }
    }

    private static void send(
        ChannelHandlerContext context, HttpResponseStatus status, String text) {
      ByteBuf body = Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
      FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body);
      response
          .headers()
          .set(
              HttpHeaderNames.CONTENT_TYPE,
              text.startsWith("{") ? "application/json" : "text/plain")
          .set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes())
          .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
      context.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event instanceof io.netty.handler.timeout.IdleStateEvent) {
        context.close();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }
}
