package io.sskuba.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/// The commands in their groups.
///
/// A command line names one command; only the ones that occur in it are built, because picocli
/// looks at each class by reflection, which is half of what `version` would take.
enum Commands {
  CLUSTERS(
      "Clusters",
      ApplyCommand.class,
      PlanCommand.class,
      ValidateCommand.class,
      RenderCommand.class,
      DeleteCommand.class),
  LOOK(
      "Look",
      ListCommand.class,
      StatusCommand.class,
      TimelineCommand.class,
      EventsCommand.class,
      LogsCommand.class),
  ACCESS(
      "Access",
      KubeconfigCommand.class,
      TalosconfigCommand.class,
      ExecCommand.class,
      ShellCommand.class),
  MACHINE(
      "This machine",
      DoctorCommand.class,
      ToolchainCommand.class,
      ImageCommand.class,
      ExplainCommand.class,
      SchemaCommand.class,
      CompletionCommand.class,
      VersionCommand.class);

  private final String heading;
  private final List<Class<?>> classes;

  Commands(String heading, Class<?>... classes) {
    this.heading = heading;
    this.classes = List.of(classes);
  }

  /// The name of a command, by the convention of its class's name: no annotation has to be read.
  private static String name(Class<?> command) {
    String simple = command.getSimpleName();
    return simple.substring(0, simple.length() - "Command".length()).toLowerCase(Locale.ROOT);
  }

  static List<String> names() {
    List<String> names = new ArrayList<>();
    for (Commands group : values()) {
      group.classes.forEach(c -> names.add(name(c)));
    }
    return names;
  }

  /// Adds the commands that `args` name, or all of them when it names none (help, a misspelt name)
  /// or one that is about all of them.
  static void addTo(CommandLine line, CommandLine.IFactory factory, List<String> args) {
    List<String> asked = args.stream().filter(names()::contains).toList();
    boolean all = asked.isEmpty() || asked.contains("completion");
    for (Commands group : values()) {
      for (Class<?> command : group.classes) {
        if (all || asked.contains(name(command))) {
          line.addSubcommand(name(command), new CommandLine(command, factory));
        }
      }
    }
  }

  /// The list of commands in the root's help.
  static String help(CommandSpec root) {
    Map<String, CommandLine> subcommands = new LinkedHashMap<>(root.subcommands());
    StringBuilder text = new StringBuilder();
    for (Commands group : values()) {
      text.append('\n').append(group.heading).append(":\n");
      for (Class<?> command : group.classes) {
        CommandLine line = subcommands.get(name(command));
        if (line != null) {
          String[] description = line.getCommandSpec().usageMessage().description();
          text.append(String.format(Locale.ROOT, "  %-12s %s%n", name(command), description[0]));
        }
      }
    }
    return text.toString();
  }
}
