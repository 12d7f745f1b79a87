import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.ClassFileVersion;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/// Makes the jars of a folder fit for an AOT cache, which takes neither classes of signed jars (Bouncy Castle's) nor
/// classes older than Java 6 (picocli's), and nothing that extends those.
///
/// Signatures go (the cache's stamp and the build's own digests stand for the bytes), and with them the digests in
/// the manifest; old classes get version 52 and the stack maps that it asks for. Other jars stay byte for byte.
/// - Idempotent: yes.
/// - Source: JDK 25, `systemDictionaryShared.cpp`, "Signed JAR" and "Old class has been linked".
public final class Repack {
  private static final int OLD = 50;
  private static final int NEW = 52;

  private Repack() {}

  /// @param args the folder
  public static void main(String[] args) throws IOException {
    List<Path> jars = new ArrayList<>();
    try (var files = Files.newDirectoryStream(Path.of(args[0]), "*.jar")) {
      files.forEach(jars::add);
    }
    URL[] all = new URL[jars.size()];
    for (int i = 0; i < all.length; i++) {
      all[i] = jars.get(i).toUri().toURL();
    }
    try (URLClassLoader loader = new URLClassLoader(all, ClassLoader.getPlatformClassLoader())) {
      ClassFile classes =
          ClassFile.of(
              ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
              ClassFile.ClassHierarchyResolverOption.of(
                  ClassHierarchyResolver.ofResourceParsing(loader)
                      .orElse(ClassHierarchyResolver.defaultResolver())));
      for (Path jar : jars) {
        if (unfit(jar)) {
          repack(jar, classes);
        }
      }
    }
  }

  private static boolean unfit(Path jar) throws IOException {
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      for (ZipEntry entry : zip.stream().toList()) {
        if (signature(entry.getName())) {
          return true;
        }
        if (ofClass(entry.getName())) {
          try (var in = zip.getInputStream(entry)) {
            if (version(in.readNBytes(8)) < OLD) {
              return true;
            }
          }
        }
      }
      return false;
    }
  }

  private static void repack(Path jar, ClassFile classes) throws IOException {
    Path made = jar.resolveSibling(jar.getFileName() + ".new");
    try (ZipFile zip = new ZipFile(jar.toFile());
        ZipOutputStream out =
            new ZipOutputStream(new BufferedOutputStream(Files.newOutputStream(made)))) {
      for (ZipEntry entry : zip.stream().toList()) {
        String name = entry.getName();
        if (signature(name) || entry.isDirectory()) {
          continue;
        }
        byte[] bytes;
        try (var in = zip.getInputStream(entry)) {
          bytes = in.readAllBytes();
        }
        if (name.equals("META-INF/MANIFEST.MF")) {
          bytes = withoutDigests(bytes);
        } else if (ofClass(name) && version(bytes) < OLD) {
          bytes = newer(classes, bytes);
        }
        ZipEntry kept = new ZipEntry(name);
        kept.setTime(entry.getTime());
        out.putNextEntry(kept);
        out.write(bytes);
        out.closeEntry();
      }
    }
    Files.move(made, jar, StandardCopyOption.REPLACE_EXISTING);
  }

  /// Bodies are taken apart and put together again: only then are stack maps made.
  private static byte[] newer(ClassFile classes, byte[] bytes) {
    ClassTransform version =
        (made, e) -> made.with(e instanceof ClassFileVersion ? ClassFileVersion.of(NEW, 0) : e);
    return classes.transformClass(
        classes.parse(bytes),
        version.andThen(ClassTransform.transformingMethodBodies((made, e) -> made.with(e))));
  }

  private static byte[] withoutDigests(byte[] bytes) throws IOException {
    Manifest manifest = new Manifest(new ByteArrayInputStream(bytes));
    manifest.getEntries().clear();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    manifest.write(out);
    return out.toByteArray();
  }

  private static boolean signature(String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    return upper.startsWith("META-INF/")
        && upper.indexOf('/', 9) < 0
        && (upper.endsWith(".SF")
            || upper.endsWith(".RSA")
            || upper.endsWith(".DSA")
            || upper.endsWith(".EC"));
  }

  /// Module descriptors have no code.
  private static boolean ofClass(String name) {
    return name.endsWith(".class") && !name.endsWith("module-info.class");
  }

  private static int version(byte[] bytes) {
    return (bytes[6] & 0xff) << 8 | bytes[7] & 0xff;
  }
}
