package io.sskuba.rehearsal.cloud.bigip;

import io.sskuba.rehearsal.account.Account;
import io.sskuba.rehearsal.account.CloudFault;
import io.sskuba.rehearsal.account.CloudResource;
import io.sskuba.rehearsal.account.Fabric;
import io.sskuba.rehearsal.cloud.CloudModel;
import io.sskuba.rehearsal.cloud.CloudRequest;
import io.sskuba.rehearsal.cloud.Site;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A simulated Big-IP: nodes, monitors, pools, members and virtual servers, in partitions that are
/// there already. Ids are full paths, as the provider's.
///
/// It refuses what a Big-IP refuses, in its words: what exists, what is not there, what is in use,
/// two virtual servers for one destination, port and source. A virtual server for a port above 1023
/// opens it here and passes connections on to its pool's members; the well-known ones have nobody
/// behind them in a rehearsal, and a plain user may not bind them.
///
/// What a scenario can do: `capacity: [{type: partition, zone: NAME}]` for a partition that is
/// missing; `unhealthy: [PORT]`.
/// - Source: F5's error ids 01020036, 01020066, 01070083, 01070110, 01070265, 01070333.
public final class BigIpModel implements CloudModel {
  static final String NODE = "f5bigip:ltm/node:Node";
  static final String MONITOR = "f5bigip:ltm/monitor:Monitor";
  static final String POOL = "f5bigip:ltm/pool:Pool";
  static final String ATTACHMENT = "f5bigip:ltm/poolAttachment:PoolAttachment";
  static final String VIRTUAL_SERVER = "f5bigip:ltm/virtualServer:VirtualServer";

  private static final int UNPRIVILEGED = 1024;

  @Override
  public String pkg() {
    return "f5bigip";
  }

  @Override
  public String account() {
    return "bigip";
  }

  @Override
  public Made create(CloudRequest request, Account.View account) throws CloudFault {
    if (request.type().equals(ATTACHMENT)) {
      return attach(request, account);
    }
    String name = request.text("name");
    String kind = kind(request.type());
    String partition = partition(name);
    if (request.scenario().unavailable("partition", partition)) {
      throw refusal(
          CloudFault.Kind.NOT_FOUND,
          404,
          "01020036:3: The requested folder (/" + partition + ") was not found.");
    }
    if (account.find(name(request.type(), name)).isPresent()) {
      throw refusal(
          CloudFault.Kind.CONFLICT,
          409,
          "01020066:3: The requested "
              + kind
              + " ("
              + name
              + ") already exists in partition "
              + partition
              + ".");
    }
    return made(request, account);
  }

  /// Types have name spaces of their own; the account has one.
  private static String name(String type, String path) {
    return type.equals(NODE)
        ? path
        : path + "#" + kind(type).replace(" ", "-").toLowerCase(java.util.Locale.ROOT);
  }

  private Made made(CloudRequest request, Account.View account) throws CloudFault {
    String id = name(request.type(), request.text("name"));
    switch (request.type()) {
      case POOL -> {
        for (Object monitor : request.list("monitors")) {
          require(MONITOR, String.valueOf(monitor), account);
        }
      }
      case VIRTUAL_SERVER -> {
        require(POOL, request.text("pool"), account);
        refuseShared(request, id, account);
      }
      default -> {
        // Nodes and monitors refer to nothing of ours.
      }
    }
    Fabric fabric =
        request.type().equals(VIRTUAL_SERVER)
            ? listener(
                request.site(),
                id,
                request.inputs(),
                members(request.text("pool"), "", account),
                account)
            : null;
    return new Made(id, outputs(request), tags(request.text("description")), fabric);
  }

  private static Map<String, Object> outputs(CloudRequest request) {
    Map<String, Object> outputs = new LinkedHashMap<>();
    if (request.type().equals(VIRTUAL_SERVER)) {
      outputs.put("mask", "255.255.255.255");
      outputs.put("state", "enabled");
    }
    return outputs;
  }

  private static void refuseShared(CloudRequest request, String id, Account.View account)
      throws CloudFault {
    for (CloudResource other : account.ofType(VIRTUAL_SERVER)) {
      boolean same =
          !other.id().equals(id)
              && other.text("destination").equals(request.text("destination"))
              && number(other.inputs(), "port") == number(request.inputs(), "port")
              && other.text("source").equals(request.text("source"));
      if (same) {
        throw refusal(
            CloudFault.Kind.CONFLICT,
            400,
            "01070333:3: Virtual Server "
                + request.text("name")
                + " illegally shares destination address, source address, service port, ip-protocol,"
                + " and vlan with Virtual Server "
                + other.text("name")
                + ".");
      }
    }
  }

  private Made attach(CloudRequest request, Account.View account) throws CloudFault {
    String pool = request.text("pool");
    String member = request.text("node");
    require(POOL, pool, account);
    int colon = member.lastIndexOf(':');
    require(NODE, member.substring(0, Math.max(0, colon)), account);
    String id = pool + "-" + member;
    if (account.find(id).isPresent()) {
      throw refusal(
          CloudFault.Kind.CONFLICT,
          409,
          "01020066:3: The requested Pool Member ("
              + pool
              + " "
              + member
              + ") already exists in partition "
              + partition(pool)
              + ".");
    }
    List<Site.Backend> members = new ArrayList<>(members(pool, "", account));
    backend(member, account).ifPresent(members::add);
    reroute(request.site(), pool, members, account);
    return new Made(id, Map.of());
  }

