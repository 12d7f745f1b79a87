package io.sskuba.clouds.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.clouds.azure.AzureDoor.Answer;
import io.sskuba.infra.Choices;
import io.sskuba.infra.Platform.Finding;
import io.sskuba.infra.Platform.Found;
import io.sskuba.infra.azure.AzureTypes;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.ClusterSpec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The look at an Azure subscription, on a stand-in that answers as the published specifications
/// show it.
class AzureAccountTest {
  private static final Duration EXPECTED = Duration.ofMinutes(15);
  private static AzureRoom room;
  @TempDir static Path folder;

  @BeforeAll
  static void start() {
    room = new AzureRoom("127.221.1.1");
  }

  @AfterAll
  static void stop() {
    room.close();
  }

  @BeforeEach
  void fits() {
    room.fits();
  }

  private static String file(String name, String target) {
    return """
    apiVersion: sskuba.io/v1alpha1
    kind: Cluster
    metadata: {name: %s, domain: data.example.org}
    gitops: {url: https://git.example.org/a/b.git, token: {env: TOKEN}}
    dns: {provider: azureDns, zone: data.example.org, resourceGroup: dns}
    target:
      provider: azure
      subscription: 00000000-0000-0000-0000-000000000000
      region: australiaeast
    %s
    """
        .formatted(name, target.indent(2));
  }

  private static final String GOOD =
      """
      zones: ["1", "2", "3"]
      network: {cidr: 10.30.0.0/16, adminCidrs: [203.0.113.0/24]}
      controlPlane: {count: 3, type: Standard_D4s_v5}
      workers: [{name: general, count: 2, type: Standard_D8s_v5}]
      """;

  private static AzureAccount account(ClusterSpec spec) {
    return room.account(spec, AzureRoom.secret(Map.of()), folder);
  }

