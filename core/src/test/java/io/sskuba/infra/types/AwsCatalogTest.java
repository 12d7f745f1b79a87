package io.sskuba.infra.types;

import static org.assertj.core.api.Assertions.assertThat;

import io.sskuba.io.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class AwsCatalogTest {
  @Test
  void theCatalogueIsWhatTheSdkSays() throws IOException {
    try (InputStream in = getClass().getResourceAsStream("/types/aws.json")) {
      String file = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      // Else: run AwsTypes, and look at what changed.
      assertThat(file).isEqualTo(Json.pretty(AwsTypes.read()));
    }
    assertThat(TypeCatalog.parse(AwsTypes.read()).types()).hasSameSizeAs(AwsTypes.types());
  }
}
