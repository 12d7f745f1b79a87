package io.sskuba.cli;

import io.sskuba.io.Json;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecReader;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "validate",
    description =
        "Check a cluster file: all its problems at once. No network, no toolchain, no secret resolved.",
    footer = {"", "Example:", "  sskuba-ctl validate -f cluster.yaml"})
final class ValidateCommand implements Callable<Integer> {
  private final Session session;
  @Mixin Common common;
  @Mixin FileOption file;
  @Mixin OutputOption output;

  ValidateCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    ClusterSpec spec = SpecReader.read(file.bytes(), file.file, file.folder(), false);
    if (session.json()) {
      session
          .out()
          .print(
              Json.pretty(
                  Json.object()
                      .put("apiVersion", "sskuba.io/v1alpha1")
                      .put("kind", "Validation")
                      .put("valid", true)
                      .put("fqdn", spec.fqdn())
                      .put("target", spec.target().provider().word())));
    } else {
      session
          .out()
          .println(
              file.file + ": valid, " + spec.fqdn() + " on " + spec.target().provider().word());
    }
    return 0;
  }
}
