package io.sskuba;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysTrue;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import io.sskuba.problem.ProblemCode;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The walls of docs/design/architecture.md. Arrows go from use cases to the engine to features to
/// leaves, never upwards. THINK HARD ABOUT THE LAYERING BEFORE CHANGING THIS FILE.
class LayerRulesTest {
  private static final Set<String> LEAVES = Set.of("problem", "io", "net", "wait");
  private static final Set<String> FEATURES =
      Set.of(
          "spec",
          "pki",
          "machineconfig",
          "secret",
          "state",
          "toolchain",
          "infra",
          "talos",
          "kube",
          "dns",
          "images");
  private static final Set<String> USE_CASES = Set.of("apply", "delete", "status");

  /// The edges between features, each with its reason. A new one needs a reason here.
  private static final Map<String, String> FEATURE_EDGES =
      Map.ofEntries(
          Map.entry("machineconfig -> pki", "configs carry the cluster's certificates"),
          Map.entry("machineconfig -> spec", "configs are made from the cluster file"),
          Map.entry("machineconfig -> infra", "configs carry the addresses of the topology"),
          Map.entry("infra -> talos", "machines that exist are probed and wiped by their own API"),
          Map.entry("dns -> secret", "updates are signed with a secret"),
          Map.entry("dns -> spec", "zones and keys are named by the cluster file"),
          Map.entry(
              "images -> infra", "an image is of a processor and a driver, as choices name them"),
          Map.entry("images -> spec", "a file's machines say which images they need"),
          Map.entry("images -> toolchain", "images are got by the same way out as programs"),
          Map.entry("infra -> spec", "plans are made from the cluster file"),
          Map.entry("infra -> state", "a stack in a bucket is read where the records lie"),
          Map.entry("pki -> spec", "certificates carry the file's names and addresses"),
          Map.entry("secret -> spec", "references are values of the cluster file"),
          Map.entry("secret -> pki", "what is sealed is the secrets bundle"),
          Map.entry("state -> spec", "a record keeps the resolved file"),
          Map.entry("talos -> pki", "calls are made with the cluster's client certificate"),
          Map.entry("kube -> pki", "calls are made with the cluster's client certificate"));

  /// Leaves may use leaves; the one word that a leaf takes from a feature.
  private static final Map<String, String> LEAF_EDGES =
      Map.of("wait -> spec", "Durations: the way in which durations are written");

  private static JavaClasses product;

