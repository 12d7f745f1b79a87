package io.sskuba.toolchain;

import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Loads [SigstoreEngine]'s implementation with libraries of its own: sigstore-java needs a newer
/// protobuf than the engine's gRPC services were generated for, and nobody who verifies no download
/// shall pay for either.
///
/// Shared with the rest are the engine's interface and Bouncy Castle; the implementation's classes
/// are read from this build, but defined here.
/// - Errors: `IOException` when the folder of libraries is not part of this installation.
final class SigstoreLoader extends URLClassLoader {
  private static final String OWN = "io.sskuba.toolchain.sigstore.";
  private static final String IMPLEMENTATION = OWN + "SigstoreJava";
  private static final List<String> SHARED =
      List.of("io.sskuba.toolchain.", "org.bouncycastle.", "org.jspecify.");

  /// Where the build puts the libraries, seen from the folder or jar that this class is in: beside
  /// the jars of a distribution, or of the module's classes.
  private static final List<String> PLACES = List.of("sigstore", "../../core/target/sigstore");

  private static @Nullable SigstoreEngine loaded;

  private final ClassLoader application = SigstoreLoader.class.getClassLoader();

  private SigstoreLoader(URL[] libraries) {
    super("sigstore", libraries, ClassLoader.getPlatformClassLoader());
  }

  /// The engine; loaded once, and kept open for as long as this process lives.
  static synchronized SigstoreEngine load() throws IOException {
    SigstoreEngine known = loaded;
    if (known != null) {
      return known;
    }
    try {
      SigstoreEngine engine =
          (SigstoreEngine)
              new SigstoreLoader(libraries())
                  .loadClass(IMPLEMENTATION)
                  .getDeclaredConstructor()
                  .newInstance();
      loaded = engine;
      return engine;
    } catch (ReflectiveOperationException | LinkageError e) {
      throw new IOException("signatures cannot be checked by this installation: " + e, e);
    }
  }

  private static URL[] libraries() throws IOException {
    List<URL> urls = new ArrayList<>();
    for (String place : PLACES) {
      Path folder = home().resolve(place);
      if (!Files.isDirectory(folder)) {
        continue;
      }
      try (DirectoryStream<Path> jars = Files.newDirectoryStream(folder, "*.jar")) {
        for (Path jar : jars) {
          urls.add(jar.toUri().toURL());
        }
      }
      return urls.toArray(URL[]::new);
    }
    throw new IOException("this installation lacks lib/sigstore, which checks signatures");
  }

  private static Path home() throws IOException {
    @Nullable CodeSource source = SigstoreLoader.class.getProtectionDomain().getCodeSource();
    try {
      @Nullable Path folder =
          source == null ? null : Path.of(source.getLocation().toURI()).getParent();
      if (folder != null) {
        return folder;
      }
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
    throw new IOException("the place of this installation is not known");
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    synchronized (getClassLoadingLock(name)) {
      @Nullable Class<?> known = findLoadedClass(name);
      if (known != null) {
        return known;
      }
      if (name.startsWith(OWN)) {
        return define(name);
      }
      return SHARED.stream().anyMatch(name::startsWith)
          ? application.loadClass(name)
          : super.loadClass(name, resolve);
    }
  }

  private Class<?> define(String name) throws ClassNotFoundException {
    try (@Nullable InputStream in =
        application.getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (in == null) {
        throw new ClassNotFoundException(name);
      }
      byte[] bytes = in.readAllBytes();
      return defineClass(name, bytes, 0, bytes.length);
    } catch (IOException e) {
      throw new ClassNotFoundException(name, e);
    }
  }
}
