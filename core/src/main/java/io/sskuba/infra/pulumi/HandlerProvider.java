package io.sskuba.infra.pulumi;

import io.grpc.stub.StreamObserver;
import io.sskuba.infra.types.TypeCatalog;
import io.sskuba.infra.types.TypeCheck;
import java.util.List;
import java.util.Map;
import pulumirpc.Provider;

/// A Pulumi provider of a [ResourceHandler]: checks inputs against the package's published types
/// and answers previews and diffs by them.
/// - Errors: the handler's, with its code, summary and facts.
public final class HandlerProvider extends ProviderProtocol {
  private final ResourceHandler handler;
  private final TypeCatalog catalog;

  private HandlerProvider(ResourceHandler handler, TypeCatalog catalog) {
    super(catalog.version(), false);
    this.handler = handler;
    this.catalog = catalog;
  }

  /// The provider as the engine attaches it.
  public static ProviderService service(ResourceHandler handler) {
    return new ProviderService(
        handler.pkg(), new HandlerProvider(handler, TypeCatalog.of(handler.pkg())));
  }

  @Override
  protected List<Map.Entry<String, String>> failures(String type, Map<String, Object> inputs) {
    return TypeCheck.findings(type, inputs).stream()
        .map(finding -> Map.entry(finding.at(), finding.reason()))
        .toList();
  }

  @Override
  protected boolean replaces(String type, String property) {
    TypeCatalog.ResourceType known = catalog.types().get(type);
    return known != null && known.replace().contains(property);
  }

  @Override
  protected boolean deleteBeforeReplace(String type) {
    TypeCatalog.ResourceType known = catalog.types().get(type);
    return known != null && known.deleteBeforeReplace();
  }

  @Override
  protected ResourceHandler.Made made(String type, String name, Map<String, Object> inputs)
      throws InterruptedException {
    return handler.create(type, name, inputs);
  }

  @Override
  public void read(Provider.ReadRequest request, StreamObserver<Provider.ReadResponse> reply) {
    run(
        reply,
        () ->
            handler
                .read(
                    type(request.getType(), request.getUrn()),
                    request.getId(),
                    Values.plain(request.getInputs()))
                .map(
                    outputs ->
                        Provider.ReadResponse.newBuilder()
                            .setId(request.getId())
                            .setProperties(merged(request.getInputs(), outputs))
                            .setInputs(request.getInputs())
                            .build())
                .orElseGet(Provider.ReadResponse::getDefaultInstance));
  }

  @Override
  protected Map<String, Object> updated(
      String type, String name, String id, Map<String, Object> inputs) throws InterruptedException {
    return handler.update(type, id, inputs);
  }

  @Override
  protected void removed(String type, String name, String id, Map<String, Object> properties)
      throws InterruptedException {
    handler.delete(type, id, properties);
  }
}
