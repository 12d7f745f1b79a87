package io.sskuba.clouds.aws;

import java.time.Duration;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ec2.Ec2ClientBuilder;
import software.amazon.awssdk.services.elasticloadbalancingv2.ElasticLoadBalancingV2Client;
import software.amazon.awssdk.services.elasticloadbalancingv2.ElasticLoadBalancingV2ClientBuilder;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.iam.IamClientBuilder;
import software.amazon.awssdk.services.resourcegroupstaggingapi.ResourceGroupsTaggingApiClient;
import software.amazon.awssdk.services.resourcegroupstaggingapi.ResourceGroupsTaggingApiClientBuilder;
import software.amazon.awssdk.services.route53.Route53Client;
import software.amazon.awssdk.services.route53.Route53ClientBuilder;
import software.amazon.awssdk.services.servicequotas.ServiceQuotasClient;
import software.amazon.awssdk.services.servicequotas.ServiceQuotasClientBuilder;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.StsClientBuilder;

/// The SDK's clients of one region, each made when first asked for: every one costs a tenth of a
/// second of a cold JVM.
final class AwsClients {
  /// A call with its retries; a look at an account is over in seconds or says what did not answer.
  static final Duration LIMIT = Duration.ofSeconds(10);

  private final AwsAccess access;
  private final Lazy<Ec2Client> ec2;
  private final Lazy<ElasticLoadBalancingV2Client> balancing;
  private final Lazy<IamClient> iam;
  private final Lazy<ResourceGroupsTaggingApiClient> tagging;
  private final Lazy<Route53Client> names;
  private final Lazy<ServiceQuotasClient> quotas;
  private final Lazy<StsClient> sts;

  AwsClients(AwsAccess access) {
    this.access = access;
    this.ec2 =
        new Lazy<>(
            () -> {
              Ec2ClientBuilder builder = Ec2Client.builder();
              access.configure(builder, LIMIT);
              return builder.build();
            });
    this.balancing =
        new Lazy<>(
            () -> {
              ElasticLoadBalancingV2ClientBuilder builder = ElasticLoadBalancingV2Client.builder();
              access.configure(builder, LIMIT);
              return builder.build();
            });
    this.iam =
        new Lazy<>(
            () -> {
              IamClientBuilder builder = IamClient.builder();
              access.configure(builder, LIMIT);
              return builder.build();
            });
    this.tagging =
        new Lazy<>(
            () -> {
              ResourceGroupsTaggingApiClientBuilder builder =
                  ResourceGroupsTaggingApiClient.builder();
              access.configure(builder, LIMIT);
              return builder.build();
            });
    this.names =
        new Lazy<>(
            () -> {
              Route53ClientBuilder builder = Route53Client.builder();
              access.configure(builder, LIMIT);
              return builder.build();
            });
    this.quotas =
        new Lazy<>(
            () -> {
              ServiceQuotasClientBuilder builder = ServiceQuotasClient.builder();
              access.configure(builder, LIMIT);
              return builder.build();
            });
    this.sts =
        new Lazy<>(
            () -> {
              StsClientBuilder builder = StsClient.builder();
              access.configure(builder, LIMIT);
              return builder.build();
            });
  }

  AwsAccess access() {
    return access;
  }

  Ec2Client ec2() {
    return ec2.value();
  }

  ElasticLoadBalancingV2Client balancing() {
    return balancing.value();
  }

  IamClient iam() {
    return iam.value();
  }

  ResourceGroupsTaggingApiClient tagging() {
    return tagging.value();
  }

  Route53Client names() {
    return names.value();
  }

  ServiceQuotasClient quotas() {
    return quotas.value();
  }

  StsClient sts() {
    return sts.value();
  }

  /// Made once, by whoever asks first.
  private static final class Lazy<T> {
    private final java.util.function.Supplier<T> making;
    private @org.jspecify.annotations.Nullable T made;

    Lazy(java.util.function.Supplier<T> making) {
      this.making = making;
    }

    synchronized T value() {
      T known = made;
      if (known == null) {
        known = making.get();
        made = known;
      }
      return known;
    }
  }
}
