package io.sskuba.infra.azure;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// The catalogue says what the published SDK of the pinned version says, no more and no less.
class AzureTypesPeerIT {
  @Test
  void theCatalogueIsThePublishedSdk() throws IOException, InterruptedException {
    Path wheel = AzureSdkCache.require(AzureTarget.VERSION);
    ObjectNode published = AzureSdk.catalogue(wheel, AzureTarget.VERSION);
    String ours = Files.readString(Path.of("src/main/resources/types/azure-native.json"));
    assertThat(ours).isEqualTo(AzureSdk.text(published));
    assertThat(AzureSdk.counts(published).get("types")).isEqualTo(15);
    System.getLogger("types")
        .log(
            System.Logger.Level.INFO,
            "azure-native {0}: {1}",
            AzureTarget.VERSION,
            AzureSdk.counts(published));
  }
}
