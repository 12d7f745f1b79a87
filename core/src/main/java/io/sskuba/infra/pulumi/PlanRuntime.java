package io.sskuba.infra.pulumi;

import com.google.protobuf.Empty;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.sskuba.infra.InfraPlan;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import pulumirpc.Language;
import pulumirpc.LanguageRuntimeGrpc;
import pulumirpc.Plugin;
import pulumirpc.Resource;
import pulumirpc.ResourceMonitorGrpc;

/// The program of a stack is data: this language runtime feeds an [InfraPlan] to the engine.
///
/// Every resource waits, on a virtual thread of its own, for those it refers to, and is registered
/// as soon as they are there; the engine's `--parallel` bounds what runs at once. The Java SDK's
/// own runner is not used: it spins on the common pool and hangs on a machine with two cores.
/// - Limits: messages of 64 MiB; ends when the engine's monitor goes away.
/// - Errors: the engine reports a resource's failure itself; ours (a reference to nothing) are
///   returned as the program's error.
final class PlanRuntime extends LanguageRuntimeGrpc.LanguageRuntimeImplBase {
  private static final int MESSAGE_MAX = 64 << 20;
  private final InfraPlan plan;
  private final Map<String, String> versions;
  private volatile Struct outputs = Struct.getDefaultInstance();

  PlanRuntime(InfraPlan plan, Map<String, String> versions) {
    this.plan = plan;
    this.versions = versions;
    check(plan);
  }

  /// The stack outputs of the last run, as registered.
  Struct outputs() {
    return outputs;
  }

  private static void check(InfraPlan plan) {
    Set<String> earlier = new LinkedHashSet<>();
    for (InfraPlan.Resource resource : plan.resources()) {
      for (String needed : InfraPlan.needs(resource)) {
        if (!earlier.contains(needed)) {
          throw new IllegalArgumentException(
              resource.name() + " refers to " + needed + ", which is not an earlier resource");
        }
      }
      if (!earlier.add(resource.name())) {
        throw new IllegalArgumentException("two resources named " + resource.name());
      }
    }
    for (String needed : InfraPlan.references(plan.outputs())) {
      if (!earlier.contains(needed)) {
        throw new IllegalArgumentException(
            "an output refers to " + needed + ", which is not there");
      }
    }
  }

  @Override
  public void getPluginInfo(Empty request, StreamObserver<Plugin.PluginInfo> reply) {
    reply.onNext(Plugin.PluginInfo.newBuilder().setVersion("1.0.0").build());
    reply.onCompleted();
  }

  @Override
  public void getRequiredPackages(
      Language.GetRequiredPackagesRequest request,
      StreamObserver<Language.GetRequiredPackagesResponse> reply) {
    reply.onNext(Language.GetRequiredPackagesResponse.getDefaultInstance());
    reply.onCompleted();
  }

