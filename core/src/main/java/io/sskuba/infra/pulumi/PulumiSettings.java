package io.sskuba.infra.pulumi;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// What one isolated stack needs to know about its surroundings.
///
/// @param binary the `pulumi` executable
/// @param stateUrl state backend, `file://…`, `s3://…`, `azblob://…`
/// @param organisation used on a backend that knows organisations; a self-managed one has only
///   `organization`
/// @param project Pulumi project
/// @param stack `NAME`, or `rehearsal.NAME`
/// @param passphraseFile 0600 file in memory-backed storage
/// @param workFolder this stack's own folder: project and stack settings, the engine's lease
/// @param homeFolder `HOME` and `PULUMI_HOME` of the engine; empty at first, may be shared
/// @param parallelism resource operations at once
/// @param providerVersions package to version, for the default providers' `version`
/// @param config plain stack configuration such as `aws:region`; never a secret
/// @param environment further environment variables of the engine; the rest is built from nothing
/// @param refreshFirst read every resource again at the start of each preview and up, in the same
///   engine run
/// @param acquirePlugins whether the engine may download plugins
/// @param stopGrace how long a stopped engine may take to finish running operations
/// @param redactor takes secrets out of messages before anyone sees them
/// @param settling how long reads and lists of the cloud may not show what was made a moment ago:
///   so long after a change nothing is looked at
public record PulumiSettings(
    Path binary,
    URI stateUrl,
    String organisation,
    String project,
    String stack,
    Path passphraseFile,
    Path workFolder,
    Path homeFolder,
    int parallelism,
    Map<String, String> providerVersions,
    Map<String, String> config,
    Map<String, String> environment,
    boolean refreshFirst,
    boolean acquirePlugins,
    Duration stopGrace,
    UnaryOperator<String> redactor,
    Duration settling) {

  /// An estimate: real clouds promise nothing; most changes show within a few seconds.
  private static final Duration SETTLING = Duration.ofSeconds(15);

  private static final Set<String> SELF_MANAGED = Set.of("file", "s3", "azblob", "gs", "postgres");

  public PulumiSettings {
    providerVersions = Map.copyOf(providerVersions);
    config = Map.copyOf(config);
    environment = Map.copyOf(environment);
  }

  /// Settings for simulated providers: state is refreshed first, no plugin is acquired, 32
  /// operations at once, 10 s grace.
  public static PulumiSettings simulated(
      Path binary,
      URI stateUrl,
      String organisation,
      String project,
      String stack,
      Path passphraseFile,
      Path workFolder,
      Path homeFolder) {
    return new PulumiSettings(
        binary,
        stateUrl,
        organisation,
        project,
        stack,
        passphraseFile,
        workFolder,
        homeFolder,
        32,
        Map.of(),
        Map.of(),
        Map.of(),
        true,
        false,
        Duration.ofSeconds(10),
        UnaryOperator.identity(),
        Duration.ZERO);
  }

  /// The same with further variables in the engine's environment.
  public PulumiSettings with(Map<String, String> variables) {
    return new PulumiSettings(
        binary,
        stateUrl,
        organisation,
        project,
        stack,
        passphraseFile,
        workFolder,
        homeFolder,
        parallelism,
        providerVersions,
        config,
        variables,
        refreshFirst,
        acquirePlugins,
        stopGrace,
        redactor,
        settling);
  }

  /// For providers of real clouds, which the engine downloads where they are missing: state is
  /// refreshed first here too (a call a resource), so that what changed behind our back shows, and
  /// a stopped engine may take 5 min to finish what it asked of the cloud.
  ///
  /// @param plugins the engine's home; outlives clusters
  /// @param plain stack configuration without secrets
  /// @param credentials the user's own, as environment variables; never logged
  /// @param mask hides secrets in whatever providers say
  public PulumiSettings real(
      Path plugins,
      Map<String, String> versions,
      Map<String, String> plain,
      Map<String, String> credentials,
      UnaryOperator<String> mask) {
    return new PulumiSettings(
        binary,
        stateUrl,
        organisation,
        project,
        stack,
        passphraseFile,
        workFolder,
        plugins,
        parallelism,
        versions,
        plain,
        credentials,
        true,
        true,
        Duration.ofMinutes(5),
        mask,
        SETTLING);
  }

  /// The same for a cloud whose reads and lists lag behind.
  public PulumiSettings withSettling(Duration lag) {
    return new PulumiSettings(
        binary,
        stateUrl,
        organisation,
        project,
        stack,
        passphraseFile,
        workFolder,
        homeFolder,
        parallelism,
        providerVersions,
        config,
        environment,
        refreshFirst,
        acquirePlugins,
        stopGrace,
        redactor,
        lag);
  }

  public PulumiSettings withParallelism(int operations) {
    return new PulumiSettings(
        binary,
        stateUrl,
        organisation,
        project,
        stack,
        passphraseFile,
        workFolder,
        homeFolder,
        operations,
        providerVersions,
        config,
        environment,
        refreshFirst,
        acquirePlugins,
        stopGrace,
        redactor,
        settling);
  }

  /// `ORGANISATION/PROJECT/STACK` as the backend knows it.
  String qualifiedStack() {
    boolean selfManaged = SELF_MANAGED.contains(String.valueOf(stateUrl.getScheme()));
    return (selfManaged ? "organization" : organisation) + "/" + project + "/" + stack;
  }

  /// The checkpoint folder's root when the state is a folder of this machine, else null.
  @Nullable Path stateFolder() {
    return "file".equals(stateUrl.getScheme()) ? Path.of(stateUrl.getPath()) : null;
  }
}
