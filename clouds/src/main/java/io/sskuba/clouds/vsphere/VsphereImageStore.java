package io.sskuba.clouds.vsphere;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.images.ImageStore;
import io.sskuba.images.WantedImage;
import io.sskuba.io.Json;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.secret.SecretResolver;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import io.sskuba.spec.ClusterSpec.ProviderSettings.Vsphere;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Items of the file's content library, each from an OVA: its files are put there one by one over
/// HTTPS, each with its SHA-256, which the vCenter compares before it takes them.
///
/// An item is made first, with the OVA's digest in its description, then filled in an update
/// session. Both outlive a killed run: the next one goes on in that session with the files that are
/// not there yet. A name is given once a library, so an item cannot be there twice.
/// - Limits: those of [Ova]; an hour a file, 15 min until the vCenter has taken all.
public final class VsphereImageStore implements ImageStore {
  private static final String LIBRARY = "content/library";
  private static final String ITEM = LIBRARY + "/item";
  private static final String SESSIONS = ITEM + "/update-session";
  private static final String FILES = ITEM + "/updatesession/file";
  private static final Duration TAKEN = Duration.ofMinutes(15);
  private static final Duration LOOK = Duration.ofSeconds(1);
  private static final Pattern OURS =
      Pattern.compile("sskuba Talos \\S+ [0-9a-f]{64} sha256:([0-9a-f]{64})");

  private final ClusterSpec spec;
  private final Vsphere file;
  private final SecretResolver secrets;
  private final TimeSource time;

  private VsphereImageStore(
      ClusterSpec spec, Vsphere file, SecretResolver secrets, TimeSource time) {
    this.spec = spec;
    this.file = file;
    this.secrets = secrets;
    this.time = time;
  }

  /// Made with no call to anybody.
  public static VsphereImageStore of(ClusterSpec spec, SecretResolver secrets, TimeSource time) {
    if (spec.target().settings() instanceof ProviderSettings.Vsphere file) {
      return new VsphereImageStore(spec, file, secrets, time);
    }
    throw new IllegalArgumentException("not a cluster of target vsphere");
  }

  private <T> T asking(String what, Function<VapiClient, T> question) {
    try (VsphereSession session =
        VsphereSession.open(spec, time, () -> VsphereAccount.login(secrets, file))) {
      return question.apply(session.vapi());
    } catch (RuntimeException e) {
      throw VsphereProblems.of(file.server(), what, e);
    }
  }

  private String library(VapiClient vapi) {
    ObjectNode body = Json.object();
    body.putObject("spec").put("name", file.templateLibrary());
    for (JsonNode id : vapi.post(LIBRARY + "?~action=find", body)) {
      return id.asText();
    }
    throw SskubaException.of(
        ProblemCode.CLOUD_IMAGE_MISSING,
        "target.template.library: there is no content library " + file.templateLibrary());
  }

  @Override
  public Optional<Held> find(String name) {
    return asking("its images", vapi -> whole(vapi, item(vapi, library(vapi), name)));
  }

  @Override
  public List<Held> list() {
    return asking(
        "its images",
        vapi -> {
          List<Held> held = new ArrayList<>();
          for (JsonNode id : vapi.get(ITEM + "?library_id=" + library(vapi))) {
            Optional<JsonNode> item = Optional.of(vapi.get(ITEM + "/id:" + id.asText()));
            item.filter(i -> OURS.matcher(i.path("description").asText("")).matches())
                .flatMap(i -> whole(vapi, Optional.of(i)))
                .ifPresent(held::add);
          }
          return held;
        });
  }

  private static Optional<JsonNode> item(VapiClient vapi, String library, String name) {
    ObjectNode body = Json.object();
    body.putObject("spec").put("library_id", library).put("name", name);
    for (JsonNode id : vapi.post(ITEM + "?~action=find", body)) {
      return Optional.of(vapi.get(ITEM + "/id:" + id.asText()));
    }
    return Optional.empty();
  }

  /// Ours only once it was taken as a whole: an item that is being filled has files already. One of
  /// somebody else's is as they made it.
  private static Optional<Held> whole(VapiClient vapi, Optional<JsonNode> item) {
    return item.filter(
            i ->
                session(vapi, i.path("id").asText()).isEmpty()
                    && !files(vapi, i.path("id").asText()).isEmpty())
        .map(VsphereImageStore::held);
  }

  private static Held held(JsonNode item) {
    Matcher ours = OURS.matcher(item.path("description").asText(""));
    return new Held(
        item.path("name").asText(), item.path("id").asText(), ours.matches() ? ours.group(1) : "");
  }

