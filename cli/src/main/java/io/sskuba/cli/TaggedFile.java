package io.sskuba.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Environment;
import io.sskuba.io.Json;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// What `delete --by-tag` knows of a cluster whose file and state are not at hand: its FQDN, its
/// target, and what the user's environment says of the account.
final class TaggedFile {
  private TaggedFile() {}

  /// The smallest file that says where to look. Errors: `USAGE` where the account cannot be told.
  static ClusterSpec of(String fqdn, String target, Environment environment) {
    int dot = fqdn.indexOf('.');
    if (dot <= 0 || dot == fqdn.length() - 1) {
      throw SskubaException.of(ProblemCode.USAGE, "--by-tag takes NAME.DOMAIN, not " + fqdn);
    }
    ObjectNode file = Json.object();
    file.put("apiVersion", "sskuba.io/v1alpha1").put("kind", "Cluster");
    file.putObject("metadata")
        .put("name", fqdn.substring(0, dot))
        .put("domain", fqdn.substring(dot + 1));
    ObjectNode where = file.putObject("target").put("provider", target);
    switch (target) {
      case "aws" -> where.put("region", needed(environment, "AWS_REGION", "AWS_DEFAULT_REGION"));
      case "azure" -> {
        where.put(
            "subscription", needed(environment, "ARM_SUBSCRIPTION_ID", "AZURE_SUBSCRIPTION_ID"));
        where.put("region", "anywhere");
      }
      case "docker" -> {}
      case "vsphere" ->
          throw new SskubaException(
              Problem.of(
                      ProblemCode.USAGE, "--target vsphere takes --file too: it names the server")
                  .next("sskuba-ctl delete --by-tag " + fqdn + " --target vsphere --file FILE"));
      default ->
          throw SskubaException.of(
              ProblemCode.USAGE,
              "nothing of target " + target + " carries tags: aws, azure, vsphere or docker");
    }
    where.putObject("controlPlane").put("count", 1);
    if (!target.equals("docker")) {
      // The form asks for one; nobody reads it here.
      file.putObject("gitops")
          .put("url", "https://unknown.invalid/unknown.git")
          .put("path", "unknown")
          .putObject("token")
          .put("env", "UNKNOWN");
    }
    return SpecReader.read(
        Json.compact(file).getBytes(StandardCharsets.UTF_8), "--by-tag", Path.of("/"), false);
  }

  /// A file of the same cluster.
  static ClusterSpec checked(ClusterSpec spec, String fqdn, String target) {
    if (!spec.fqdn().equals(fqdn) || !spec.target().provider().word().equals(target)) {
      throw SskubaException.of(
          ProblemCode.USAGE,
          "the file is of "
              + spec.fqdn()
              + " on "
              + spec.target().provider().word()
              + ", not of "
              + fqdn
              + " on "
              + target);
    }
    return spec;
  }

  private static String needed(Environment environment, String... names) {
    for (String name : names) {
      @Nullable String value = environment.get(name);
      if (value != null && !value.isEmpty()) {
        return value;
      }
    }
    throw SskubaException.of(
        ProblemCode.USAGE, "which account? " + String.join(" or ", names) + " says it, or --file");
  }
}