  @BeforeAll
  static void read() {
    product =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("/talos-api/"))
            .importPaths(classFolders());
    assertThat(product.size()).as("classes read").isGreaterThan(50);
  }

  /// Compiled main classes of all modules that are there, from where those of `core` were loaded:
  /// `core/target/classes`, or one folder with a folder for each module.
  private static List<Path> classFolders() {
    Path core =
        Path.of(
            URI.create(
                ProblemCode.class.getProtectionDomain().getCodeSource().getLocation().toString()));
    List<Path> folders = new ArrayList<>();
    for (String module : List.of("core", "clouds", "rehearsal", "cli")) {
      Path folder =
          core.endsWith("target/classes")
              ? SourceTree.root().resolve(module).resolve("target/classes")
              : core.resolveSibling(module);
      if (Files.isDirectory(folder)) {
        folders.add(folder);
      }
    }
    return folders;
  }

  @Test
  void arrowsGoDownwards() {
    Map<String, String> wrong = new TreeMap<>(); // an example for each
    for (JavaClass type : product) {
      String from = packageOf(type);
      for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
        String to = packageOf(dependency.getTargetClass());
        if (!from.equals(to) && !allowed(from, to)) {
          wrong.putIfAbsent(from + " -> " + to, dependency.getDescription());
        }
      }
    }
    assertThat(wrong).as("arrows that go upwards, or between features without a reason").isEmpty();
  }

  private static boolean allowed(String from, String to) {
    if (rank(to) < 0 || rank(from) < 0) {
      return true; // not a package of ours with a rank: the JDK, libraries, generated code
    }
    String edge = from + " -> " + to;
    if (rank(from) == rank(to)) {
      return LEAVES.contains(from)
          || USE_CASES.contains(from)
          || !FEATURES.contains(from)
          || FEATURE_EDGES.containsKey(edge);
    }
    return rank(from) > rank(to) || LEAF_EDGES.containsKey(edge);
  }

  /// 0 leaves, 1 features, 2 the engine, 3 use cases, 4 rehearsal, 5 the command line; -1 unknown.
  private static int rank(String name) {
    if (LEAVES.contains(name)) {
      return 0;
    }
    if (FEATURES.contains(name)) {
      return 1;
    }
    if (USE_CASES.contains(name)) {
      return 3;
    }
    return switch (name) {
      case "run" -> 2;
      case "cloud" -> 3; // what `clouds` offers, named by ports of the features
      case "clouds", "rehearsal" -> 4;
      case "cli" -> 5;
      default -> -1;
    };
  }

  /// The first word after `io.sskuba`, or an empty string.
  private static String packageOf(JavaClass type) {
    String name = type.getPackageName();
    if (!name.startsWith("io.sskuba.")) {
      return "";
    }
    String rest = name.substring("io.sskuba.".length());
    return rest.contains(".") ? rest.substring(0, rest.indexOf('.')) : rest;
  }

  @Test
  void everyPackageHasARank() {
    Set<String> without = new TreeSet<>();
    for (JavaClass type : product) {
      String name = packageOf(type);
      if (!name.isEmpty() && rank(name) < 0) {
        without.add(name);
      }
    }
    assertThat(without).as("packages that this test and architecture.md do not know").isEmpty();
  }

  @Test
  void packagesHaveNoCycles() {
    check(
        slices()
            .matching("io.sskuba.(*)..")
            .should()
            .beFreeOfCycles()
            // `wait` writes durations as `spec` does; `spec` uses nothing of `wait`.
            .ignoreDependency(resideInAnyPackage("io.sskuba.wait"), alwaysTrue()));
  }

  @Test
  void librariesStayBehindTheirPort() {
    only(
        "com.pulumi and pulumirpc",
        List.of("io.sskuba.infra.pulumi..", "io.sskuba.rehearsal.."),
        "com.pulumi..",
        "pulumirpc..");
    only(
        "gRPC",
        List.of("io.sskuba.talos.grpc..", "io.sskuba.infra.pulumi..", "io.sskuba.rehearsal.."),
        "io.grpc..");
    only(
        "the generated Talos classes",
        List.of("io.sskuba.talos.grpc..", "io.sskuba.rehearsal.."),
        "io.sskuba.talos.api..");
    only("the AWS SDK", List.of("io.sskuba.clouds.aws.."), "software.amazon..");
    only("the Azure SDK", List.of("io.sskuba.clouds.azure.."), "com.azure..");
    only("dnsjava", List.of("io.sskuba.clouds.dns.."), "org.xbill..");
    only("picocli", List.of("io.sskuba.cli.."), "picocli..");
    // Cluster files and machine configs are checked with the places of their keys.
    only(
        "SnakeYAML",
        List.of("io.sskuba.io..", "io.sskuba.spec..", "io.sskuba.machineconfig.."),
        "org.snakeyaml..");
  }

  private static void only(String what, List<String> users, String... library) {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackages(users.toArray(String[]::new))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(library)
            .as("only " + users + " use " + what));
  }

  @Test
  void coreKnowsNoFrontEnd() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackages("io.sskuba.cli..", "io.sskuba.rehearsal..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.sskuba.cli..", "io.sskuba.rehearsal.."));
  }

  /// Its jars lie apart and are loaded when first asked for: see io.sskuba.cloud.
  @Test
  void nobodyNamesAClassOfClouds() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage("io.sskuba.clouds..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.sskuba.clouds.."));
  }

  @Test
  void everyPackageIsNullMarked() {
    check(
        classes()
            .that(
                new DescribedPredicate<JavaClass>("are package-info") {
                  @Override
                  public boolean test(JavaClass type) {
                    return type.getSimpleName().equals("package-info");
                  }
                })
            .should()
            .beAnnotatedWith("org.jspecify.annotations.NullMarked"));
  }

  private static void check(ArchRule rule) {
    rule.allowEmptyShould(true).check(product);
  }
}
