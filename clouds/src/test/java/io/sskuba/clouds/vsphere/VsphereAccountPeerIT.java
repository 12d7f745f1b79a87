package io.sskuba.clouds.vsphere;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.cloud.CloudAccount;
import io.sskuba.clouds.vsphere.VimClient.Ref;
import io.sskuba.clouds.vsphere.VimClient.Seen;
import io.sskuba.clouds.vsphere.VimClient.Step;
import io.sskuba.infra.Choices;
import io.sskuba.infra.Platform.Finding;
import io.sskuba.infra.Platform.Found;
import io.sskuba.infra.vsphere.BigIpPlan;
import io.sskuba.infra.vsphere.VsphereRights;
import io.sskuba.infra.vsphere.VsphereTarget;
import io.sskuba.io.Json;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.ProblemKind;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.ClusterSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;

/// The look at a vCenter, on vcsim, and at a Big-IP, on a stand-in.
class VsphereAccountPeerIT {
  private static final Duration EXPECTED = Duration.ofMinutes(15);
  private static final String NAME = "sensor-lab";
  private static VsphereRoom room;
  @TempDir static Path folder;

  @BeforeAll
  static void start() throws Exception {
    room = new VsphereRoom("127.231.1.1", folder);
  }

  @AfterAll
  static void stop() {
    if (room != null) {
      room.close();
    }
  }

  @BeforeEach
  void reset() {
    room.reset();
  }

  private static List<Finding> findings(String file) {
    ClusterSpec spec = VsphereRoom.spec(file);
    return room.account(spec, Map.of()).findings(spec, EXPECTED);
  }

  private static List<ProblemCode> codes(List<Finding> findings, boolean stops) {
    return findings.stream().filter(f -> f.stops() == stops).map(f -> f.problem().code()).toList();
  }

  private static String text(List<Finding> findings) {
    StringBuilder text = new StringBuilder();
    for (Finding finding : findings) {
      text.append(finding.stops()).append(' ').append(finding.problem()).append('\n');
    }
    return text.toString();
  }

  private static void onlyLooked() {
    assertThat(room.door.mutations()).isEmpty();
    assertThat(room.bigip.mutations()).isEmpty();
    assertThat(room.bigip.tokens()).as("tokens are given back").isEmpty();
  }

  @Test
  void aVcenterThatFitsHasNoFindingAndIsOnlyLookedAt() {
    List<Finding> findings = findings(room.file(NAME));
    assertThat(findings).as(text(findings)).isEmpty();
    assertThat(room.door.calls()).hasSizeGreaterThan(9).contains("HasPrivilegeOnEntities");
    assertThat(room.bigip.calls()).hasSizeGreaterThan(5);
    assertThat(room.door.calls()).contains("Logout", "DELETE cis/session");
    onlyLooked();
  }

  @Test
  void identityIsOfTheCredentials() {
    ClusterSpec spec = VsphereRoom.spec(room.file(NAME));
    CloudAccount.Identity identity = room.account(spec, Map.of()).identity();
    assertThat(identity.subject()).isEqualTo(VsphereRoom.USER);
    assertThat(identity.account())
        .isEqualTo("vCenter " + room.direct.vim().service().uuid());
    assertThat(identity.expires()).isEmpty();
  }

  @Test
  void aLookAsksSideBySide() {
    findings(room.file(NAME));
    room.door.delay(Duration.ofMillis(200));
    room.bigip.delay(Duration.ofMillis(200));
    List<Finding> findings = findings(room.file(NAME));
    assertThat(findings).as(text(findings)).isEmpty();
    assertThat(room.door.most()).as("questions at once").isGreaterThan(2);
  }

