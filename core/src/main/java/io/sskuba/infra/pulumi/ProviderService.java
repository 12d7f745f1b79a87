package io.sskuba.infra.pulumi;

import io.grpc.BindableService;

/// A provider that lives in this JVM, attached to the engine by `PULUMI_DEBUG_PROVIDERS`.
///
/// @param pkg Pulumi package: the first part of its type tokens
/// @param service a `pulumirpc.ResourceProvider`
public record ProviderService(String pkg, BindableService service) {}
