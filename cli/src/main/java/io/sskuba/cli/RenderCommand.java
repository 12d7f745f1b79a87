package io.sskuba.cli;

import io.sskuba.apply.RenderRequest;
import io.sskuba.apply.Rendering;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "render",
    description =
        "Write the machine configs and talosconfig that apply would use. Nothing is made.",
    footer = {
      "",
      "Sealed to your identity (MACHINE.yaml.age, talosconfig.age) unless --plaintext is given.",
      "",
      "Examples:",
      "  sskuba-ctl render -f cluster.yaml --out configs",
      "  sskuba-ctl render -f cluster.yaml --out configs --with-secrets secrets.yaml --plaintext"
    })
final class RenderCommand implements Callable<Integer> {
  private final Session session;
  @Mixin Common common;
  @Mixin FileOption file;

  @Option(names = "--out", paramLabel = "FOLDER", required = true, description = "Where to write.")
  String out = ".";

  @Option(
      names = "--with-secrets",
      paramLabel = "FILE",
      description = "A Talos secrets bundle; else a fresh one.")
  @Nullable String secrets;

  @Option(
      names = "--plaintext",
      description = "Write in the clear, mode 0600. Whoever reads the files owns the cluster.")
  boolean plaintext;

  RenderCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws Exception {
    Path base = session.environment().workingFolder();
    @Nullable String given = secrets;
    List<Path> written =
        Rendering.write(
            session.ports(),
            new RenderRequest(
                file.bytes(),
                file.file,
                file.folder(),
                base.resolve(out),
                given == null ? null : base.resolve(given),
                plaintext));
    if (plaintext) {
      session.err().println("warning: these files hold the cluster's keys in the clear");
    }
    written.forEach(path -> session.out().println(path));
    return 0;
  }
}
