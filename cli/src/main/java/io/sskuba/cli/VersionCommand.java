package io.sskuba.cli;

import io.sskuba.io.Json;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "version",
    description = "The version of sskuba-ctl and of what it makes.",
    footer = {"", "Example:", "  sskuba-ctl version -o json"})
final class VersionCommand implements Callable<Integer> {
  static final String VERSION = "0.1.0";
  private final Session session;
  @Mixin Common common;
  @Mixin OutputOption output;

  VersionCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    if (session.json()) {
      session
          .out()
          .print(
              Json.pretty(
                  Json.object()
                      .put("apiVersion", "sskuba.io/v1alpha1")
                      .put("kind", "Version")
                      .put("version", VERSION)
                      .put("talos", "v1.13.9")
                      .put("kubernetes", "v1.36.3")
                      .put("java", Runtime.version().toString())));
    } else {
      session
          .out()
          .println(
              "sskuba-ctl "
                  + VERSION
                  + " (Talos v1.13.9, Kubernetes v1.36.3, Java "
                  + Runtime.version().feature()
                  + ")");
    }
    return 0;
  }
}
