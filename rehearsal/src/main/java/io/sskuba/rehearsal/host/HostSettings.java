package io.sskuba.rehearsal.host;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a host process is told when it starts: `host.json` in its runtime folder. Holds no secret.
///
/// @param key `NAME` or `rehearsal.NAME`
/// @param runtime memory-backed folder of this cluster: socket, configs, key material, pids
/// @param disks folder of the machines' disks, in the state folder
/// @param record the cluster's record file; without it the host ends itself after
///   [HostMain#ORPHAN_LIMIT]
/// @param binaries verified programs by name
/// @param accounts folders of the simulated accounts that the cluster has resources in
public record HostSettings(
    String key,
    String clusterId,
    Path runtime,
    Path disks,
    Path record,
    Map<String, Path> binaries,
    List<Path> accounts) {

  public static final String FILE = "host.json";
  public static final String SOCKET = "host.sock";
  public static final String LOG = "host.log";

  public HostSettings {
    binaries = Map.copyOf(binaries);
    accounts = List.copyOf(accounts);
  }

  public Path socket() {
    return runtime.resolve(SOCKET);
  }

  public ObjectNode toJson() {
    ObjectNode json = Json.object();
    json.put("key", key).put("clusterId", clusterId).put("runtime", runtime.toString());
    json.put("disks", disks.toString()).put("record", record.toString());
    ObjectNode tools = json.putObject("binaries");
    binaries.forEach((name, path) -> tools.put(name, path.toString()));
    ArrayNode folders = json.putArray("accounts");
    accounts.forEach(folder -> folders.add(folder.toString()));
    return json;
  }

  static HostSettings fromJson(JsonNode json) {
    Map<String, Path> tools = new LinkedHashMap<>();
    json.path("binaries")
        .properties()
        .forEach(e -> tools.put(e.getKey(), Path.of(e.getValue().asText())));
    List<Path> accounts = new ArrayList<>();
    json.path("accounts").forEach(folder -> accounts.add(Path.of(folder.asText())));
    return new HostSettings(
        json.path("key").asText(),
        json.path("clusterId").asText(),
        Path.of(json.path("runtime").asText()),
        Path.of(json.path("disks").asText()),
        Path.of(json.path("record").asText()),
        tools,
        accounts);
  }
}