  @Test
  void everythingThatIsWrongIsSaidAtOnce() {
    room.bigip.role("guest");
    room.bigip.put(
        "/mgmt/tm/ltm/virtual/",
        "/Common/other",
        Json.object().put("destination", "/Common/10.40.0.10:443"));
    room.bigip.remove("/mgmt/tm/auth/partition/", "sskuba");
    room.door.answer("HasPrivilegeOnEntities", VsphereAccountPeerIT::withoutNetworks);
    List<Finding> findings =
        findings(
            room.file(NAME)
                .replace("datastore: vsan1", "datastore: vsan2")
                .replace("folder: sskuba", "folder: teams/a")
                .replace("item: talos-v1.13.9", "item: talos-v1.12.0")
                .replace("cpus: 8, memoryGiB: 32", "cpus: 128, memoryGiB: 512"));
    assertThat(codes(findings, true))
        .as(text(findings))
        .contains(
            ProblemCode.CLOUD_DENIED,
            ProblemCode.SPEC_INVALID,
            ProblemCode.CLOUD_IMAGE_MISSING,
            ProblemCode.CLOUD_CAPACITY,
            ProblemCode.CLOUD_ADDRESS_TAKEN);
    assertThat(text(findings))
        .contains("target.datastore: there is no datastore vsan2", "there are: vsan1")
        .contains("target.folder: there is no folder teams/a")
        .contains("item talos-v1.12.0 holds Talos v1.12.0, not v1.13.9")
        .contains("128 cpus and 512 GiB a machine; the largest host has 64 and 256 GiB")
        .contains("Network.Assign on the network")
        .contains("there is no partition sskuba")
        .contains("its role there is guest")
        .contains("/Common/other at 10.40.0.10:443");
    onlyLooked();
  }

  /// As vCenter answers a user who may not assign networks.
  private static VsphereDoor.Answer withoutNetworks(String body) {
    StringBuilder answer = new StringBuilder();
    java.util.regex.Matcher entities =
        java.util.regex.Pattern.compile("<entity type=\"([A-Za-z]+)\">([^<]+)</entity>")
            .matcher(body);
    while (entities.find()) {
      answer
          .append("<returnval><entity type=\"")
          .append(entities.group(1))
          .append("\">")
          .append(entities.group(2))
          .append("</entity><privAvailability><privId>Network.Assign</privId>")
          .append("<isGranted>false</isGranted></privAvailability></returnval>");
    }
    return new VsphereDoor.Answer(
        200,
        "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\">"
            + "<soapenv:Body><HasPrivilegeOnEntitiesResponse xmlns=\"urn:vim25\">"
            + answer
            + "</HasPrivilegeOnEntitiesResponse></soapenv:Body></soapenv:Envelope>");
  }

  @Test
  void aPlaceThatIsMissingNamesThoseThatAreThere() {
    List<Finding> findings = findings(room.file(NAME).replace("datacenter: dc1", "datacenter: x"));
    assertThat(text(findings)).contains("target.datacenter: there is no datacenter x", "dc1");
    assertThat(codes(findings, true)).contains(ProblemCode.SPEC_INVALID);
    findings = findings(room.file(NAME).replace("cluster: compute1", "cluster: x"));
    assertThat(text(findings)).contains("there is no compute cluster x", "there are: compute1");
    findings = findings(room.file(NAME).replace("name: k8s-segment", "name: x"));
    assertThat(text(findings)).contains("target.network.name: there is no network x");
    findings = findings(room.file(NAME).replace("library: talos", "library: none"));
    assertThat(codes(findings, true)).containsExactly(ProblemCode.CLOUD_IMAGE_MISSING);
  }

  @Test
  void whatWasSeenIsChosenAndStays() {
    String file =
        room.file(NAME)
            + "    - {name: gpu, count: 3, cpus: 8, memoryGiB: 32, gpu: {vendor: nvidia}}\n";
    ClusterSpec spec = VsphereRoom.spec(file);
    CloudAccount account = room.account(spec, Map.of());
    List<Finding> findings = account.findings(spec, EXPECTED);
    assertThat(text(findings)).contains("no item talos-v1.13.9-nvidia in content library talos");
    assertThat(codes(findings, true)).containsExactly(ProblemCode.CLOUD_IMAGE_MISSING);
    int asked = room.door.calls().size();
    Choices choices = account.choices(spec, Choices.NONE);
    assertThat(room.door.calls()).as("one look is enough").hasSize(asked);
    assertThat(choices.images()).containsOnlyKeys("amd64");
    assertThat(choices.facts().get("vsphere.datacenterId")).startsWith("datacenter-");
    assertThat(choices.facts().get("vsphere.computeClusterId")).startsWith("domain-c");
    assertThat(choices.facts().get("vsphere.resourcePoolId")).startsWith("resgroup-");
    assertThat(choices.facts().get("vsphere.datastoreId")).startsWith("datastore-");
    assertThat(choices.facts().get("vsphere.networkId")).startsWith("dvportgroup-");
    // One device is passed through; the others get a share of the shared one.
    assertThat(choices.facts())
        .containsEntry("vsphere.pciDevice.sensor-lab-gpu-1", "0000:3b:00.0")
        .containsKey("vsphere.host.sensor-lab-gpu-1")
        .containsEntry("vsphere.vgpu.sensor-lab-gpu-2", "grid_l40-48c")
        .containsEntry("vsphere.vgpu.sensor-lab-gpu-3", "grid_l40-48c");
    Choices later =
        account.choices(
            spec,
            new Choices(
                Map.of("amd64", "old"),
                Map.of(),
                Map.of(),
                Map.of("vsphere.networkId", "network-1")));
    assertThat(later.images()).containsEntry("amd64", "old");
    assertThat(later.facts()).containsEntry("vsphere.networkId", "network-1");
  }

