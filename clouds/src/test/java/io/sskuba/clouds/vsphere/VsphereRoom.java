package io.sskuba.clouds.vsphere;

import io.sskuba.cloud.CloudAccount;
import io.sskuba.clouds.Clouds;
import io.sskuba.clouds.OwnServer;
import io.sskuba.io.Environment;
import io.sskuba.io.TimeSource;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecReader;
import io.sskuba.testkit.TestServices;
import io.sskuba.toolchain.Authorities;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/// vcsim behind a [VsphereDoor], and a Big-IP beside it.
final class VsphereRoom implements AutoCloseable {
  static final String USER = "sskuba@vsphere.local";
  static final String PASSWORD = "p&ss<word>";

  final TestServices.Running vcsim;
  final VsphereDoor door;
  final BigIpStandIn bigip;
  final Path folder;

  /// Straight to vcsim, to set things up.
  final VsphereSession direct;

  VsphereRoom(String host, Path folder) throws IOException {
    this.folder = folder;
    vcsim = TestServices.vcsim(host, USER, PASSWORD, folder);
    Path certificate = folder.resolve("vcsim.pem");
    door = new VsphereDoor(host, "https://" + vcsim.address(), certificate);
    bigip = new BigIpStandIn(host);
    Files.writeString(
        folder.resolve("trust.pem"),
        Files.readString(certificate) + door.tls.pem() + bigip.tls.pem());
    OwnServer server =
        new OwnServer(
            vcsim.address(),
            Authorities.context(null, Files.readString(certificate)),
            TimeSource.system());
    VimClient.Login login = new VimClient.Login(USER, PASSWORD);
    direct =
        new VsphereSession(
            server, new VimClient(server, () -> login), new VapiClient(server, () -> login));
  }

  /// The example's file, at this room's servers.
  String file(String name) {
    return """
    apiVersion: sskuba.io/v1alpha1
    kind: Cluster
    metadata: {name: %s, domain: onprem.example.org}
    gitops: {url: https://git.example.org/a/b.git, token: {env: TOKEN}}
    trust: {bundle: %s}
    target:
      provider: vsphere
      server: %s
      credentials: {username: {env: VC_USER}, password: {env: VC_PASSWORD}}
      datacenter: dc1
      cluster: compute1
      datastore: vsan1
      folder: sskuba
      network: {name: k8s-segment, cidr: 10.40.0.0/24, gateway: 10.40.0.1}
      template: {library: talos, item: talos-v1.13.9}
      loadBalancer:
        bigip:
          address: %s
          partition: sskuba
          virtualAddress: 10.40.0.10
          credentials: {env: BIGIP}
      controlPlane: {count: 3, cpus: 4, memoryGiB: 8, disk: {sizeGiB: 60}, addresses: [10.40.0.21, 10.40.0.22, 10.40.0.23]}
      workers:
        - {name: general, count: 3, cpus: 8, memoryGiB: 32, disk: {sizeGiB: 200}}
    """
        .formatted(name, folder.resolve("trust.pem"), door.address(), bigip.address());
  }

  static ClusterSpec spec(String yaml) {
    return SpecReader.read(
        yaml.getBytes(StandardCharsets.UTF_8), "cluster.yaml", Path.of("/tmp"), false);
  }

  Environment environment(Map<String, String> more) {
    Map<String, String> all = new HashMap<>();
    all.put("HOME", folder.toString());
    all.put("VC_USER", USER);
    all.put("VC_PASSWORD", PASSWORD);
    all.put(
        "BIGIP",
        "{\"username\":\"%s\",\"password\":\"%s\"}"
            .formatted(BigIpStandIn.USER, BigIpStandIn.PASSWORD));
    all.putAll(more);
    return new Environment(all, folder);
  }

  CloudAccount account(ClusterSpec spec, Map<String, String> more) {
    return new Clouds().account(spec, environment(more), TimeSource.system()).orElseThrow();
  }

  void reset() {
    door.reset();
    bigip.reset();
  }

  @Override
  public void close() {
    direct.close();
    door.close();
    bigip.close();
    vcsim.close();
  }
}