  /// Name to size, of the files that an item has.
  private static Map<String, Long> files(VapiClient vapi, String item) {
    Map<String, Long> files = new TreeMap<>();
    vapi.get(ITEM + "/file?library_item_id=" + encoded(item))
        .forEach(f -> files.put(f.path("name").asText(), f.path("size").asLong()));
    return files;
  }

  private static String encoded(String id) {
    return URLEncoder.encode(id, StandardCharsets.UTF_8);
  }

  /// The session in which an item is being filled.
  private static Optional<String> session(VapiClient vapi, String item) {
    for (JsonNode id : vapi.get(SESSIONS)) {
      try {
        JsonNode session = vapi.get(SESSIONS + "/id:" + id.asText());
        if (session.path("library_item_id").asText().equals(item)
            && session.path("state").asText().equals("ACTIVE")) {
          return Optional.of(id.asText());
        }
      } catch (VsphereFailure e) {
        if (e.kind() != VsphereFailure.Kind.NOT_FOUND && e.kind() != VsphereFailure.Kind.DENIED) {
          throw e; // other people's sessions come and go
        }
      }
    }
    return Optional.empty();
  }

  @Override
  public Held put(WantedImage image, Path disk, Consumer<String> progress)
      throws InterruptedException {
    Optional<Held> there = find(image.name());
    if (there.isPresent()) {
      return there.get();
    }
    Path folder = null;
    try {
      folder = Files.createTempDirectory(disk.toAbsolutePath().getParent(), "ova");
      Ova ova = Ova.open(disk, folder);
      return asking("room for an image", vapi -> filled(vapi, image, ova, progress));
    } catch (IOException e) {
      throw new SskubaException(
          Problem.of(ProblemCode.CLOUD_IMAGE_MISSING, "the image " + disk + " cannot be used")
              .fact("cause", String.valueOf(e.getMessage())),
          e);
    } finally {
      delete(folder);
    }
  }

  private Held filled(VapiClient vapi, WantedImage image, Ova ova, Consumer<String> progress) {
    String item = made(vapi, library(vapi), image, ova);
    Optional<String> open = session(vapi, item);
    if (open.isEmpty() && !files(vapi, item).isEmpty()) {
      return held(vapi.get(ITEM + "/id:" + item)); // another run was faster
    }
    if (open.isPresent()) {
      progress.accept("going on with item " + image.name());
    }
    String session =
        open.orElseGet(
            () -> {
              ObjectNode body = Json.object();
              body.putObject("create_spec").put("library_item_id", item);
              return vapi.post(SESSIONS, body).asText();
            });
    upload(vapi, session, ova, progress);
    try {
      validate(vapi, session, image);
      JsonNode _ = vapi.post(SESSIONS + "/id:" + session + "?~action=complete", Json.object());
      awaitTaken(vapi, session, image);
      compare(files(vapi, item), ova, image);
    } catch (Refused e) {
      JsonNode _ = vapi.delete(SESSIONS + "/id:" + session);
      JsonNode _ = vapi.delete(ITEM + "/id:" + item);
      throw e.problem();
    }
    return held(vapi.get(ITEM + "/id:" + item));
  }

  private static String made(VapiClient vapi, String library, WantedImage image, Ova ova) {
    Optional<JsonNode> begun = item(vapi, library, image.name());
    if (begun.isPresent()) {
      String digest = held(begun.get()).digest();
      if (digest.equals(ova.digest())) {
        return begun.get().path("id").asText();
      }
      if (digest.isEmpty()) {
        throw new SskubaException(
            Problem.of(
                    ProblemCode.CLOUD_IMAGE_MISSING,
                    "item " + image.name() + " of the content library is empty, and not ours")
                .fact("do", "take it away, or name another item"));
      }
      // Half of another OVA: a factory that made the image anew.
      JsonNode _ = vapi.delete(ITEM + "/id:" + begun.get().path("id").asText());
    }
    ObjectNode body = Json.object();
    body.putObject("create_spec")
        .put("library_id", library)
        .put("name", image.name())
        .put("type", "ovf")
        .put(
            "description",
            "sskuba Talos "
                + image.talos()
                + " "
                + image.schematic().id()
                + " sha256:"
                + ova.digest());
    return vapi.post(ITEM, body).asText();
  }

