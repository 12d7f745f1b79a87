package io.sskuba.rehearsal.cloud;

import io.sskuba.infra.types.TypeCatalog;
import io.sskuba.infra.types.TypeCheck;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The rules of a package whose published types are in its catalogue.
public final class CatalogRules implements TypeRules {
  private final TypeCatalog catalog;

  private CatalogRules(TypeCatalog catalog) {
    this.catalog = catalog;
  }

  public static CatalogRules of(String pkg) {
    return new CatalogRules(TypeCatalog.of(pkg));
  }

  @Override
  public Set<String> types() {
    return catalog.types().keySet();
  }

  @Override
  public List<Map.Entry<String, String>> problems(String type, Map<String, Object> inputs) {
    return TypeCheck.findings(type, inputs).stream()
        .map(finding -> Map.entry(finding.at(), finding.reason()))
        .toList();
  }

  @Override
  public boolean replaces(String type, String input) {
    TypeCatalog.ResourceType known = catalog.types().get(type);
    return known != null && known.replace().contains(input);
  }

  @Override
  public boolean deleteBeforeReplace(String type) {
    TypeCatalog.ResourceType known = catalog.types().get(type);
    return known != null && known.deleteBeforeReplace();
  }
}