  @Test
  void addressesThatMachinesReportAreTaken() {
    Ref machine = machines().getFirst().ref();
    reconfigure(machine, option("SET.guest.ipAddress", "10.40.0.22"));
    List<Finding> findings = findings(room.file(NAME));
    assertThat(codes(findings, true))
        .as(text(findings))
        .containsExactly(ProblemCode.CLOUD_ADDRESS_TAKEN);
    assertThat(text(findings)).contains("10.40.0.22 is ");
    reconfigure(machine, option("SET.guest.ipAddress", "10.244.3.1"));
    findings = findings(room.file(NAME));
    assertThat(codes(findings, false)).containsExactly(ProblemCode.CLOUD_OVERLAP);
    reconfigure(machine, option("SET.guest.ipAddress", "192.0.2.77"));
  }

  private static String option(String key, String value) {
    return "<extraConfig xsi:type=\"OptionValue\"><key>"
        + key
        + "</key><value xsi:type=\"xsd:string\">"
        + value
        + "</value></extraConfig>";
  }

  private static void reconfigure(Ref machine, String spec) {
    room.direct.vim().call("ReconfigVM_Task", machine, "<spec>" + spec + "</spec>");
  }

  private static List<Seen> machines() {
    VimClient vim = room.direct.vim();
    return vim.look(
        vim.service().root(),
        Map.of("VirtualMachine", List.of("name", "config.uuid")),
        List.of(
            new Step("f", "Folder", "childEntity", List.of("f", "d")),
            new Step("d", "Datacenter", "vmFolder", List.of("f"))));
  }

  @Test
  void everyPrivilegeOfTheTableIsOneOfVcenters() {
    VimClient vim = room.direct.vim();
    Set<String> known = new HashSet<>();
    Element all =
        vim.call(
            "FetchUserPrivilegeOnEntities",
            vim.service().rights(),
            vim.service().root().as("entities") + "<userName>" + vim.user() + "</userName>");
    for (Element each : Xml.children(Xml.child(all, "returnval").orElseThrow(), "privileges")) {
      known.add(each.getTextContent());
    }
    assertThat(known).hasSizeGreaterThan(100);
    assertThat(VsphereRights.of(VsphereRoom.spec(room.file(NAME))))
        .extracting(VsphereRights.Right::privilege)
        .isSubsetOf(known);
  }

