package io.sskuba.rehearsal.kubelet;

import io.sskuba.io.AtomicFiles;
import io.sskuba.kube.KubeApi;
import io.sskuba.kube.KubeApis;
import io.sskuba.kube.KubeCredential;
import io.sskuba.net.AddressMap;
import io.sskuba.testkit.Peers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/// A real control plane for tests: etcd without TLS, API server, controller-manager, scheduler on
/// one loopback address. Not the product's: that one is `plane.PlaneServices`.
final class TestPlane implements AutoCloseable {
  static final String TOKEN = "abcdef.0123456789abcdef";
  final String address;
  final String caPem;
  final String adminCertificate;
  final String adminKey;
  final long readyMs;
  private final int graceSeconds;
  private final Path folder;
  private final X509Certificate ca;
  private final KeyPair caKeys;
  private final List<Process> processes = new ArrayList<>();
  private @Nullable Process apiServer;
  private final List<String> apiServerCommand;

  /// @param address such as `127.206.1.1`
  TestPlane(String address) throws Exception {
    this(address, 45);
  }

  /// @param graceSeconds until a node whose lease is not renewed counts as lost
  TestPlane(String address, int graceSeconds) throws Exception {
    this.address = address;
    this.graceSeconds = graceSeconds;
    for (String name :
        List.of("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")) {
      Peers.require(name);
    }
    Path shm = Path.of("/dev/shm");
    this.folder =
        Files.isWritable(shm)
            ? Files.createTempDirectory(shm, "plane-test-")
            : Files.createTempDirectory("plane-test-");
    this.caKeys = ec();
    this.ca = certificate("O=kubernetes", caKeys, caKeys, null, true, List.of());
    this.caPem = KubeletCredentials.pem(ca);
    Files.writeString(folder.resolve("ca.crt"), caPem);
    Files.writeString(folder.resolve("ca.key"), pkcs8(caKeys));
    String[] admin = issue("O=system:masters,CN=admin", List.of());
    this.adminCertificate = admin[0];
    this.adminKey = admin[1];
    write("admin", admin);
    write(
        "server",
        issue("CN=kube-apiserver", List.of(address, "127.0.0.1", "10.96.0.1", "localhost")));
    write("kubelet-client", issue("O=system:masters,CN=apiserver-kubelet-client", List.of()));
    write("controller-manager", issue("CN=system:kube-controller-manager", List.of()));
    write("scheduler", issue("CN=system:kube-scheduler", List.of()));
    KeyPairGenerator rsa = KeyPairGenerator.getInstance("RSA");
    rsa.initialize(2048);
    KeyPair account = rsa.generateKeyPair();
    Files.writeString(folder.resolve("sa.key"), pkcs8(account));
    Files.writeString(folder.resolve("sa.pub"), KubeletCredentials.pem(account.getPublic()));
    long begin = System.nanoTime();
    this.apiServerCommand = apiServerCommand();
    try {
      start();
    } catch (Exception | Error e) {
      close();
      throw e;
    }
    this.readyMs = (System.nanoTime() - begin) / 1_000_000;
  }

  String url() {
    return "https://" + address + ":6443";
  }

  Path folder() {
    return folder;
  }

  KubeApi api() {
    return KubeApis.open(
        url(),
        caPem,
        new KubeCredential.ClientCertificate(adminCertificate, adminKey),
        AddressMap.IDENTITY);
  }

  String kubeconfig() {
    return kubeconfig(adminCertificate, adminKey);
  }

  Path kubeconfigFile() {
    return folder.resolve("admin.conf");
  }

