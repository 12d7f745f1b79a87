package io.sskuba.rehearsal.machine;

import io.grpc.Status;
import io.grpc.StatusException;
import io.sskuba.talos.api.cosi.Event;
import io.sskuba.talos.api.cosi.EventType;
import io.sskuba.talos.api.cosi.GetRequest;
import io.sskuba.talos.api.cosi.GetResponse;
import io.sskuba.talos.api.cosi.ListRequest;
import io.sskuba.talos.api.cosi.ListResponse;
import io.sskuba.talos.api.cosi.Resource;
import io.sskuba.talos.api.cosi.WatchRequest;
import io.sskuba.talos.api.cosi.WatchResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// `cosi.resource.State`: reading and watching a machine's resources.
/// - Source: COSI runtime v1.14.1's server, access rules of Talos v1.13.9.
final class StateApi {
  /// How often a watch looks by itself: what NodeServices does is not announced.
  private static final Duration LOOK = Duration.ofMillis(500);

  private StateApi() {}

  static void get(
      SimMachine machine, Caller caller, GetRequest request, Procedure.Replies<GetResponse> replies)
      throws StatusException, InterruptedException {
    ResourceType type = accessible(caller, request.getType(), request.getNamespace());
    Resource found =
        machine
            .resources()
            .find(type, request.getNamespace(), request.getId())
            .orElseThrow(
                () ->
                    Statuses.of(
                        Status.Code.NOT_FOUND,
                        "resource "
                            + type.name()
                            + "("
                            + request.getNamespace()
                            + "/"
                            + request.getId()
                            + "@undefined) doesn't exist"));
    replies.send(GetResponse.newBuilder().setResource(found).build());
  }

  static void list(
      SimMachine machine,
      Caller caller,
      ListRequest request,
      Procedure.Replies<ListResponse> replies)
      throws StatusException, InterruptedException {
    ResourceType type = accessible(caller, request.getType(), request.getNamespace());
    Pattern ids = pattern(request.getOptions().getIdQuery().getRegexp());
    for (Resource resource : machine.resources().list(type, request.getNamespace())) {
      if (ids.matcher(resource.getMetadata().getId()).find()
          && request.getOptions().getLabelQueryCount() == 0) {
        replies.send(ListResponse.newBuilder().setResource(resource).build());
      }
    }
  }

  static void watch(
      SimMachine machine,
      Caller caller,
      WatchRequest request,
      Procedure.Replies<WatchResponse> replies)
      throws StatusException, InterruptedException {
    ResourceType type = accessible(caller, request.getType(), request.getNamespace());
    Map<String, Resource> known = current(machine, type, request);
    List<Event> first = new ArrayList<>();
    if (request.hasId()) {
      Resource resource = known.get(request.getId());
      first.add(
          resource == null
              ? event(EventType.DESTROYED, absent(type, request))
              : event(EventType.CREATED, resource));
    } else if (request.getOptions().getBootstrapContents()) {
      known.values().forEach(resource -> first.add(event(EventType.CREATED, resource)));
      first.add(Event.newBuilder().setEventType(EventType.BOOTSTRAPPED).build());
    }
    send(first, request, replies);
    long seen = -1;
    while (machine.sequencer().listening()) {
      seen = machine.awaitChange(seen, LOOK);
      Map<String, Resource> now = current(machine, type, request);
      send(differences(known, now), request, replies);
      known = now;
    }
  }

  private static List<Event> differences(Map<String, Resource> before, Map<String, Resource> now) {
    List<Event> events = new ArrayList<>();
    before.forEach(
        (id, resource) -> {
          if (!now.containsKey(id)) {
            events.add(event(EventType.DESTROYED, resource));
          }
        });
    now.forEach(
        (id, resource) -> {
          Resource old = before.get(id);
          if (old == null) {
            events.add(event(EventType.CREATED, resource));
          } else if (!old.getMetadata().getVersion().equals(resource.getMetadata().getVersion())) {
            events.add(event(EventType.UPDATED, resource).toBuilder().setOld(old).build());
          }
        });
    return events;
  }

  private static void send(
      List<Event> events, WatchRequest request, Procedure.Replies<WatchResponse> replies)
      throws InterruptedException {
    if (events.isEmpty()) {
      return;
    }
    if (request.getOptions().getAggregated()) {
      replies.send(WatchResponse.newBuilder().addAllEvent(events).build());
      return;
    }
    for (Event event : events) {
      replies.send(WatchResponse.newBuilder().addEvent(event).build());
    }
  }

  private static Map<String, Resource> current(
      SimMachine machine, ResourceType type, WatchRequest request) {
    Map<String, Resource> all = new LinkedHashMap<>();
    for (Resource resource : machine.resources().list(type, request.getNamespace())) {
      String id = resource.getMetadata().getId();
      if (!request.hasId() || request.getId().equals(id)) {
        all.put(id, resource);
      }
    }
    return all;
  }

  /// What COSI sends first for a resource that is not there: only its name.
  private static Resource absent(ResourceType type, WatchRequest request) {
    return Resource.newBuilder()
        .setMetadata(
            io.sskuba.talos.api.cosi.Metadata.newBuilder()
                .setNamespace(request.getNamespace())
                .setType(type.name())
                .setId(request.getId())
                .setVersion("undefined")
                .setPhase("running"))
        .setSpec(io.sskuba.talos.api.cosi.Spec.newBuilder().setYamlSpec("{}\n"))
        .build();
  }

  private static Event event(EventType type, Resource resource) {
    return Event.newBuilder().setEventType(type).setResource(resource).build();
  }

  private static ResourceType accessible(Caller caller, String name, String namespace)
      throws StatusException {
    ResourceType type =
        ResourceType.of(name)
            .orElseThrow(
                () ->
                    Statuses.of(
                        Status.Code.PERMISSION_DENIED,
                        "resource type \"" + name + "\" is not supported"));
    if (type.sensitive() && !caller.admin()) {
      throw Statuses.notAuthorized();
    }
    if (!ResourceType.NAMESPACES.contains(namespace)) {
      throw Statuses.of(
          Status.Code.PERMISSION_DENIED, "namespace \"" + namespace + "\" is not supported");
    }
    return type;
  }

  private static Pattern pattern(String regexp) throws StatusException {
    try {
      return Pattern.compile(regexp);
    } catch (PatternSyntaxException e) {
      throw Statuses.of(Status.Code.INVALID_ARGUMENT, "invalid id query");
    }
  }
}
