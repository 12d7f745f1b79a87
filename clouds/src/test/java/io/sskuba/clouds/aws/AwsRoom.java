package io.sskuba.clouds.aws;

import io.sskuba.io.Environment;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecReader;
import io.sskuba.testkit.TestServices;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.regions.Region;

/// moto with the official Talos images, behind an [AwsDoor] that says what moto does not know.
final class AwsRoom implements AutoCloseable {
  static final String REGION = "ap-southeast-2";
  private static final List<String> SETTINGS =
      List.of("aws.accessKeyId", "aws.secretAccessKey", "aws.endpointUrl");

  final TestServices.Running moto;
  final AwsDoor door;

  AwsRoom(String host, Path folder) throws IOException {
    Path images = folder.resolve("images.json");
    Files.writeString(
        images,
        "["
            + image("ami-0aaaaaaaaaaaaaa64", "amd64", "x86_64", "540036508848")
            + ","
            + image("ami-0aaaaaaaaaaaaaaa6", "arm64", "arm64", "540036508848")
            + ","
            // A stranger's image of the same name is never taken.
            + image("ami-0bbbbbbbbbbbbbb64", "amd64", "x86_64", "666666666666")
            + "]");
    moto = TestServices.moto(host, folder, Map.of("MOTO_AMIS_PATH", images.toString()));
    door = new AwsDoor(host, moto.url());
    System.setProperty("aws.accessKeyId", "test");
    System.setProperty("aws.secretAccessKey", "test");
    System.setProperty("aws.endpointUrl", door.url());
    fits();
  }

  private static String image(String id, String arch, String processor, String owner) {
    return """
        {"ami_id": "%s", "name": "talos-v1.13.9-%s-%s", "architecture": "%s", "owner_id": "%s",
         "image_location": "x", "public": true, "image_type": "machine", "platform": null,
         "state": "available", "description": "Talos", "root_device_type": "ebs",
         "root_device_name": "/dev/xvda", "sriov": "simple", "virtualization_type": "hvm",
         "hypervisor": "xen", "creation_date": "2026-11-01T00:00:00.000Z"}
        """
        .formatted(id, REGION, arch, processor, owner);
  }

  /// Everything that moto cannot tell is as a user would wish.
  void fits() {
    door.reset();
    quota(1000);
    simulation("allowed", "");
  }

  /// Every quota of EC2 and load balancing.
  void quota(long value) {
    door.answer(
        "GetServiceQuota",
        body ->
            body.contains("\"vpc\"")
                ? null
                : AwsDoor.Answer.json(200, "{\"Quota\":{\"Value\":" + value + "}}"));
  }

  /// What IAM's simulation says about every action that it is asked.
  void simulation(String decision, String missing) {
    door.answer(
        "SimulatePrincipalPolicy",
        body -> {
          StringBuilder results = new StringBuilder();
          for (String part : body.split("&", -1)) {
            if (part.startsWith("ActionNames.member.")) {
              String action = part.substring(part.indexOf('=') + 1).replace("%3A", ":");
              results
                  .append("<member><EvalActionName>")
                  .append(action)
                  .append("</EvalActionName><EvalDecision>")
                  .append(action.equals("ec2:CreateVpc") ? decision : "allowed")
                  .append("</EvalDecision><MissingContextValues>")
                  .append(missing.isEmpty() ? "" : "<member>" + missing + "</member>")
                  .append("</MissingContextValues></member>");
            }
          }
          return AwsDoor.Answer.xml(
              200,
              "<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult>"
                  + "<IsTruncated>false</IsTruncated><EvaluationResults>"
                  + results
                  + "</EvaluationResults></SimulatePrincipalPolicyResult>"
                  + "</SimulatePrincipalPolicyResponse>");
        });
    // moto knows no users by default, and says that the account's root asks.
    door.answer(
        "GetCallerIdentity",
        body ->
            AwsDoor.Answer.xml(
                200,
                "<GetCallerIdentityResponse><GetCallerIdentityResult>"
                    + "<Arn>arn:aws:iam::123456789012:user/alice</Arn><UserId>AIDA</UserId>"
                    + "<Account>123456789012</Account></GetCallerIdentityResult>"
                    + "</GetCallerIdentityResponse>"));
  }

  /// A client that goes to moto itself, to set things up.
  <B extends AwsClientBuilder<B, C>, C> C direct(B builder) {
    return builder
        .endpointOverride(URI.create(moto.url()))
        .region(Region.of(REGION))
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
        .build();
  }

  static ClusterSpec spec(String yaml) {
    return SpecReader.read(
        yaml.getBytes(StandardCharsets.UTF_8), "cluster.yaml", Path.of("/tmp"), false);
  }

  static Environment environment(Path folder) {
    return new Environment(Map.of("HOME", folder.toString()), folder);
  }

  @Override
  public void close() {
    SETTINGS.forEach(System::clearProperty);
    door.close();
    moto.close();
  }
}
