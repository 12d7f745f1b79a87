package io.sskuba.cli;

import io.sskuba.cloud.CloudServices;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/// Loads the module `clouds` when first asked for, from the folder `clouds` beside our own jars.
///
/// Its libraries are 55 jars: on the class path, each command that looks for a service would open
/// every one of them, and the AOT cache would be tied to them.
final class CloudModule {
  private static @Nullable CloudServices loaded;

  private CloudModule() {}

  static synchronized CloudServices services() {
    CloudServices services = loaded;
    if (services == null) {
      services =
          ServiceLoader.load(CloudServices.class, loader())
              .findFirst()
              .orElseThrow(() -> damaged("there is no module for clouds in it"));
      loaded = services;
    }
    return services;
  }

  private static ClassLoader loader() {
    ClassLoader ours = CloudModule.class.getClassLoader();
    try {
      Path code =
          Path.of(
              URI.create(
                  CloudModule.class
                      .getProtectionDomain()
                      .getCodeSource()
                      .getLocation()
                      .toString()));
      Path folder = code.resolveSibling("clouds");
      if (!Files.isRegularFile(code) || !Files.isDirectory(folder)) {
        return ours; // classes of a build, with everything on the class path
      }
      List<URL> jars = new ArrayList<>();
      try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.jar")) {
        for (Path file : files) {
          jars.add(file.toUri().toURL());
        }
      }
      return new URLClassLoader("clouds", jars.toArray(URL[]::new), ours);
    } catch (IOException e) {
      throw damaged(String.valueOf(e.getMessage()));
    }
  }

  private static SskubaException damaged(String cause) {
    return new SskubaException(
        Problem.of(ProblemCode.INTERNAL, "this distribution of sskuba is damaged")
            .fact("cause", cause)
            .next("sskuba-ctl version"));
  }
}
