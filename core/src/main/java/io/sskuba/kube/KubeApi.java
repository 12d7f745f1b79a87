package io.sskuba.kube;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// A Kubernetes API server as paths and JSON: `/api/v1/nodes`,
/// `/apis/apps/v1/namespaces/x/deployments/y`.
///
/// Every call has a deadline. Errors: [KubeStatusException] with the HTTP code, reason and message
/// of the Status object; `java.io.UncheckedIOException` when there was no answer. Replies are
/// limited to 64 MiB.
public interface KubeApi extends AutoCloseable {
  /// GET; empty on 404.
  Optional<JsonNode> get(String path, Duration limit);

  /// GET of a collection with paging; `query` like `labelSelector=a%3Db` or null.
  List<JsonNode> list(String path, @Nullable String query, Duration limit);

  JsonNode create(String collectionPath, JsonNode object, Duration limit);

  /// PUT of a whole object.
  JsonNode replace(String path, JsonNode object, Duration limit);

  /// Server-side apply with a field manager, forced.
  JsonNode apply(String path, JsonNode object, String fieldManager, Duration limit);

  /// `application/merge-patch+json`, or `application/strategic-merge-patch+json`.
  JsonNode patch(String path, String contentType, JsonNode patch, Duration limit);

  /// DELETE; false on 404.
  boolean delete(String path, @Nullable JsonNode options, Duration limit);

  /// Raw GET of a text endpoint such as `/readyz`. Returns status code and body.
  Raw raw(String path, Duration limit);

  record Raw(int code, String body) {}

  /// Lists, then watches, and calls the handler until `stop` says so; reconnects by itself, relists
  /// on 410.
  ///
  /// Blocks: run it on a virtual thread. `handler` sees every object once at first (`ADDED`), then
  /// changes; after each completed (re)list it sees `SYNCED` with a null object.
  void watch(String path, @Nullable String query, WatchHandler handler, BooleanSupplier stop)
      throws InterruptedException;

  interface WatchHandler {
    void on(String type, @Nullable JsonNode object);
  }

  @Override
  void close();
}