  private static List<Site.Backend> members(String pool, String without, Account.View account) {
    List<Site.Backend> members = new ArrayList<>();
    for (CloudResource member : account.ofType(ATTACHMENT)) {
      if (member.text("pool").equals(pool) && !member.id().equals(without)) {
        backend(member.text("node"), account).ifPresent(members::add);
      }
    }
    return members;
  }

  private static java.util.Optional<Site.Backend> backend(String member, Account.View account) {
    int colon = member.lastIndexOf(':');
    return account
        .find(member.substring(0, colon))
        .map(
            node ->
                new Site.Backend(
                    node.text("address"), Integer.parseInt(member.substring(colon + 1))));
  }

  /// The pool's virtual servers pass connections on to these members from now on.
  private static void reroute(
      @Nullable Site site, String pool, List<Site.Backend> members, Account.View account) {
    if (site == null) {
      return;
    }
    for (CloudResource server : account.ofType(VIRTUAL_SERVER)) {
      if (server.text("pool").equals(pool) && server.fabric() != null) {
        account.put(
            server.withFabric(listener(site, server.id(), server.inputs(), members, account)));
      }
    }
  }

  /// One listener a port: virtual servers for further sources share it.
  private static @Nullable Fabric listener(
      @Nullable Site site,
      String id,
      Map<String, Object> inputs,
      List<Site.Backend> members,
      Account.View account) {
    int port = number(inputs, "port");
    if (site == null || port < UNPRIVILEGED) {
      return null;
    }
    String destination = String.valueOf(inputs.get("destination"));
    boolean open =
        account.ofType(VIRTUAL_SERVER).stream()
            .anyMatch(
                s ->
                    !s.id().equals(id)
                        && s.fabric() != null
                        && s.text("destination").equals(destination)
                        && number(s.inputs(), "port") == port);
    return open ? null : site.listener(id, List.of(destination), port, members);
  }

  @Override
  public Made update(CloudRequest request, CloudResource before, Account.View account)
      throws CloudFault {
    return request.type().equals(ATTACHMENT)
        ? new Made(before.id(), Map.of())
        : made(request, account);
  }

  @Override
  public void delete(CloudRequest request, CloudResource resource, Account.View account)
      throws CloudFault {
    String path = resource.text("name");
    switch (resource.type()) {
      case ATTACHMENT ->
          reroute(
              request.site(),
              resource.text("pool"),
              members(resource.text("pool"), resource.id(), account),
              account);
      case NODE -> {
        for (CloudResource member : account.ofType(ATTACHMENT)) {
          if (member.text("node").startsWith(path + ":")) {
            throw inUse(
                "01070110:3: Node address '"
                    + path
                    + "' is referenced by a member of pool '"
                    + member.text("pool")
                    + "'.");
          }
        }
      }
      case MONITOR -> {
        for (CloudResource pool : account.ofType(POOL)) {
          if (pool.inputs().get("monitors") instanceof List<?> used && used.contains(path)) {
            throw inUse("01070083:3: Monitor " + path + " is in use.");
          }
        }
      }
      case POOL -> {
        for (CloudResource server : account.ofType(VIRTUAL_SERVER)) {
          if (server.text("pool").equals(path)) {
            throw inUse(
                "01070265:3: The Pool ("
                    + path
                    + ") cannot be deleted because it is in use by a Virtual Server ("
                    + server.text("name")
                    + ").");
          }
        }
      }
      default -> {
        // A virtual server is used by nothing.
      }
    }
  }

  private static void require(String type, String path, Account.View account) throws CloudFault {
    if (account.find(name(type, path)).isEmpty()) {
      throw refusal(
          CloudFault.Kind.NOT_FOUND,
          404,
          "01020036:3: The requested " + kind(type) + " (" + path + ") was not found.");
    }
  }

  private static CloudFault inUse(String message) {
    return refusal(CloudFault.Kind.DEPENDENCY, 400, message);
  }

  /// As the provider passes on what iControl REST answers.
  private static CloudFault refusal(CloudFault.Kind kind, int code, String message) {
    return new CloudFault(
        kind, "HTTP " + code + " :: {\"code\":" + code + ",\"message\":\"" + message + "\"}");
  }

  private static String kind(String type) {
    return switch (type) {
      case NODE -> "Node";
      case MONITOR -> "monitor";
      case POOL -> "Pool";
      case VIRTUAL_SERVER -> "Virtual Server";
      default -> "object";
    };
  }

  private static String partition(String path) {
    String[] parts = path.split("/", -1);
    return parts.length > 2 ? parts[1] : "Common";
  }

  private static int number(Map<String, Object> inputs, String name) {
    return inputs.get(name) instanceof Number number ? number.intValue() : 0;
  }

  private static Map<String, String> tags(String description) {
    Map<String, String> tags = new LinkedHashMap<>();
    for (String tag : description.split(" ", -1)) {
      int at = tag.indexOf('=');
      if (at > 0) {
        tags.put(tag.substring(0, at), tag.substring(at + 1));
      }
    }
    return tags;
  }
}
