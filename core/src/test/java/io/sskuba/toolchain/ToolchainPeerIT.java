package io.sskuba.toolchain;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.io.Environment;
import io.sskuba.io.Places;
import io.sskuba.io.TimeSource;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// One real build by the Go module proxy (or from Go's own caches), into an empty cache of ours.
class ToolchainPeerIT {
  @TempDir Path folder;

  @Test
  void buildsARealEtcd() throws Exception {
    Environment own = Environment.system();
    GoBuilder.Go go = new GoBuilder(own).find("go 1.26.0");
    Assumptions.assumeTrue(go instanceof GoBuilder.Go.Found, "SKIPPED: no Go here: " + go);
    Map<String, String> variables = new HashMap<>(own.variables());
    variables.put("SSKUBA_CACHE_DIR", folder.toString());
    // An etcd of the same version on PATH would be taken instead.
    variables.put("PATH", ((GoBuilder.Go.Found) go).program().getParent() + ":/usr/bin:/bin");
    Environment environment = new Environment(variables, folder);
    ToolchainService service =
        ToolchainService.of(Places.of(environment, null), environment, TimeSource.system());
    Path etcd = service.ensure(List.of("etcd"), line -> {}).get("etcd");
    assertThat(etcd).startsWith(folder).isExecutable();
    ChildProcess.Result said =
        ChildProcess.run(
            List.of(etcd.toString(), "--version"),
            Map.of(),
            null,
            java.time.Duration.ofSeconds(5),
            second -> {});
    assertThat(said.lines()).contains("etcd Version: 3.7.3");
    assertThat(service.where("etcd")).contains(etcd);
  }
}
