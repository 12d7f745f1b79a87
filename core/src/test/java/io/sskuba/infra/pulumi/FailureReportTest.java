package io.sskuba.infra.pulumi;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.problem.ProblemCode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Texts as the real providers pass them on, each to the code that says what to do.
class FailureReportTest {
  private static final Map<ProblemCode, List<String>> TEXTS =
      Map.of(
          ProblemCode.DNS_NAME_TAKEN,
          List.of(
              "InvalidChangeBatch: [Tried to create resource record set [name='a.b.', type='A'] but"
                  + " it already exists]",
              "cannot create already existing resource '/subscriptions/s/resourceGroups/dns/providers"
                  + "/Microsoft.Network/dnsZones/example.org/A/a'"),
          ProblemCode.CLOUD_CREDENTIALS,
          List.of(
              "operation error EC2: RunInstances, api error ExpiredToken: The security token included"
                  + " in the request is expired",
              "error: AADSTS700082: The refresh token has expired due to inactivity",
              "Code=\"ExpiredAuthenticationToken\" Message=\"The access token expiry\""),
          ProblemCode.CLOUD_DENIED,
          List.of(
              "api error UnauthorizedOperation: You are not authorized to perform this operation.",
              "Code=\"AuthorizationFailed\" Message=\"The client does not have authorization\"",
              "ServerFaultCode: Permission to perform this operation was denied. NoPermission"),
          ProblemCode.CLOUD_CAPACITY,
          List.of(
              "api error InsufficientInstanceCapacity: We currently do not have sufficient g6.2xlarge",
              "Code=\"SkuNotAvailable\" Message=\"The requested VM size is not available\"",
              "Code=\"ZonalAllocationFailed\" Message=\"Allocation failed.\""),
          ProblemCode.CLOUD_QUOTA,
          List.of(
              "api error VcpuLimitExceeded: You have requested more vCPU capacity",
              "api error VpcLimitExceeded: The maximum number of VPCs has been reached.",
              "Code=\"QuotaExceeded\" Message=\"Operation could not be completed\""),
          ProblemCode.CLOUD_THROTTLED,
          List.of(
              "api error RequestLimitExceeded: Request limit exceeded.",
              "Throttling: Rate exceeded",
              "Code=\"TooManyRequests\""),
          ProblemCode.PROVIDER_MISSING,
          List.of(
              "Could not automatically download and install resource plugin 'pulumi-resource-aws' at"
                  + " version v6.83.0, install the plugin using `pulumi plugin install resource aws"
                  + " v6.83.0`: error downloading provider aws to file: failed to download plugin",
              "no resource plugin 'pulumi-resource-vsphere' found in the workspace at version"
                  + " v4.18.2 or on your $PATH"),
          ProblemCode.STATE_UNREACHABLE,
          List.of(
              "error: read \".pulumi/meta.yaml\": blob (key \".pulumi/meta.yaml\") (code=Unknown):"
                  + " operation error S3: GetObject, exceeded maximum number of attempts, 3,"
                  + " request send failed, dial tcp 127.241.0.1:1: connect: connection refused",
              "could not list bucket: blob (code=NotFound): NoSuchBucket: The specified bucket does"
                  + " not exist"),
          ProblemCode.STATE_DENIED,
          List.of(
              "blob (key \"a\") (code=Unknown): operation error S3: GetObject, StatusCode: 403,"
                  + " api error AccessDenied",
              "blob (code=Unknown): operation error S3: ListObjectsV2, api error ExpiredToken: The"
                  + " provided token has expired"),
          ProblemCode.INFRA_FAILED,
          List.of("api error InvalidParameterValue: no such thing"));

  @Test
  void eachTextHasItsCode() {
    TEXTS.forEach(
        (code, texts) ->
            texts.forEach(text -> assertThat(FailureReport.code(text)).as(text).isEqualTo(code)));
  }

  @Test
  void aCodeOfOursGoesFirst() {
    assertThat(FailureReport.code("SSK-INFRA-003: in use; AccessDenied"))
        .isEqualTo(ProblemCode.ADDRESS_IN_USE);
  }
}