  private static void assertExit(ProblemCode code, int exit, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> {
              assertThat(e.problem().code()).as(e.problem().toString()).isEqualTo(code);
              assertThat(code.kind().exitCode()).isEqualTo(exit);
              assertThat(e.problem().toString())
                  .doesNotContain(VsphereRoom.PASSWORD)
                  .doesNotContain(BigIpStandIn.PASSWORD);
            });
  }

  @Test
  void aWrongPasswordIsSaidOfBothServersAtOnce() {
    ClusterSpec spec = VsphereRoom.spec(room.file(NAME));
    CloudAccount account =
        room.account(
            spec,
            Map.of("VC_PASSWORD", "wrong", "BIGIP", "{\"username\":\"x\",\"password\":\"wrong\"}"));
    List<Finding> findings = account.findings(spec, EXPECTED);
    assertThat(codes(findings, true))
        .containsExactly(ProblemCode.CLOUD_CREDENTIALS, ProblemCode.CLOUD_CREDENTIALS);
    assertThat(text(findings)).contains("vCenter ", "Big-IP ").doesNotContain("wrong");
    assertThat(ProblemCode.CLOUD_CREDENTIALS.kind()).isEqualTo(ProblemKind.CREDENTIAL);
    assertThat(room.door.calls().stream().filter("Login"::equals))
        .as("tried once, or the user is locked out")
        .hasSize(1);
    assertThat(room.door.calls()).doesNotContain("POST cis/session");
    assertExit(
        ProblemCode.CLOUD_CREDENTIALS,
        5,
        () -> room.account(spec, Map.of("VC_PASSWORD", "wrong")).identity());
  }

  @Test
  void aSessionThatEndedIsOpenedAnew() {
    AtomicInteger ended = new AtomicInteger();
    AtomicInteger other = new AtomicInteger();
    room.door.answer(
        "RetrievePropertiesEx",
        _ -> ended.getAndIncrement() == 0 ? VsphereDoor.fault("NotAuthenticated") : null);
    room.door.answer(
        "POST content/library?~action=find",
        _ -> other.getAndIncrement() == 0 ? new VsphereDoor.Answer(401, "") : null);
    List<Finding> findings = findings(room.file(NAME));
    assertThat(findings).as(text(findings)).isEmpty();
    assertThat(room.door.calls().stream().filter("Login"::equals)).hasSize(2);
  }

  @Test
  void whatMayNotBeReadIsAWarning() {
    room.door.answer(
        "POST content/library?~action=find",
        _ ->
            new VsphereDoor.Answer(
                403, "{\"type\":\"com.vmware.vapi.std.errors.unauthorized\",\"value\":{}}"));
    room.door.answer("HasPrivilegeOnEntities", _ -> VsphereDoor.fault("NoPermission"));
    List<Finding> findings = findings(room.file(NAME));
    assertThat(codes(findings, true)).as(text(findings)).isEmpty();
    assertThat(codes(findings, false))
        .containsExactly(ProblemCode.CLOUD_UNASKED, ProblemCode.CLOUD_UNASKED);
    assertThat(text(findings))
        .contains("not looked at: the content library", "not looked at: permissions");
  }

  @Test
  void whatIsBusyIsWaitedOutAndEndsWithItsCode() {
    AtomicInteger turned = new AtomicInteger();
    room.door.answer(
        "RetrievePropertiesEx",
        _ -> turned.getAndIncrement() < 2 ? new VsphereDoor.Answer(503, "busy") : null);
    List<Finding> findings = findings(room.file(NAME));
    assertThat(findings).as(text(findings)).isEmpty();
    room.door.answer("Login", _ -> new VsphereDoor.Answer(429, ""));
    ClusterSpec spec = VsphereRoom.spec(room.file(NAME));
    assertExit(ProblemCode.CLOUD_THROTTLED, 7, () -> room.account(spec, Map.of()).identity());
  }

  @Test
  void whoeverIsNoVcenterIsTheFilesMistake() {
    ClusterSpec spec = VsphereRoom.spec(room.file(NAME));
    room.door.answer("*", _ -> new VsphereDoor.Answer(404, "<html>nothing here</html>"));
    assertExit(
        ProblemCode.SPEC_INVALID, 3, () -> room.account(spec, Map.of()).findings(spec, EXPECTED));
    // A web server of any kind.
    room.door.answer("*", _ -> new VsphereDoor.Answer(200, "<html>welcome"));
    assertExit(
        ProblemCode.SPEC_INVALID, 3, () -> room.account(spec, Map.of()).findings(spec, EXPECTED));
  }

  @Test
  void aCertificateThatNobodyVouchesForIsNamed() throws Exception {
    Path other = folder.resolve("other.pem");
    Files.writeString(other, io.sskuba.clouds.TestTls.of("127.231.1.1").pem());
    ClusterSpec spec =
        VsphereRoom.spec(
            room.file(NAME).replace(folder.resolve("trust.pem").toString(), other.toString()));
    List<Finding> findings = room.account(spec, Map.of()).findings(spec, EXPECTED);
    assertThat(codes(findings, true))
        .containsExactly(ProblemCode.CLOUD_UNASKED, ProblemCode.CLOUD_UNASKED);
    assertThat(ProblemCode.CLOUD_UNASKED.kind().exitCode()).isEqualTo(7);
    assertThat(text(findings)).contains("certificate", "explain trust.bundle");
    assertThat(room.door.calls()).as("nothing was sent").isEmpty();
  }

  @Test
  void aServerThatNeverAnswersIsGivenUp() {
    room.door.delay(Duration.ofSeconds(30));
    ClusterSpec spec = VsphereRoom.spec(room.file(NAME));
    long begin = System.nanoTime();
    assertExit(
        ProblemCode.CLOUD_UNASKED, 7, () -> room.account(spec, Map.of()).findings(spec, EXPECTED));
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(25));
  }

  @Test
  void theBigIpsRefusalsHaveTheirCodes() {
    Map<Integer, ProblemCode> expected =
        Map.of(
            403, ProblemCode.CLOUD_DENIED,
            404, ProblemCode.SPEC_INVALID,
            500, ProblemCode.CLOUD_UNASKED,
            503, ProblemCode.CLOUD_THROTTLED);
    expected.forEach(
        (status, code) -> {
          room.reset();
          room.bigip.refuse("/mgmt/shared/authn/login", status);
          assertThat(codes(findings(room.file(NAME)), true)).containsExactly(code);
        });
  }

  @Test
  void whatBearsTheTagsIsFoundAndWhatIsGoneIsGone() {
    VapiClient vapi = room.direct.vapi();
    VimClient vim = room.direct.vim();
    String category = category("c1", "cluster held.onprem.example.org");
    String other = category("c2", "cluster other.onprem.example.org");
    String cluster = tag(category, "sskuba.io/cluster=held.onprem.example.org");
    String label = tag(category, "team=sensors");
    tag(other, "sskuba.io/cluster=other.onprem.example.org");
    Seen machine = machines().getFirst();
    reconfigure(machine.ref(), "<annotation>sskuba.io/key=c1/held-control-plane-1</annotation>");
    String own = folder("held");
    attach(cluster, "VirtualMachine", machine.ref().id());
    attach(cluster, "Folder", own);
    rule(machine.ref());
    bigips();
    ClusterSpec spec = VsphereRoom.spec(room.file("held"));
    CloudAccount account = room.account(spec, Map.of());
    List<Found> found = account.inventory(spec.fqdn(), Optional.of("c1"));
    List<Found> expected = balanced();
    expected.add(new Found(VsphereTarget.TAG_CATEGORY, "tag-category", category));
    expected.add(new Found(VsphereTarget.TAG, "tag-cluster", cluster));
    expected.add(new Found(VsphereTarget.TAG, "tag-label-1", label));
    expected.add(new Found(VsphereTarget.FOLDER, "folder", own));
    expected.add(
        new Found(VsphereTarget.MACHINE, "held-control-plane-1", machine.text("config.uuid")));
    assertThat(found)
        .filteredOn(f -> !f.type().equals(VsphereTarget.ANTI_AFFINITY))
        .containsExactlyInAnyOrderElementsOf(expected);
    Found rule =
        found.stream()
            .filter(f -> f.type().equals(VsphereTarget.ANTI_AFFINITY))
            .findFirst()
            .orElseThrow();
    assertThat(rule.id()).matches("domain-c[0-9]+:[0-9]+");
    assertThat(account.inventory(spec.fqdn(), Optional.of("c2"))).isEmpty();
    assertThat(account.clusterIds(spec.fqdn())).containsExactly("c1");
    for (Found each : found) {
      assertThat(account.gone(each.type(), each.id())).as(each.toString()).isFalse();
    }
    assertThat(account.gone("vsphere:index/other:Other", "x")).as("nobody looked").isFalse();
    assertThat(room.door.mutations()).isEmpty();
    // The same look finds the name taken, and by whom.
    List<Finding> findings = account.findings(spec, EXPECTED);
    assertThat(codes(findings, true)).as(text(findings)).isEmpty();
    assertThat(account.clusterIds(spec.fqdn())).containsExactly("c1");
    assertThat(account.gone(VsphereTarget.ANTI_AFFINITY, rule.id() + "9")).isTrue();
    assertThat(account.gone(VsphereTarget.ANTI_AFFINITY, "domain-c99999:1")).isTrue();
    assertThat(account.gone(VsphereTarget.MACHINE, "00000000-0000-0000-0000-000000000000"))
        .isTrue();
    vim.call("Destroy_Task", new Ref("Folder", own), "");
    assertThat(account.gone(VsphereTarget.FOLDER, own)).isTrue();
    vapi.delete("cis/tagging/category/id:" + category);
    assertThat(account.gone(VsphereTarget.TAG_CATEGORY, category)).isTrue();
    assertThat(account.gone(VsphereTarget.TAG, cluster)).isTrue();
    room.bigip.reset();
    for (Found each : found) {
      if (each.type().startsWith("f5bigip")) {
        assertThat(account.gone(each.type(), each.id())).as(each.toString()).isTrue();
      }
    }
  }

  private static List<Found> balanced() {
    List<Found> expected = new ArrayList<>();
    expected.add(
        new Found(BigIpPlan.NODE, "node-held-control-plane-1", "/sskuba/held-control-plane-1"));
    expected.add(new Found(BigIpPlan.POOL, "pool-api", "/sskuba/held-api"));
    expected.add(new Found(BigIpPlan.MONITOR, "monitor-api", "/sskuba/held-api"));
    expected.add(new Found(BigIpPlan.VIRTUAL_SERVER, "virtual-api", "/sskuba/held-api"));
    expected.add(
        new Found(
            BigIpPlan.ATTACHMENT,
            "member-api-held-control-plane-1",
            "/sskuba/held-api-/sskuba/held-control-plane-1:6443"));
    return expected;
  }

  private static String category(String clusterId, String description) {
    ObjectNode body = Json.object();
    body.putObject("create_spec")
        .put("name", "sskuba.io/" + clusterId)
        .put("description", description)
        .put("cardinality", "MULTIPLE")
        .putArray("associable_types");
    return room.direct.vapi().post("cis/tagging/category", body).asText();
  }

  private static String tag(String category, String name) {
    ObjectNode body = Json.object();
    body.putObject("create_spec").put("name", name).put("category_id", category);
    return room.direct.vapi().post("cis/tagging/tag", body).asText();
  }

  private static void attach(String tag, String type, String id) {
    ObjectNode body = Json.object();
    body.putObject("object_id").put("type", type).put("id", id);
    JsonNode _ =
        room.direct.vapi().post("cis/tagging/tag-association/id:" + tag + "?~action=attach", body);
  }

  private static String folder(String name) {
    VimClient vim = room.direct.vim();
    Ref parent =
        vim
            .look(
                vim.service().root(),
                Map.of("Folder", List.of("name")),
                List.of(
                    new Step("f", "Folder", "childEntity", List.of("f", "d")),
                    new Step("d", "Datacenter", "vmFolder", List.of("f"))))
            .stream()
            .filter(f -> f.text("name").equals("sskuba"))
            .findFirst()
            .orElseThrow()
            .ref();
    return Xml.text(vim.call("CreateFolder", parent, "<name>" + name + "</name>"), "returnval");
  }

  private static void rule(Ref machine) {
    VimClient vim = room.direct.vim();
    Ref cluster =
        vim.look(
                vim.service().root(),
                Map.of("ClusterComputeResource", List.of("name")),
                List.of(
                    new Step("f", "Folder", "childEntity", List.of("f", "d")),
                    new Step("d", "Datacenter", "hostFolder", List.of("f"))))
            .getFirst()
            .ref();
    vim.call(
        "ReconfigureComputeResource_Task",
        cluster,
        "<spec xsi:type=\"ClusterConfigSpecEx\"><rulesSpec><operation>add</operation>"
            + "<info xsi:type=\"ClusterAntiAffinityRuleSpec\"><enabled>true</enabled>"
            + "<name>held-control-planes</name>"
            + machine.as("vm")
            + "</info></rulesSpec></spec><modify>true</modify>");
  }

  private static String described(String key) {
    return "sskuba.io/cluster=held.onprem.example.org sskuba.io/cluster-id=c1 sskuba.io/key=c1/"
        + key;
  }

  private static void bigips() {
    BigIpStandIn bigip = room.bigip;
    bigip.put(
        "/mgmt/tm/ltm/node/",
        "/sskuba/held-control-plane-1",
        Json.object().put("description", described("node-held-control-plane-1")));
    bigip.put(
        "/mgmt/tm/ltm/node/",
        "/sskuba/other-control-plane-1",
        Json.object().put("description", "sskuba.io/cluster=other.onprem.example.org"));
    bigip.put("/mgmt/tm/ltm/monitor/tcp/", "/sskuba/held-api", Json.object());
    ObjectNode pool =
        Json.object().put("description", described("pool-api")).put("monitor", "/sskuba/held-api ");
    pool.putObject("membersReference")
        .putArray("items")
        .addObject()
        .put("name", "held-control-plane-1:6443")
        .put("fullPath", "/sskuba/held-control-plane-1:6443");
    bigip.put("/mgmt/tm/ltm/pool/", "/sskuba/held-api", pool);
    bigip.put(
        "/mgmt/tm/ltm/pool/~sskuba~held-api/members/",
        "/sskuba/held-control-plane-1:6443",
        Json.object());
    bigip.put(
        "/mgmt/tm/ltm/virtual/",
        "/sskuba/held-api",
        Json.object()
            .put("description", described("virtual-api"))
            .put("destination", "/sskuba/10.40.0.10:6443"));
  }
}
