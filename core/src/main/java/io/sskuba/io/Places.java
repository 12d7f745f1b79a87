package io.sskuba.io;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Where things lie (contract, section 5).
///
/// @param stateUrl the state URL, `file://…` unless the user says otherwise
/// @param localState the folder of this machine that holds local clusters and rehearsals
/// @param cache the toolchain and build cache
/// @param config the user's identity and settings
/// @param runtime memory-backed folder for sockets and key material
/// @param runtimeInMemory false when `runtime` lies on a disk: it works, and doctor and status warn
public record Places(
    URI stateUrl, Path localState, Path cache, Path config, Path runtime, boolean runtimeInMemory) {

  /// Resolves all places from the environment; `stateUrlFlag` is `--state-url` or null.
  public static Places of(Environment env, @Nullable String stateUrlFlag) {
    Path defaultState = xdg(env, "XDG_STATE_HOME", ".local/state").resolve("sskuba");
    String url = stateUrlFlag != null ? stateUrlFlag : env.get("SSKUBA_STATE_URL");
    URI state = url == null || url.isEmpty() ? defaultState.toUri() : URI.create(url);
    Path local = "file".equals(state.getScheme()) ? Path.of(state.getPath()) : defaultState;
    Path cache =
        moved(env, "SSKUBA_CACHE_DIR", xdg(env, "XDG_CACHE_HOME", ".cache").resolve("sskuba"));
    Path config =
        moved(env, "SSKUBA_CONFIG_DIR", xdg(env, "XDG_CONFIG_HOME", ".config").resolve("sskuba"));
    Path runtime = moved(env, "SSKUBA_RUNTIME_DIR", defaultRuntime(env, config));
    return new Places(state, local, cache, config, runtime, memoryBacked(runtime));
  }

  private static Path defaultRuntime(Environment env, Path config) {
    String xdg = env.get("XDG_RUNTIME_DIR");
    if (xdg != null && !xdg.isEmpty() && Files.isDirectory(Path.of(xdg))) {
      return Path.of(xdg).resolve("sskuba");
    }
    Path shm = Path.of("/dev/shm");
    String user = System.getProperty("user.name", "user");
    return Files.isWritable(shm) ? shm.resolve("sskuba-" + user) : config.resolve("runtime");
  }

  private static boolean memoryBacked(Path folder) {
    Path existing = folder;
    while (existing != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    if (existing == null) {
      return false;
    }
    try {
      String type = Files.getFileStore(existing).type();
      return type.equals("tmpfs") || type.equals("ramfs");
    } catch (java.io.IOException e) {
      return false;
    }
  }

  private static Path moved(Environment env, String variable, Path fallback) {
    String value = env.get(variable);
    return value == null || value.isEmpty() ? fallback : env.workingFolder().resolve(value);
  }

  private static Path xdg(Environment env, String variable, String fallback) {
    String value = env.get(variable);
    return value == null || value.isEmpty() ? env.home().resolve(fallback) : Path.of(value);
  }
}
