package io.sskuba.io;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;

/// YAML 1.2 (core schema) as plain maps, lists and scalars, by SnakeYAML Engine.
public final class Yaml {
  private static final LoadSettings LOAD =
      LoadSettings.builder().setAllowDuplicateKeys(false).setMaxAliasesForCollections(100).build();

  private Yaml() {}

  /// All documents of `text`; maps keep their order.
  public static List<Object> loadAll(String text) {
    List<Object> documents = new ArrayList<>();
    for (Object document : new Load(LOAD).loadAllFromString(text)) {
      if (document != null) {
        documents.add(document);
      }
    }
    return documents;
  }

  /// One document, or null when the text is empty.
  public static @Nullable Object load(String text) {
    return new Load(LOAD).loadFromString(text);
  }

  /// Block style, two spaces, keys in the order given: the same value is always the same bytes.
  public static String dump(Object document) {
    DumpSettings settings =
        DumpSettings.builder()
            .setDefaultFlowStyle(FlowStyle.BLOCK)
            .setIndent(2)
            .setWidth(1_000_000)
            .setSplitLines(false)
            .setDereferenceAliases(true)
            .build();
    return new Dump(settings).dumpToString(document);
  }

  /// Several documents separated by `---` lines.
  public static String dumpAll(List<?> documents) {
    StringBuilder text = new StringBuilder();
    for (Object document : documents) {
      if (!text.isEmpty()) {
        text.append("---\n");
      }
      text.append(dump(document));
    }
    return text.toString();
  }
}
