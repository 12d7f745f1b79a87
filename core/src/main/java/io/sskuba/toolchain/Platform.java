package io.sskuba.toolchain;

import java.util.Locale;

/// Operating system and processor in Go's words, for example `linux/amd64`.
record Platform(String os, String arch) {

  /// The machine that this runs on.
  static Platform current() {
    return of(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));
  }

  static Platform of(String osName, String osArch) {
    String os = osName.toLowerCase(Locale.ROOT);
    String arch = osArch.toLowerCase(Locale.ROOT);
    return new Platform(
        os.startsWith("mac") ? "darwin" : os.startsWith("windows") ? "windows" : os,
        switch (arch) {
          case "amd64", "x86_64" -> "amd64";
          case "aarch64", "arm64" -> "arm64";
          default -> arch;
        });
  }

  /// A form that is a file's name.
  String dashed() {
    return os + "-" + arch;
  }

  @Override
  public String toString() {
    return os + "/" + arch;
  }
}