  @Override
  public void run(Language.RunRequest request, StreamObserver<Language.RunResponse> reply) {
    Language.RunResponse.Builder response = Language.RunResponse.newBuilder();
    ManagedChannel channel =
        NettyChannelBuilder.forTarget(request.getMonitorAddress())
            .usePlaintext()
            .maxInboundMessageSize(MESSAGE_MAX)
            .build();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var run = new Run(ResourceMonitorGrpc.newBlockingStub(channel), request.getDryRun());
      run.all(request.getProject() + "-" + request.getStack(), threads);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof StatusRuntimeException) {
        response.setBail(true);
      } else {
        response.setError(String.valueOf(e.getCause()));
      }
    } catch (StatusRuntimeException e) {
      response.setBail(true);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      response.setBail(true);
    } catch (RuntimeException e) {
      response.setError(String.valueOf(e.getMessage()));
    } finally {
      channel.shutdownNow();
    }
    reply.onNext(response.build());
    reply.onCompleted();
  }

  private record Registered(String urn, String id, Struct outputs) {}

  /// One run of the program against one monitor.
  private final class Run {
    private final ResourceMonitorGrpc.ResourceMonitorBlockingStub monitor;
    private final boolean dryRun;
    private final Map<String, CompletableFuture<Registered>> done = new ConcurrentHashMap<>();
    private final Lookups lookups;

    Run(ResourceMonitorGrpc.ResourceMonitorBlockingStub monitor, boolean dryRun) {
      this.monitor = monitor;
      this.dryRun = dryRun;
      this.lookups = new Lookups(monitor, versions);
    }

    void all(String stackName, ExecutorService threads)
        throws InterruptedException, ExecutionException {
      String stackUrn =
          monitor
              .registerResource(
                  Resource.RegisterResourceRequest.newBuilder()
                      .setType("pulumi:pulumi:Stack")
                      .setName(stackName)
                      .setAcceptSecrets(true)
                      .build())
              .getUrn();
      List<InfraPlan.Resource> resources = plan.resources();
      resources.forEach(r -> done.put(r.name(), new CompletableFuture<>()));
      for (InfraPlan.Resource resource : resources) {
        threads.execute(() -> register(resource, stackUrn));
      }
      Throwable first = null;
      for (InfraPlan.Resource resource : resources) {
        try {
          future(resource.name()).get();
        } catch (ExecutionException e) {
          // One that only waited for a failed one tells nothing.
          if (first == null || first instanceof DependencyFailed) {
            first = e.getCause() == null ? e : e.getCause();
          }
        }
      }
      if (first != null) {
        throw new ExecutionException(first);
      }
      Value value = Values.of(plan.outputs(), this::resolve);
      outputs = value.getStructValue();
      monitor.registerResourceOutputs(
          Resource.RegisterResourceOutputsRequest.newBuilder()
              .setUrn(stackUrn)
              .setOutputs(outputs)
              .build());
    }

    private CompletableFuture<Registered> future(String name) {
      CompletableFuture<Registered> future = done.get(name);
      if (future == null) {
        throw new IllegalStateException("no resource named " + name);
      }
      return future;
    }

    private void register(InfraPlan.Resource resource, String parent) {
      CompletableFuture<Registered> mine = future(resource.name());
      try {
        for (String needed : InfraPlan.needs(resource)) {
          CompletableFuture<Registered> other = future(needed);
          try {
            other.get();
          } catch (ExecutionException e) {
            throw new DependencyFailed(needed);
          }
        }
        Resource.RegisterResourceResponse answer =
            monitor.registerResource(request(resource, parent));
        mine.complete(new Registered(answer.getUrn(), answer.getId(), answer.getObject()));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        mine.completeExceptionally(e);
      } catch (RuntimeException e) {
        mine.completeExceptionally(e);
      }
    }

    private Resource.RegisterResourceRequest request(InfraPlan.Resource resource, String parent) {
      String pkg = packageOf(resource.type());
      Set<String> urns = new LinkedHashSet<>();
      InfraPlan.needs(resource).forEach(name -> urns.add(future(name).join().urn()));
      var request =
          Resource.RegisterResourceRequest.newBuilder()
              .setType(resource.type())
              .setName(resource.name())
              .setParent(parent)
              .setCustom(true)
              .setObject(
                  Values.of(lookups.answered(resource.inputs()), this::resolve).getStructValue())
              .addAllIgnoreChanges(Lookups.paths(resource.inputs()))
              .addAllDependencies(urns)
              .setVersion(versions.getOrDefault(pkg, ""))
              .setAcceptSecrets(true)
              .setSupportsPartialValues(true);
      for (Map.Entry<String, Object> input : resource.inputs().entrySet()) {
        var needed = Resource.RegisterResourceRequest.PropertyDependencies.newBuilder();
        InfraPlan.references(input.getValue())
            .forEach(name -> needed.addUrns(future(name).join().urn()));
        if (needed.getUrnsCount() > 0) {
          request.putPropertyDependencies(input.getKey(), needed.build());
        }
      }
      return request.build();
    }

    private Value resolve(InfraPlan.Ref ref) {
      Registered other = future(ref.resource()).join();
      if (ref.property().equals("id")) {
        return other.id().isEmpty() && dryRun
            ? Values.unknown()
            : Value.newBuilder().setStringValue(other.id()).build();
      }
      Value value = Values.at(other.outputs(), ref.property());
      if (value != null) {
        return value;
      }
      if (dryRun) {
        return Values.unknown();
      }
      throw new IllegalStateException(
          ref.resource() + " has no output " + ref.property() + "; it has " + names(other));
    }

    private List<String> names(Registered other) {
      return other.outputs().getFieldsMap().keySet().stream().sorted().limit(40).toList();
    }
  }

  /// `aws` of `aws:ec2/vpc:Vpc`, also of `pulumi:providers:aws`.
  static String packageOf(String type) {
    String[] parts = type.split(":", -1);
    return type.startsWith("pulumi:providers:") && parts.length == 3 ? parts[2] : parts[0];
  }

  private static final class DependencyFailed extends RuntimeException {
    DependencyFailed(String name) {
      super(name + " failed");
    }
  }
}
