package io.sskuba.rehearsal.local;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.infra.Infrastructure.StateResource;
import io.sskuba.infra.local.LocalNetwork;
import io.sskuba.infra.local.LocalPlan;
import io.sskuba.io.Json;
import io.sskuba.rehearsal.host.HostSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What a cluster without a readable record still says of itself.
final class Residue {
  private static final int FOLDERS_MAX = 10_000;

  /// As `apply` makes ids.
  private static final Pattern ID = Pattern.compile("[0-9a-f]{10}");

  private Residue() {}

  /// Ids under which a memory-backed folder of `key` lies: by its name, or, where that was
  /// shortened, by what its host process was told.
  static List<String> clusterIds(Path runtime, String key) {
    List<String> ids = new ArrayList<>();
    int seen = 0;
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(runtime)) {
      for (Path folder : folders) {
        if (++seen > FOLDERS_MAX) {
          break;
        }
        String id = clusterId(folder, key);
        if (!id.isEmpty() && !ids.contains(id)) {
          ids.add(id);
        }
      }
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ids.sort(null);
    return ids;
  }

  private static String clusterId(Path folder, String key) {
    String name = folder.getFileName().toString();
    String start = key + "-";
    if (name.startsWith(start) && ID.matcher(name.substring(start.length())).matches()) {
      return name.substring(start.length());
    }
    try {
      JsonNode told = Json.parse(Files.readAllBytes(folder.resolve(HostSettings.FILE)));
      return told.path("key").asText().equals(key) ? told.path("clusterId").asText("") : "";
    } catch (IOException | UncheckedIOException e) {
      return "";
    }
  }

  /// The slot whose loopback block the network has.
  static OptionalInt slot(List<StateResource> resources) {
    Pattern block = Pattern.compile("127\\.(\\d{1,3})\\.(\\d{1,3})\\.0/20");
    for (StateResource resource : resources) {
      Matcher twin = block.matcher(String.valueOf(resource.outputs().get("twinCidr")));
      if (resource.type().equals(LocalPlan.NETWORK) && twin.matches()) {
        int slot =
            (Integer.parseInt(twin.group(1)) - 64) * 16 + Integer.parseInt(twin.group(2)) / 16;
        if (slot >= 0 && slot <= LocalNetwork.SLOT_MAX) {
          return OptionalInt.of(slot);
        }
      }
    }
    return OptionalInt.empty();
  }

  /// Machines and their indexes: those whose loopback address lies in the slot's block.
  static Map<String, Integer> indexes(List<StateResource> resources, int slot) {
    LocalNetwork network = LocalNetwork.of(slot);
    Map<String, Integer> byTwin = new LinkedHashMap<>();
    for (int host = LocalNetwork.FIRST_MACHINE_HOST; host <= network.hostMax(); host++) {
      byTwin.put(network.twin(host), host - LocalNetwork.FIRST_MACHINE_HOST);
    }
    Map<String, Integer> indexes = new LinkedHashMap<>();
    for (StateResource resource : resources) {
      Integer index = byTwin.get(String.valueOf(resource.outputs().get("twin")));
      if (resource.type().equals(LocalPlan.MACHINE) && index != null) {
        indexes.put(resource.name(), index);
      }
    }
    return indexes;
  }
}
