package io.sskuba.rehearsal.cloud;

import com.google.protobuf.Empty;
import io.grpc.stub.StreamObserver;
import pulumirpc.Plugin;
import pulumirpc.Provider;
import pulumirpc.ResourceProviderGrpc.ResourceProviderImplBase;

/// Two providers of the one package `sskuba`: `sskuba:local:…` is this machine's, everything else
/// belongs to a simulated platform.
final class SplitProvider extends ResourceProviderImplBase {
  private static final String LOCAL = "sskuba:local:";
  private final ResourceProviderImplBase local;
  private final ResourceProviderImplBase other;

  SplitProvider(ResourceProviderImplBase local, ResourceProviderImplBase other) {
    this.local = local;
    this.other = other;
  }

  private ResourceProviderImplBase of(String urn) {
    String[] parts = urn.split("::", -1);
    String type = parts.length < 4 ? "" : parts[2].substring(parts[2].lastIndexOf('$') + 1);
    return type.startsWith(LOCAL) ? local : other;
  }

  @Override
  public void handshake(
      Provider.ProviderHandshakeRequest request,
      StreamObserver<Provider.ProviderHandshakeResponse> reply) {
    local.handshake(request, reply);
  }

  @Override
  public void attach(Plugin.PluginAttach request, StreamObserver<Empty> reply) {
    local.attach(request, reply);
  }

  @Override
  public void getPluginInfo(Empty request, StreamObserver<Plugin.PluginInfo> reply) {
    local.getPluginInfo(request, reply);
  }

  @Override
  public void checkConfig(
      Provider.CheckRequest request, StreamObserver<Provider.CheckResponse> reply) {
    local.checkConfig(request, reply);
  }

  @Override
  public void diffConfig(
      Provider.DiffRequest request, StreamObserver<Provider.DiffResponse> reply) {
    local.diffConfig(request, reply);
  }

  @Override
  public void configure(
      Provider.ConfigureRequest request, StreamObserver<Provider.ConfigureResponse> reply) {
    local.configure(request, reply);
  }

  @Override
  public void check(Provider.CheckRequest request, StreamObserver<Provider.CheckResponse> reply) {
    of(request.getUrn()).check(request, reply);
  }

  @Override
  public void diff(Provider.DiffRequest request, StreamObserver<Provider.DiffResponse> reply) {
    of(request.getUrn()).diff(request, reply);
  }

  @Override
  public void create(
      Provider.CreateRequest request, StreamObserver<Provider.CreateResponse> reply) {
    of(request.getUrn()).create(request, reply);
  }

  @Override
  public void read(Provider.ReadRequest request, StreamObserver<Provider.ReadResponse> reply) {
    of(request.getUrn()).read(request, reply);
  }

  @Override
  public void update(
      Provider.UpdateRequest request, StreamObserver<Provider.UpdateResponse> reply) {
    of(request.getUrn()).update(request, reply);
  }

  @Override
  public void delete(Provider.DeleteRequest request, StreamObserver<Empty> reply) {
    of(request.getUrn()).delete(request, reply);
  }

  @Override
  public void invoke(
      Provider.InvokeRequest request, StreamObserver<Provider.InvokeResponse> reply) {
    other.invoke(request, reply);
  }

  @Override
  public void cancel(Empty request, StreamObserver<Empty> reply) {
    local.cancel(request, reply);
  }
}