  private static List<Finding> findings(String file) {
    ClusterSpec spec = AzureRoom.spec(file);
    return account(spec).findings(spec, EXPECTED);
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

  @Test
  void aSubscriptionThatFitsHasNoFindingAndIsOnlyLookedAt() {
    List<Finding> findings = findings(file("fits", GOOD));
    assertThat(findings).as(text(findings)).isEmpty();
    assertThat(room.door.calls()).hasSizeGreaterThan(15);
    assertThat(room.door.mutations()).isEmpty();
    assertThat(room.door.grants()).as("one token for all").hasSize(1);
  }

  @Test
  void theExampleIsLookedAtSideBySide() throws Exception {
    String example = java.nio.file.Files.readString(Path.of("../examples/azure.yaml"));
    findings(file("warm", GOOD));
    room.door.delay(Duration.ofMillis(200));
    List<Finding> findings = findings(example);
    assertThat(codes(findings, true)).as(text(findings)).isEmpty();
    assertThat(room.door.most()).as("questions at once").isGreaterThan(4);
  }

  @Test
  void everythingThatIsWrongIsSaidAtOnce() {
    room.permissions("[\"*/read\", \"Microsoft.Compute/*\"]", "[]", "");
    room.usages(25, 21, 100);
    room.network("IPv4StandardSkuPublicIpAddresses", 3);
    room.provider("Microsoft.ManagedIdentity", "NotRegistered");
    room.feature("NotRegistered");
    room.door.answer(
        "GET " + AzureRoom.NETWORK + "/virtualNetworks",
        "{\"value\": [" + network("hub", "australiaeast", "10.30.0.0/20", "10.30.0.0/24") + "]}");
    room.gpuImage("westus", "Succeeded");
    List<Finding> findings =
        findings(
            file(
                    "wrong",
                    """
                    zones: ["1", "2", "3"]
                    network: {cidr: 10.30.0.0/16, adminCidrs: [203.0.113.0/24]}
                    controlPlane: {count: 3, type: Standard_D4s_v5, arch: arm64}
                    workers:
                      - {name: none, count: 1, type: [Standard_M99]}
                      - {name: next, count: 1, type: [Standard_M99, Standard_D8s_v5]}
                      - {name: gpu, count: 1, type: Standard_NC4as_T4_v3, gpu: {vendor: nvidia}}
                    """)
                .replace("zone: data.example.org", "zone: example.org"));
    assertThat(codes(findings, true))
        .as(text(findings))
        .contains(
            ProblemCode.CLOUD_DENIED,
            ProblemCode.CLOUD_UNREGISTERED,
            ProblemCode.SPEC_INVALID,
            ProblemCode.CLOUD_NOT_OFFERED,
            ProblemCode.CLOUD_IMAGE_MISSING,
            ProblemCode.CLOUD_QUOTA,
            ProblemCode.DNS_ZONE_MISSING);
    assertThat(codes(findings, false))
        .as(text(findings))
        .contains(ProblemCode.CLOUD_NOT_OFFERED, ProblemCode.CLOUD_OVERLAP);
    assertThat(text(findings))
        .contains("Microsoft.Network/natGateways/write, delete, join/action at the subscription")
        .contains("Microsoft.Authorization/roleAssignments/write, delete")
        .contains("Microsoft.Network/dnsZones/TXT/write, delete at the resource group of the DNS")
        .doesNotContain("Microsoft.Compute/virtualMachines/")
        .contains("Standard_M99", "amd64-nvidia", "does not boot arch arm64")
        .contains("vCPUs of all sizes are too few", "25 allowed, 2 used, 24 needed")
        .contains("vCPUs of standardDSv5Family", "21 allowed, 2 used, 20 needed")
        .contains("IPv4StandardSkuPublicIpAddresses are too few", "3 allowed, 0 used, 5 needed")
        .contains("az provider register --wait --namespace Microsoft.ManagedIdentity")
        .contains("az feature register --namespace Microsoft.Compute --name EncryptionAtHost");
    assertThat(room.door.mutations()).isEmpty();
  }

  @Test
  void aConditionOfARoleAssignmentIsAWarning() {
    room.permissions("[\"*\"]", "[]", "((!(ActionMatches{'x'})))");
    List<Finding> findings = findings(file("perhaps", GOOD));
    assertThat(codes(findings, true)).as(text(findings)).isEmpty();
    assertThat(codes(findings, false)).containsExactly(ProblemCode.CLOUD_DENIED);
  }

  @Test
  void aContributorMayNotGiveIdentitiesTheirRights() {
    room.permissions(
        "[\"*\"]",
        "[\"Microsoft.Authorization/*/Delete\", \"Microsoft.Authorization/*/Write\"]",
        "");
    List<Finding> findings = findings(file("contributor", GOOD));
    assertThat(codes(findings, true)).containsExactly(ProblemCode.CLOUD_DENIED);
    assertThat(text(findings))
        .contains("Microsoft.Authorization/roleAssignments/write, delete at the subscription")
        .doesNotContain("roleAssignments/read", "virtualNetworks");
  }

  @Test
  void aSizeThatTheSubscriptionMayNotHaveIsLeftOutAndSaid() {
    room.sizes(AzureRoom.nowhere(), "");
    ClusterSpec spec =
        AzureRoom.spec(
            file("ladder", GOOD.replace("Standard_D8s_v5", "[Standard_D8s_v5, Standard_D4s_v5]")));
    AzureAccount account = account(spec);
    List<Finding> findings = account.findings(spec, EXPECTED);
    assertThat(codes(findings, true)).as(text(findings)).isEmpty();
    assertThat(text(findings))
        .contains("Standard_D8s_v5 is left out")
        .contains("NotAvailableForSubscription");
    int asked = room.door.calls().size();
    Choices choices = account.choices(spec, Choices.NONE);
    assertThat(room.door.calls()).as("one look is enough").hasSize(asked);
    assertThat(choices.types()).containsEntry("ladder-general-1", "Standard_D4s_v5");
    assertThat(choices.images().get("amd64"))
        .startsWith("/CommunityGalleries/siderolabs-")
        .endsWith("/Images/talos-x64/Versions/1.13.9");
    assertThat(choices.offered("Standard_D8s_v5", "1")).isFalse();
    assertThat(choices.offered("Standard_D4s_v5", "2")).isTrue();
  }

  @Test
  void aSizeThatOneZoneLacksGoesToTheOthers() {
    room.sizes(AzureRoom.notInZone("2"), "");
    ClusterSpec spec = AzureRoom.spec(file("zones", GOOD.replace("count: 2", "count: 3")));
    AzureAccount account = account(spec);
    List<Finding> findings = account.findings(spec, EXPECTED);
    assertThat(codes(findings, true)).as(text(findings)).isEmpty();
    assertThat(text(findings)).contains("Standard_D8s_v5 not in zone 2");
    assertThat(account.choices(spec, Choices.NONE).zones().values()).doesNotContain("2");
    room.sizes(AzureRoom.nowhere(), "");
    assertThat(codes(findings(file("zones", GOOD)), true))
        .containsExactly(ProblemCode.CLOUD_NOT_OFFERED);
  }

  @Test
  void aRegionWithoutZonesIsJudgedAsAWhole() {
    String file = file("plain", GOOD.replace("zones: [\"1\", \"2\", \"3\"]\n", ""));
    List<Finding> findings = findings(file);
    assertThat(findings).as(text(findings)).isEmpty();
    room.sizes(AzureRoom.nowhere(), "");
    assertThat(codes(findings(file), true)).containsExactly(ProblemCode.CLOUD_NOT_OFFERED);
  }

  @Test
  void identityIsWhatTheTokenSays() {
    var identity = account(AzureRoom.spec(file("who", GOOD))).identity();
    assertThat(identity.subject()).isEqualTo(AzureDoor.CLIENT + " of tenant " + AzureDoor.TENANT);
    assertThat(identity.account()).isEqualTo(AzureRoom.SUBSCRIPTION);
    assertThat(identity.expires()).isEmpty();
  }

  @Test
  void aSubscriptionThatIsDisabledOrUnseenIsSaid() {
    room.subscription("Disabled");
    assertThat(text(findings(file("off", GOOD)))).contains("is Disabled");
    room.door.answer("GET " + AzureRoom.BASE, _ -> Answer.error(404, "SubscriptionNotFound"));
    assertCode(ProblemCode.CLOUD_CREDENTIALS, 5);
  }

  private static void assertCode(ProblemCode code, int exit) {
    assertThatThrownBy(() -> findings(file("refused", GOOD)))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(code);
              assertThat(e.problem().code().kind().exitCode()).isEqualTo(exit);
              assertThat(e.problem().toString())
                  .doesNotContain("long and secret")
                  .doesNotContain("geheim");
            });
  }

  @ParameterizedTest
  @CsvSource({
    "401, InvalidAuthenticationToken, CLOUD_CREDENTIALS, 5",
    "401, ExpiredAuthenticationToken, CLOUD_CREDENTIALS, 5",
    "403, AuthorizationFailed, CLOUD_DENIED, 5",
    "404, ResourceNotFound, CLOUD_UNASKED, 7",
    "409, Conflict, CLOUD_UNASKED, 7",
    "409, QuotaExceeded, CLOUD_QUOTA, 7",
    "429, TooManyRequests, CLOUD_THROTTLED, 7",
    "503, ServiceUnavailable, CLOUD_UNASKED, 7"
  })
  void eachRefusalIsTheProblemItIs(int status, String azure, ProblemCode code, int exit) {
    room.door.answer("GET " + AzureRoom.BASE, _ -> Answer.error(status, azure));
    assertCode(code, exit);
  }

  @Test
  void whoeverDoesNotAnswerEndsTheLookInTime() {
    room.door.answer("GET " + AzureRoom.BASE, _ -> Answer.never());
    long begin = System.nanoTime();
    assertCode(ProblemCode.CLOUD_UNASKED, 7);
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(14));
  }

  @Test
  void throttlingIsWaitedOutAsLongAsAzureAsks() {
    AtomicInteger networks = new AtomicInteger();
    AtomicInteger sizes = new AtomicInteger();
    room.door.answer(
        "GET " + AzureRoom.NETWORK + "/virtualNetworks",
        _ ->
            networks.getAndIncrement() > 0
                ? null
                : Answer.error(429, "TooManyRequests").with("Retry-After", "1"));
    room.door.answer(
        "GET " + AzureRoom.COMPUTE + "/skus",
        _ -> sizes.getAndIncrement() > 1 ? null : Answer.error(503, "ServerBusy"));
    long begin = System.nanoTime();
    List<Finding> findings = findings(file("throttled", GOOD));
    assertThat(findings).as(text(findings)).isEmpty();
    assertThat(networks.get()).isEqualTo(2);
    assertThat(sizes.get()).isEqualTo(3);
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(900));
  }

  @Test
  void whatMayNotBeAskedIsAWarning() {
    room.door.answer("/skus", _ -> Answer.error(403, "AuthorizationFailed"));
    room.door.answer("/permissions", _ -> Answer.error(403, "AuthorizationFailed"));
    room.door.answer("/features/EncryptionAtHost", _ -> Answer.error(404, "FeatureNotFound"));
    room.door.answer("/resourcegroups", _ -> Answer.error(403, "AuthorizationFailed"));
    List<Finding> findings = findings(file("blind", GOOD));
    assertThat(codes(findings, true)).as(text(findings)).isEmpty();
    assertThat(codes(findings, false)).containsOnly(ProblemCode.CLOUD_UNASKED).hasSize(4);
    assertThat(text(findings))
        .contains("Microsoft.Authorization/permissions/read", "AuthorizationFailed 403");
    // But a list that is only part of it must not pass for the whole.
    assertThatThrownBy(
            () ->
                account(AzureRoom.spec(file("blind", GOOD)))
                    .inventory("blind.data.example.org", Optional.empty()))
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.CLOUD_DENIED));
  }

  private static String network(String name, String location, String cidr, String... subnets) {
    StringBuilder parts = new StringBuilder();
    String id =
        AzureRoom.BASE + "/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/" + name;
    for (int i = 0; i < subnets.length; i++) {
      // Four of its addresses are taken.
      parts
          .append(i == 0 ? "" : ",")
          .append(
              ("{\"id\": \"%s/subnets/s%d\", \"name\": \"s%d\", \"properties\": {\"addressPrefix\":"
                      + " \"%s\", \"ipConfigurations\": [{}, {}, {}, {}]}}")
                  .formatted(id, i, i, subnets[i]));
    }
    return ("{\"id\": \"%s\", \"name\": \"%s\", \"location\": \"%s\", \"properties\":"
            + " {\"addressSpace\": {\"addressPrefixes\": [\"%s\"]}, \"subnets\": [%s]}}")
        .formatted(id, name, location, cidr, parts);
  }

  /// network/resource-manager/Microsoft.Network/stable/2024-05-01/examples/VirtualNetworkGet.json
  @Test
  void anExistingNetworkIsJudged() {
    String target =
        """
        zones: ["1", "2", "3"]
        network:
          adminCidrs: [10.0.0.0/8]
          existing: {network: %s, subnets: [s0, s9]}
        endpoint: {scheme: internal}
        controlPlane: {count: 3, type: Standard_D4s_v5}
        workers: [{name: general, count: 9, type: Standard_D4s_v5}]
        """;
    String id =
        AzureRoom.BASE + "/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub";
    String file = file("landing", target.formatted(id));
    List<Finding> findings = findings(file);
    assertThat(text(findings)).contains(id + " is not there");
    room.door.answer(
        "/virtualNetworks/hub", network("hub", "westeurope", "10.244.0.0/20", "10.244.0.0/28"));
    findings = findings(file);
    assertThat(codes(findings, true)).containsOnly(ProblemCode.SPEC_INVALID);
    assertThat(text(findings))
        .contains("is not in australiaeast", "it is in westeurope")
        .contains("10.244.0.0/16 overlaps the VNet's own 10.244.0.0/20")
        .contains("s9 is not in the network");
    room.door.answer(
        "/virtualNetworks/hub", network("hub", "australiaeast", "10.9.0.0/20", "10.9.0.0/28"));
    findings = findings(file.replace("s0, s9", "s0"));
    assertThat(codes(findings, true))
        .as(text(findings))
        .containsExactly(ProblemCode.CLOUD_ADDRESSES);
    assertThat(text(findings)).contains("7 free, 14 needed");
    room.door.answer(
        "/virtualNetworks/hub", network("hub", "australiaeast", "10.9.0.0/20", "10.9.0.0/24"));
    assertThat(findings(file.replace("s0, s9", "s0"))).isEmpty();
  }

  /// dns/resource-manager/Microsoft.Network/stable/2018-05-01/examples/GetCNAMERecordset.json
  @Test
  void aNameOfAnotherIsNotTaken() {
    room.door.answer(
        "/dnsZones/data.example.org/CNAME/taken",
        ("{\"id\": \"%s/CNAME/taken\", \"name\": \"taken\", \"type\":"
                + " \"Microsoft.Network/dnszones/CNAME\", \"properties\": {\"TTL\": 60,"
                + " \"CNAMERecord\": {\"cname\": \"elsewhere.example.net\"}}}")
            .formatted(AzureRoom.zone()));
    List<Finding> findings = findings(file("taken", GOOD));
    assertThat(codes(findings, true))
        .as(text(findings))
        .containsExactly(ProblemCode.DNS_NAME_TAKEN);
    assertThat(text(findings)).contains("taken.data.example.org CNAME");
  }

  @Test
  void aGroupThatLooksLikeOursAndBearsNoTagsIsSaid() {
    room.door.answer(
        AzureRoom.BASE + "/resourcegroups",
        "{\"value\": [{\"id\": \"x\", \"name\": \"left-0a1b2c3d\"}, {\"name\": \"left-over\"}]}");
    List<Finding> findings = findings(file("left", GOOD));
    assertThat(codes(findings, false)).containsExactly(ProblemCode.CLOUD_NAME_TAKEN);
    assertThat(text(findings)).contains("left-0a1b2c3d").doesNotContain("left-over");
  }

  private static final String GROUP = AzureRoom.BASE + "/resourceGroups/held-0a1b2c3d";

  private static String tags(String name) {
    return ("\"tags\": {\"sskuba.io:cluster\": \"held.data.example.org\","
            + " \"sskuba.io:cluster-id\": \"0a1b2c3d4e\", \"sskuba.io:key\": \"0a1b2c3d4e/%s\"}")
        .formatted(name);
  }

  /// A group with a network of one subnet, a balancer with a door, a machine and its disk; what
  /// role assignments and record sets say; and a disk of a workload in another group.
  private static void held() {
    String provider = GROUP + "/providers/";
    room.door.answer(
        AzureRoom.BASE + "/resourcegroups",
        "{\"value\": [{\"id\": \"%s\", \"name\": \"held-0a1b2c3d\", %s}, {\"name\": \"hub\"}]}"
            .formatted(GROUP, tags("resource-group")));
    room.door.answer(
        GROUP + "/resources",
        ("{\"value\": [{\"id\": \"%1$sMicrosoft.Network/virtualNetworks/network\", \"type\":"
                + " \"Microsoft.Network/virtualNetworks\", %2$s}, {\"id\":"
                + " \"%1$sMicrosoft.Compute/virtualMachines/held-general-1\", \"type\":"
                + " \"Microsoft.Compute/virtualMachines\", %3$s}, {\"id\":"
                + " \"%1$sMicrosoft.Compute/disks/held-general-1-disk\", \"type\":"
                + " \"Microsoft.Compute/disks\"}]}")
            .formatted(provider, tags("network"), tags("held-general-1")));
    room.door.answer(
        GROUP + "/providers/Microsoft.Network/virtualNetworks",
        ("{\"value\": [{\"properties\": {\"subnets\": [{\"id\":"
                + " \"%sMicrosoft.Network/virtualNetworks/network/subnets/private-subnet\"}]}}]}")
            .formatted(provider));
    room.door.answer(
        GROUP + "/providers/Microsoft.Network/loadBalancers",
        ("{\"value\": [{\"properties\": {\"inboundNatRules\": [{\"id\":"
                + " \"%sMicrosoft.Network/loadBalancers/load-balancer/inboundNatRules/"
                + "held-general-1-door\"}]}}]}")
            .formatted(provider));
    // authorization/.../stable/2022-04-01/examples/RoleAssignments_ListForScope.json
    room.door.answer(
        GROUP + "/providers/Microsoft.Authorization/roleAssignments",
        ("{\"value\": [{\"id\": \"%1$sMicrosoft.Authorization/roleAssignments/r1\", \"properties\":"
                + " {\"scope\": \"%2$s\", \"roleDefinitionId\": \"%3$s/providers/"
                + "Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7\"}},"
                + " {\"id\": \"above\", \"properties\": {\"scope\": \"%3$s\", \"roleDefinitionId\":"
                + " \"x/4d97b98b-1d4f-4787-a291-c67834d212e7\"}}]}")
            .formatted(provider, GROUP, AzureRoom.BASE));
    room.door.answer(
        AzureRoom.BASE + "/resources",
        request ->
            request
                    .query()
                    .getOrDefault("$filter", "")
                    .equals(
                        "tagName eq 'sskuba.io:cluster' and tagValue eq 'held.data.example.org'")
                ? Answer.ok(
                    ("{\"value\": [{\"id\": \"%sMicrosoft.Compute/virtualMachines/held-general-1\"},"
                            + " {\"id\": \"%s/resourceGroups/other/providers/Microsoft.Compute/"
                            + "disks/pvc-1\"}]}")
                        .formatted(provider, AzureRoom.BASE))
                : Answer.ok("{\"value\": []}"));
    room.door.answer(
        "/disks/pvc-1/providers/Microsoft.Resources/tags/default",
        "{\"properties\": {" + tags("") + "}}");
    records();
  }

  private static void records() {
    room.door.answer(
        "/dnsZones/data.example.org/recordsets",
        request ->
            request.query().get("$recordsetnamesuffix").equals("held")
                ? Answer.ok(
                    ("{\"value\": [{\"id\": \"%s/TXT/_sskuba.held\", \"name\": \"_sskuba.held\","
                            + " \"type\": \"Microsoft.Network/dnszones/TXT\", \"properties\":"
                            + " {\"metadata\": {\"sskuba_io_cluster\": \"held.data.example.org\","
                            + " \"sskuba_io_cluster_id\": \"0a1b2c3d4e\", \"sskuba_io_key\":"
                            + " \"0a1b2c3d4e/dns-owner\"}, \"TXTRecords\": [{\"value\":"
                            + " [\"0a1b2c3d4e\"]}]}}]}")
                        .formatted(AzureRoom.zone()))
                : null);
  }

  @Test
  void whatBearsTheTagsIsFound() {
    held();
    AzureAccount account = account(AzureRoom.spec(file("held", GOOD)));
    String provider = GROUP + "/providers/";
    List<Found> found = account.inventory("held.data.example.org", Optional.of("0a1b2c3d4e"));
    assertThat(found)
        .containsExactlyInAnyOrder(
            new Found(AzureTypes.GROUP, "resource-group", GROUP),
            new Found(
                AzureTypes.NETWORK,
                "network",
                provider + "Microsoft.Network/virtualNetworks/network"),
            new Found(
                AzureTypes.SUBNET,
                "private-subnet",
                provider + "Microsoft.Network/virtualNetworks/network/subnets/private-subnet"),
            new Found(
                AzureTypes.DOOR,
                "held-general-1-door",
                provider
                    + "Microsoft.Network/loadBalancers/load-balancer/inboundNatRules/"
                    + "held-general-1-door"),
            new Found(
                AzureTypes.MACHINE,
                "held-general-1",
                provider + "Microsoft.Compute/virtualMachines/held-general-1"),
            new Found(
                "Microsoft.Compute/disks",
                "",
                provider + "Microsoft.Compute/disks/held-general-1-disk"),
            new Found(
                AzureTypes.ROLE,
                "cloud-controller-network-contributor",
                provider + "Microsoft.Authorization/roleAssignments/r1"),
            new Found(
                "Microsoft.Compute/disks",
                "",
                AzureRoom.BASE + "/resourceGroups/other/providers/Microsoft.Compute/disks/pvc-1"),
            new Found(AzureTypes.RECORD, "dns-owner", AzureRoom.zone() + "/TXT/_sskuba.held"));
    assertThat(account.inventory("held.data.example.org", Optional.of("ffffffffff"))).isEmpty();
    assertThat(account.clusterIds("held.data.example.org")).containsExactly("0a1b2c3d4e");
    assertThat(room.door.mutations()).isEmpty();
  }

  @Test
  void whatIsThereIsNotAskedOfTheQuotaAgainAndItsNameIsOurs() {
    held();
    ClusterSpec spec = AzureRoom.spec(file("held", GOOD));
    room.usages(26, 26, 100);
    List<Finding> findings = account(spec).findings(spec, EXPECTED);
    // 3 x 4 and 2 x 8 vCPUs, of which 8 are held.
    assertThat(findings).as(text(findings)).isEmpty();
  }

  @Test
  void goneIsWhatAzureSaysIsNotThere() {
    AzureAccount account = account(AzureRoom.spec(file("gone", GOOD)));
    String machine = GROUP + "/providers/Microsoft.Compute/virtualMachines/m";
    assertThat(account.gone(AzureTypes.MACHINE, machine)).isTrue();
    room.door.answer("/virtualMachines/m", "{\"id\": \"" + machine + "\"}");
    assertThat(account.gone(AzureTypes.MACHINE, machine)).isFalse();
    room.door.answer("/virtualMachines/m", _ -> Answer.error(404, "ResourceGroupNotFound"));
    assertThat(account.gone(AzureTypes.MACHINE, machine)).isTrue();
    assertThat(account.gone(AzureTypes.GROUP, GROUP)).isTrue();
    room.door.answer("/virtualMachines/m", _ -> Answer.error(403, "AuthorizationFailed"));
    assertThatThrownBy(() -> account.gone(AzureTypes.MACHINE, machine))
        .isInstanceOf(SskubaException.class);
    assertThat(account.gone("x:y:Z", GROUP + "/providers/Contoso.Things/t/1"))
        .as("nobody looked")
        .isFalse();
  }
}