  private void start() throws Exception {
    Files.writeString(kubeconfigFile(), kubeconfig());
    for (String name : List.of("controller-manager", "scheduler")) {
      Files.writeString(
          folder.resolve(name + ".conf"),
          kubeconfig(
              Files.readString(folder.resolve(name + ".crt")),
              Files.readString(folder.resolve(name + ".key"))));
    }
    run(
        "etcd",
        List.of(
            Peers.require("etcd").toString(),
            "--data-dir=" + folder.resolve("etcd"),
            "--unsafe-no-fsync",
            "--listen-client-urls=http://" + address + ":2379",
            "--advertise-client-urls=http://" + address + ":2379",
            "--listen-peer-urls=http://" + address + ":2380",
            "--initial-advertise-peer-urls=http://" + address + ":2380",
            "--initial-cluster=default=http://" + address + ":2380"));
    startApiServer();
    run(
        "kube-controller-manager",
        List.of(
            Peers.require("kube-controller-manager").toString(),
            "--kubeconfig=" + folder.resolve("controller-manager.conf"),
            "--leader-elect=false",
            "--kube-api-qps=500",
            "--kube-api-burst=1000",
            "--use-service-account-credentials=true",
            "--service-account-private-key-file=" + folder.resolve("sa.key"),
            "--root-ca-file=" + folder.resolve("ca.crt"),
            "--cluster-signing-cert-file=" + folder.resolve("ca.crt"),
            "--cluster-signing-key-file=" + folder.resolve("ca.key"),
            "--allocate-node-cidrs=true",
            "--cluster-cidr=10.244.0.0/16",
            "--service-cluster-ip-range=10.96.0.0/12",
            "--node-monitor-period=1s",
            "--node-monitor-grace-period=" + graceSeconds + "s",
            "--node-cidr-mask-size=26",
            "--bind-address=" + address,
            "--controllers=*,tokencleaner,-cloud-node-lifecycle-controller"));
    run(
        "kube-scheduler",
        List.of(
            Peers.require("kube-scheduler").toString(),
            "--kubeconfig=" + folder.resolve("scheduler.conf"),
            "--leader-elect=false",
            "--kube-api-qps=500",
            "--kube-api-burst=1000",
            "--bind-address=" + address));
  }

  void startApiServer() throws Exception {
    Process process = run("kube-apiserver", apiServerCommand);
    apiServer = process;
    try (KubeApi api = api()) {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (System.nanoTime() < end) {
        if (!process.isAlive()) {
          break;
        }
        try {
          if (api.raw("/readyz", Duration.ofSeconds(2)).code() == 200) {
            return;
          }
        } catch (UncheckedIOException e) {
          // Not listening yet.
        }
        Thread.sleep(50);
      }
    }
    throw new IllegalStateException(
        "API server not ready: " + tail(folder.resolve("kube-apiserver.log")));
  }

  /// Ends the API server for a while.
  void stopApiServer() throws InterruptedException {
    Process process = apiServer;
    if (process != null) {
      process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }
  }

  private List<String> apiServerCommand() {
    return List.of(
        Peers.require("kube-apiserver").toString(),
        "--etcd-servers=http://" + address + ":2379",
        "--bind-address=" + address,
        "--advertise-address=" + address,
        "--secure-port=6443",
        "--endpoint-reconciler-type=none",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--enable-bootstrap-token-auth=true",
        "--anonymous-auth=false",
        "--allow-privileged=true",
        "--client-ca-file=" + folder.resolve("ca.crt"),
        "--tls-cert-file=" + folder.resolve("server.crt"),
        "--tls-private-key-file=" + folder.resolve("server.key"),
        "--kubelet-client-certificate=" + folder.resolve("kubelet-client.crt"),
        "--kubelet-client-key=" + folder.resolve("kubelet-client.key"),
        "--kubelet-preferred-address-types=InternalIP",
        "--service-account-key-file=" + folder.resolve("sa.pub"),
        "--service-account-signing-key-file=" + folder.resolve("sa.key"),
        "--service-account-issuer=https://" + address + ":6443",
        "--service-cluster-ip-range=10.96.0.0/12");
  }

