package io.sskuba.clouds.bigip;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.infra.vsphere.VsphereFacts;
import io.sskuba.spec.ClusterSpec.ProviderSettings.BigIp;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/// One look at a Big-IP for one cluster file: its version, the partition, the user's role in it,
/// and what listens already.
public final class BigIpLook {
  private BigIpLook() {}

  /// @param user the name that the credentials have
  public static VsphereFacts.BigIp at(BigIpClient client, BigIp file, Supplier<String> user) {
    client.open(); // who is not let in is told so once
    CompletableFuture<String> version = ask(() -> version(client));
    CompletableFuture<Boolean> partition =
        ask(() -> client.find("/mgmt/tm/auth/partition/" + part(file.partition())).isPresent());
    CompletableFuture<Optional<String>> role = ask(() -> role(client, file, user.get()));
    CompletableFuture<List<VsphereFacts.Virtual>> virtuals = ask(() -> virtuals(client));
    return new VsphereFacts.BigIp(got(version), got(partition), got(role), got(virtuals));
  }

  private static <T> CompletableFuture<T> ask(Supplier<T> question) {
    return CompletableFuture.supplyAsync(
        question, task -> Thread.ofVirtual().name("bigip ask").start(task));
  }

  private static <T> T got(CompletableFuture<T> answer) {
    try {
      return answer.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  private static String part(String name) {
    return URLEncoder.encode(name, StandardCharsets.UTF_8);
  }

  private static String version(BigIpClient client) {
    JsonNode entries = client.find("/mgmt/tm/sys/version").map(v -> v.path("entries")).orElse(null);
    if (entries == null) {
      return "";
    }
    for (JsonNode entry : entries) {
      String version =
          entry.path("nestedStats").path("entries").path("Version").path("description").asText("");
      if (!version.isEmpty()) {
        return version;
      }
    }
    return "";
  }

  /// Empty for users of a directory, whom the Big-IP does not list, and for those who may not look.
  private static Optional<String> role(BigIpClient client, BigIp file, String user) {
    try {
      return client
          .find("/mgmt/tm/auth/user/" + part(user))
          .flatMap(
              u -> {
                Optional<String> everywhere = Optional.empty();
                for (JsonNode access : u.path("partitionAccess")) {
                  String where = access.path("name").asText("");
                  if (where.equals(file.partition())) {
                    return Optional.of(access.path("role").asText(""));
                  }
                  if (where.equals("all-partitions")) {
                    everywhere = Optional.of(access.path("role").asText(""));
                  }
                }
                return everywhere;
              });
    } catch (BigIpClient.Refused e) {
      return Optional.empty();
    }
  }

  private static List<VsphereFacts.Virtual> virtuals(BigIpClient client) {
    List<VsphereFacts.Virtual> virtuals = new ArrayList<>();
    for (JsonNode v :
        client.list("/mgmt/tm/ltm/virtual?$select=fullPath,destination,description")) {
      String destination = v.path("destination").asText("");
      virtuals.add(
          new VsphereFacts.Virtual(
              v.path("fullPath").asText(""),
              // `/Common/10.0.0.1%1:443`
              destination.substring(destination.lastIndexOf('/') + 1).replaceFirst("%[0-9]+", ""),
              v.path("description").asText("")));
    }
    return virtuals;
  }
}
