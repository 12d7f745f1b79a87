package io.sskuba.infra.pulumi;

import io.sskuba.state.ObjectBucket;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Finds stacks of a self-managed backend without knowing their project.
public final class StackSearch {
  private static final int PROJECTS_MAX = 10_000;

  private StackSearch() {}

  /// Projects that hold anything of a stack, in order.
  public static List<String> projects(Path stateFolder, String stack) {
    List<String> found = new ArrayList<>();
    try (DirectoryStream<Path> projects =
        Files.newDirectoryStream(stateFolder.resolve(".pulumi").resolve("stacks"))) {
      for (Path project : projects) {
        if (found.size() < PROJECTS_MAX && holds(project, stack)) {
          found.add(project.getFileName().toString());
        }
      }
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    found.sort(null);
    return found;
  }

  /// The same in a bucket.
  public static List<String> projects(ObjectBucket bucket, String stack) {
    return StackBucket.projects(bucket, stack);
  }

  private static boolean holds(Path project, String stack) {
    for (String ending : List.of(".json", ".json.gz", ".json.bak", ".json.gz.bak")) {
      if (Files.exists(project.resolve(stack + ending))) {
        return true;
      }
    }
    return false;
  }
}