  private Process run(String name, List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.redirectErrorStream(true);
    builder.redirectOutput(
        ProcessBuilder.Redirect.appendTo(folder.resolve(name + ".log").toFile()));
    Process process = builder.start();
    processes.add(process);
    return process;
  }

  static String tail(Path log) throws IOException {
    String text = Files.readString(log);
    return text.substring(Math.max(0, text.length() - 2_000));
  }

  private void write(String name, String[] pair) throws IOException {
    Files.writeString(folder.resolve(name + ".crt"), pair[0]);
    Files.writeString(folder.resolve(name + ".key"), pair[1]);
  }

  private String kubeconfig(String certificate, String key) {
    return """
        apiVersion: v1
        kind: Config
        clusters: [{name: test, cluster: {server: '%s', certificate-authority-data: %s}}]
        users: [{name: me, user: {client-certificate-data: %s, client-key-data: %s}}]
        contexts: [{name: me@test, context: {cluster: test, user: me}}]
        current-context: me@test
        """
        .formatted(url(), base64(caPem), base64(certificate), base64(key));
  }

  private static String base64(String text) {
    return Base64.getEncoder()
        .encodeToString(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  String[] issue(String subject, List<String> names) throws Exception {
    KeyPair keys = ec();
    X509Certificate certificate = certificate(subject, keys, caKeys, ca, false, names);
    return new String[] {KubeletCredentials.pem(certificate), pkcs8(keys)};
  }

  private static String pkcs8(KeyPair keys) throws IOException {
    return KubeletCredentials.pem(new JcaPKCS8Generator(keys.getPrivate(), null));
  }

  static KeyPair ec() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  static X509Certificate certificate(
      String subject,
      KeyPair keys,
      KeyPair signer,
      @Nullable X509Certificate issuer,
      boolean authority,
      List<String> names)
      throws Exception {
    X500Name name = new X500Name(subject);
    X500Name by =
        issuer == null ? name : X500Name.getInstance(issuer.getSubjectX500Principal().getEncoded());
    Instant now = Instant.now();
    var builder =
        new JcaX509v3CertificateBuilder(
            by,
            new BigInteger(64, new java.security.SecureRandom()),
            Date.from(now.minusSeconds(60)),
            Date.from(now.plus(Duration.ofDays(1))),
            name,
            keys.getPublic());
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
    if (!authority) {
      builder.addExtension(
          Extension.extendedKeyUsage,
          false,
          new ExtendedKeyUsage(
              new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}));
    }
    if (!names.isEmpty()) {
      ASN1Encodable[] all =
          names.stream()
              .map(
                  n ->
                      new GeneralName(
                          n.matches("[0-9.]+") ? GeneralName.iPAddress : GeneralName.dNSName, n))
              .toArray(ASN1Encodable[]::new);
      builder.addExtension(
          Extension.subjectAlternativeName,
          false,
          GeneralNames.getInstance(new org.bouncycastle.asn1.DERSequence(all)));
    }
    return new JcaX509CertificateConverter()
        .getCertificate(
            builder.build(
                new JcaContentSignerBuilder("SHA256withECDSA").build(signer.getPrivate())));
  }

  /// Names and resident memory of its processes.
  String memory() throws IOException {
    StringBuilder text = new StringBuilder();
    for (Process process : processes) {
      if (process.isAlive()) {
        String command = process.info().command().orElse("?");
        text.append(command.substring(command.lastIndexOf('/') + 1))
            .append(' ')
            .append(residentMb(process.pid()))
            .append(" MB ")
            .append(process.info().totalCpuDuration().map(Duration::toSeconds).orElse(0L))
            .append(" s CPU, ");
      }
    }
    return text.toString();
  }

  /// Resident memory of a process in MB.
  static long residentMb(long pid) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024;
      }
    }
    return 0;
  }

  @Override
  public void close() throws Exception {
    // The API server before etcd: it hangs once etcd is gone.
    for (Process process : processes.reversed()) {
      process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }
    AtomicFiles.deleteTree(folder);
  }
}
