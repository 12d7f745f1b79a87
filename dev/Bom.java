import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Completes a bill of materials: `Bom.java SBOM LIB POM` prints SBOM with the jars of LIB that it lacks.
///
/// The CycloneDX plugin goes by what Maven resolves. What the POM copies as it is (`artifactItem`: libraries that are
/// loaded apart from our class path) is not among it. A jar that neither knows is an error: nothing is given to users
/// that the bill does not name.
class Bom {
  private static final Pattern ITEM =
      Pattern.compile(
          "<artifactItem>\\s*<groupId>([^<]+)</groupId>\\s*<artifactId>([^<]+)</artifactId>");

  public static void main(String[] arguments) throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode bom = (ObjectNode) mapper.readTree(Path.of(arguments[0]).toFile());
    Map<String, String> groups = new HashMap<>();
    Matcher items = ITEM.matcher(Files.readString(Path.of(arguments[2])));
    while (items.find()) {
      groups.put(items.group(2), items.group(1));
    }
    ArrayNode components = (ArrayNode) bom.path("components");
    Set<String> known = new HashSet<>();
    for (JsonNode component : components) {
      known.add(component.path("name").asText() + "-" + component.path("version").asText());
    }
    List<Path> jars;
    try (var files = Files.walk(Path.of(arguments[1]))) {
      jars = files.filter(f -> f.toString().endsWith(".jar")).sorted().toList();
    }
    for (Path jar : jars) {
      String file = jar.getFileName().toString().replaceFirst("\\.jar$", "");
      if (!known.add(file)) {
        continue;
      }
      String name = file.replaceFirst("-[0-9][^-]*(-(jre|android|alpha|Final))?$", "");
      String version = file.substring(name.length() + 1);
      String group = groups.get(name);
      if (group == null) {
        System.err.println("error: no bill of materials names " + jar.getFileName());
        System.exit(1);
      }
      ObjectNode component = components.addObject();
      component.put("type", "library").put("group", group).put("name", name);
      component.put("version", version);
      component.put("purl", "pkg:maven/" + group + "/" + name + "@" + version + "?type=jar");
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(jar));
      component
          .putArray("hashes")
          .addObject()
          .put("alg", "SHA-256")
          .put("content", HexFormat.of().formatHex(digest));
    }
    System.out.println(mapper.writerWithDefaultPrettyPrinter().writeValueAsString(bom));
  }
}
