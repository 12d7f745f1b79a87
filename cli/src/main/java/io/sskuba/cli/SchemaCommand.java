package io.sskuba.cli;

import io.sskuba.io.Json;
import io.sskuba.spec.SpecJsonSchema;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "schema",
    description = "Print the JSON Schema of the cluster file, for editors.",
    footer = {"", "Example:", "  sskuba-ctl schema > cluster.schema.json"})
final class SchemaCommand implements Callable<Integer> {
  private final Session session;
  @Mixin Common common;

  SchemaCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    session.out().print(Json.pretty(SpecJsonSchema.generate()));
    return 0;
  }
}
