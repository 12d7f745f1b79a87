package io.sskuba.cli;

import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "completion",
    description = "Print a completion script for bash, zsh or fish.",
    footer = {
      "",
      "Examples:",
      "  source <(sskuba-ctl completion bash)",
      "  sskuba-ctl completion fish > ~/.config/fish/completions/sskuba-ctl.fish"
    })
final class CompletionCommand implements Callable<Integer> {
  private final Session session;
  @Spec CommandSpec spec;
  @Mixin Common common;

  @Parameters(paramLabel = "SHELL", description = "bash, zsh or fish.")
  String shell = "";

  CompletionCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    String script =
        switch (shell) {
          case "bash" -> AutoComplete.bash("sskuba-ctl", spec.root().commandLine());
          case "zsh" ->
              "autoload -U +X bashcompinit && bashcompinit\n"
                  + AutoComplete.bash("sskuba-ctl", spec.root().commandLine());
          case "fish" -> FishCompletion.script(spec.root());
          default ->
              throw SskubaException.of(
                  ProblemCode.USAGE, "completion is for bash, zsh or fish, not " + shell);
        };
    session.out().print(script);
    return 0;
  }
}