  private static void upload(VapiClient vapi, String session, Ova ova, Consumer<String> progress) {
    Map<String, String> there = new HashMap<>();
    for (JsonNode known : vapi.get(FILES + "?update_session_id=" + encoded(session))) {
      if (known.path("status").asText().equals("READY")) {
        there.put(
            known.path("name").asText(), known.path("checksum_info").path("checksum").asText(""));
      }
    }
    for (Ova.Member member : ova.members()) {
      if (member.digest().equals(there.get(member.name()))) {
        progress.accept(member.name() + " is there");
        continue;
      }
      ObjectNode body = Json.object();
      ObjectNode file =
          body.putObject("file_spec")
              .put("name", member.name())
              .put("source_type", "PUSH")
              .put("size", member.size());
      file.putObject("checksum_info").put("algorithm", "SHA256").put("checksum", member.digest());
      JsonNode told = vapi.post(FILES + "/id:" + session + "?~action=add", body);
      progress.accept(member.name() + ", " + (member.size() >> 20) + " MB");
      vapi.upload(URI.create(told.path("upload_endpoint").path("uri").asText()), member.file());
      JsonNode _ = vapi.post(SESSIONS + "/id:" + session + "?~action=keep-alive", Json.object());
    }
  }

  private static void validate(VapiClient vapi, String session, WantedImage image) {
    JsonNode told = vapi.post(FILES + "/id:" + session + "?~action=validate", Json.object());
    if (told.path("has_errors").asBoolean()) {
      List<String> wrong = new ArrayList<>();
      told.path("missing_files").forEach(f -> wrong.add(f.asText() + " is missing"));
      told.path("invalid_files")
          .forEach(
              f ->
                  wrong.add(
                      f.path("name").asText()
                          + ": "
                          + f.path("error_message").path("default_message").asText()));
      throw new Refused(image, String.join("; ", wrong));
    }
  }

  private void awaitTaken(VapiClient vapi, String session, WantedImage image) {
    long end = time.nanos() + TAKEN.toNanos();
    while (true) {
      JsonNode told = vapi.get(SESSIONS + "/id:" + session);
      String state = told.path("state").asText();
      if (state.equals("DONE")) {
        JsonNode _ = vapi.delete(SESSIONS + "/id:" + session);
        return;
      }
      if (!state.equals("ACTIVE") || time.nanos() > end) {
        throw new Refused(
            image, state + " " + told.path("error_message").path("default_message").asText(""));
      }
      try {
        time.sleep(LOOK);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw SskubaException.of(
            ProblemCode.CLOUD_UNASKED, "interrupted before item " + image.name() + " was taken");
      }
    }
  }

  /// What lies there is what was sent: the digests were compared when it was taken. A disk may be
  /// kept in a form of the vCenter's own, of another size.
  private static void compare(Map<String, Long> there, Ova ova, WantedImage image) {
    for (Ova.Member member : ova.members()) {
      Long size = there.get(member.name());
      if (size == null || !member.name().endsWith(".vmdk") && size != member.size()) {
        throw new Refused(
            image, member.name() + ": " + member.size() + " bytes sent, there " + size);
      }
    }
  }

  /// What was sent is not what lies there; nothing of it is kept.
  private static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final String item;

    Refused(WantedImage image, String observed) {
      super(observed.strip());
      this.item = image.name();
    }

    SskubaException problem() {
      return new SskubaException(
          Problem.of(ProblemCode.CLOUD_IMAGE_MISSING, "the vCenter did not take item " + item)
              .fact("observed", String.valueOf(getMessage()))
              .fact("do", "nothing of it is left; the same command begins anew"),
          this);
    }
  }

  /// Errors: `CLOUD_NAME_TAKEN` for an item that somebody else put there: it stays.
  @Override
  public void remove(Held image) {
    if (image.digest().isEmpty()) {
      throw new SskubaException(
          Problem.of(
                  ProblemCode.CLOUD_NAME_TAKEN,
                  "item " + image.name() + " of the content library is not ours to take away")
              .fact("cause", "its description does not say that sskuba put it there")
              .fact("do", "take it away in the vCenter, if nobody needs it"));
    }
    boolean _ =
        asking(
            "an image's end",
            vapi -> {
              try {
                JsonNode _ = vapi.delete(ITEM + "/id:" + image.id());
              } catch (VsphereFailure e) {
                if (e.kind() != VsphereFailure.Kind.NOT_FOUND) {
                  throw e;
                }
              }
              return true;
            });
  }

  private static void delete(@org.jspecify.annotations.Nullable Path folder) {
    if (folder == null) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path each : files) {
        Files.deleteIfExists(each);
      }
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
