package io.sskuba.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.sskuba.apply.ImageUpkeep;
import io.sskuba.images.EnsureImages.Ensured;
import io.sskuba.images.ImageStore.Held;
import io.sskuba.io.Json;
import io.sskuba.io.TimeSource;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecReader;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "image",
    description = "Images that a file's machines need and nobody publishes, in its account.",
    footer = {
      "",
      "Examples:",
      "  sskuba-ctl image ensure -f cluster.yaml      put what is missing into the account",
      "  sskuba-ctl image list -f cluster.yaml        what is there",
      "  sskuba-ctl image remove -f cluster.yaml      take it away"
    },
    subcommands = {
      ImageCommand.Ensure.class,
      ImageCommand.ListImages.class,
      ImageCommand.Remove.class
    })
final class ImageCommand implements Runnable {
  @Spec CommandSpec spec;
  @Mixin Common common;

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  private static ImageUpkeep upkeep(Session session) {
    return new ImageUpkeep(
        session.ports(),
        file -> CloudModule.services().images(file, session.environment(), TimeSource.system()));
  }

  private static ClusterSpec read(FileOption file) {
    return SpecReader.read(file.bytes(), file.file, file.folder(), false);
  }

  private static void print(Session session, List<Held> images) {
    if (session.json()) {
      var json = Json.object().put("apiVersion", "sskuba.io/v1alpha1").put("kind", "Images");
      ArrayNode items = json.putArray("items");
      images.forEach(
          i -> items.addObject().put("name", i.name()).put("id", i.id()).put("digest", i.digest()));
      session.out().print(Json.pretty(json));
      return;
    }
    Table table = new Table("NAME", "ID", "DIGEST");
    images.forEach(i -> table.row(i.name(), i.id(), i.digest().isEmpty() ? "-" : i.digest()));
    session.out().print(table);
  }

  @Command(
      name = "ensure",
      description = {
        "Put the images that the file needs into its account. What is there is left as it is; what a",
        "killed run began is gone on with."
      })
  static final class Ensure implements Callable<Integer> {
    private final Session session;
    @Mixin Common common;
    @Mixin FileOption file;
    @Mixin OutputOption output;

    Ensure(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() throws InterruptedException {
      List<Ensured> ensured =
          upkeep(session)
              .ensure(
                  read(file),
                  line -> {
                    session.err().println(line);
                    session.err().flush();
                  });
      print(session, ensured.stream().map(Ensured::image).toList());
      return 0;
    }
  }

  @Command(name = "list", description = "Our images in the file's account and region.")
  static final class ListImages implements Callable<Integer> {
    private final Session session;
    @Mixin Common common;
    @Mixin FileOption file;
    @Mixin OutputOption output;

    ListImages(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      print(session, upkeep(session).list(read(file)));
      return 0;
    }
  }

  @Command(
      name = "remove",
      description = "Take the images that the file needs away. Machines that run keep running.")
  static final class Remove implements Callable<Integer> {
    private final Session session;
    @Mixin Common common;
    @Mixin FileOption file;
    @Mixin OutputOption output;

    @Option(names = "--yes", description = "Do not ask.")
    boolean yes;

    Remove(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      ClusterSpec spec = read(file);
      session.confirm(
          "Remove the images of " + spec.fqdn() + " from its account?",
          yes,
          "sskuba-ctl image remove --file " + file.file);
      print(session, upkeep(session).remove(spec));
      return 0;
    }
  }
}
