package io.sskuba.infra.pulumi;

import com.google.protobuf.Value;
import io.grpc.StatusRuntimeException;
import io.sskuba.infra.InfraPlan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import pulumirpc.Provider;
import pulumirpc.Resource;
import pulumirpc.ResourceMonitorGrpc;

/// What a plan leaves open is asked of the provider while the program runs, each question once.
///
/// The answer counts when the resource is made. Later runs leave those inputs as the state has
/// them, so that a newer image in the cloud changes no machine that runs.
/// - Errors: [Failed], with the provider's words.
final class Lookups {
  private final ResourceMonitorGrpc.ResourceMonitorBlockingStub monitor;
  private final Map<String, String> versions;
  private final Map<InfraPlan.Lookup, Object> known = new ConcurrentHashMap<>();

  /// @param versions package to the version that the plan was checked against
  Lookups(ResourceMonitorGrpc.ResourceMonitorBlockingStub monitor, Map<String, String> versions) {
    this.monitor = monitor;
    this.versions = versions;
  }

  static final class Failed extends RuntimeException {
    Failed(InfraPlan.Lookup lookup, String cause) {
      super(
          lookup.property() + " of " + lookup.function() + " " + lookup.arguments() + ": " + cause);
    }
  }

  /// The inputs with answers in place of questions.
  Map<String, Object> answered(Map<String, Object> inputs) {
    Map<String, Object> out = new LinkedHashMap<>();
    inputs.forEach((name, value) -> out.put(name, answered(value)));
    return out;
  }

  private Object answered(Object value) {
    return switch (value) {
      case InfraPlan.Lookup lookup -> answer(lookup);
      case InfraPlan.Secret secret -> new InfraPlan.Secret(answered(secret.value()));
      case InfraPlan.Concat concat ->
          new InfraPlan.Concat(concat.parts().stream().map(this::answered).toList());
      case Map<?, ?> map -> {
        Map<String, Object> out = new LinkedHashMap<>();
        map.forEach((k, v) -> out.put(String.valueOf(k), answered(v)));
        yield out;
      }
      case List<?> list -> {
        List<Object> out = new ArrayList<>();
        list.forEach(item -> out.add(answered(item)));
        yield out;
      }
      default -> value;
    };
  }

  private Object answer(InfraPlan.Lookup lookup) {
    Object before = known.get(lookup);
    if (before != null) {
      return before;
    }
    String pkg = PlanRuntime.packageOf(lookup.function());
    Resource.ResourceInvokeResponse reply;
    try {
      reply =
          monitor.invoke(
              Resource.ResourceInvokeRequest.newBuilder()
                  .setTok(lookup.function())
                  .setArgs(Values.struct(answered(lookup.arguments())))
                  .setVersion(versions.getOrDefault(pkg, ""))
                  .setAcceptResources(true)
                  .build());
    } catch (StatusRuntimeException e) {
      throw new Failed(lookup, String.valueOf(e.getStatus().getDescription()));
    }
    if (reply.getFailuresCount() > 0) {
      Provider.CheckFailure first = reply.getFailures(0);
      throw new Failed(lookup, first.getProperty() + ": " + first.getReason());
    }
    Value value = Values.at(reply.getReturn(), lookup.property());
    @Nullable Object plain = value == null ? null : Values.plain(value);
    if (plain == null) {
      throw new Failed(lookup, "the answer has no such property");
    }
    known.put(lookup, plain);
    return plain;
  }

  /// Where questions stand, as property paths.
  static List<String> paths(Map<String, Object> inputs) {
    List<String> paths = new ArrayList<>();
    inputs.forEach((name, value) -> collect(name, value, paths));
    return paths;
  }

  private static void collect(String path, Object value, List<String> into) {
    switch (value) {
      case InfraPlan.Lookup _ -> into.add(path);
      case InfraPlan.Secret secret -> collect(path, secret.value(), into);
      case InfraPlan.Concat concat -> {
        if (InfraPlan.firstLookup(concat.parts()) != null) {
          into.add(path);
        }
      }
      case Map<?, ?> map -> map.forEach((k, v) -> collect(path + "[\"" + k + "\"]", v, into));
      case List<?> list -> {
        for (int i = 0; i < list.size(); i++) {
          collect(path + "[" + i + "]", list.get(i), into);
        }
      }
      default -> {}
    }
  }
}
