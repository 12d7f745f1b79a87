package io.sskuba.spec;

import java.nio.file.Files;
import java.nio.file.Path;

/// Rules between keys.
final class SpecRules {
  private final Section root;
  private final Issues issues;
  private final Path baseFolder;

  SpecRules(Section root, Issues issues, Path baseFolder) {
    this.root = root;
    this.issues = issues;
    this.baseFolder = baseFolder;
  }

  void check() {
    trust();
  }

  private void trust() {
    Section trust = root.sectionOrEmpty("trust");
    String bundle = trust.text("bundle");
    if (bundle != null && !Files.isRegularFile(baseFolder.resolve(bundle))) {
      issues.add(
          trust.valueAt("bundle"),
          "trust.bundle: " + Issues.quote(bundle) + " does not exist",
          "a PEM file");
    }
  }
}
