package io.sskuba.rehearsal.machine;

import com.google.protobuf.Message;
import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import java.io.IOException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x500.style.IETFUtils;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;

/// Talos's request routing: which machines a call is for, told by its metadata.
/// - no metadata: this machine; `node`: one machine, its reply as it is; `nodes`: each machine
///   named, with its name, and its error if it has one, in the reply's metadata.
/// - In maintenance mode everything is for this machine. A worker forwards nothing.
/// - Limits: [#TARGETS_MAX] machines a call.
/// - Source: Talos v1.13.9, apid's director and backend.
final class ApiRouter {
  private static final Metadata.Key<String> NODES =
      Metadata.Key.of("nodes", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> NODE =
      Metadata.Key.of("node", Metadata.ASCII_STRING_MARSHALLER);

  /// More machines than one cluster may have.
  private static final int TARGETS_MAX = 4096;

  private final SimMachine machine;

  ApiRouter(SimMachine machine) {
    this.machine = machine;
  }

  /// The roles of a connection: its client certificate's organisations; a reader without one.
  static Caller caller(Attributes attributes) {
    SSLSession session = attributes.get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    if (session == null) {
      return new Caller(Set.of(), true);
    }
    try {
      Certificate[] chain = session.getPeerCertificates();
      Set<Role> roles = EnumSet.noneOf(Role.class);
      RDN[] organisations =
          new JcaX509CertificateHolder((X509Certificate) chain[0]).getSubject().getRDNs(BCStyle.O);
      for (RDN organisation : organisations) {
        Role.of(IETFUtils.valueToString(organisation.getFirst().getValue())).ifPresent(roles::add);
      }
      return new Caller(roles, false);
    } catch (SSLPeerUnverifiedException e) {
      return new Caller(EnumSet.of(Role.READER), true);
    } catch (java.security.cert.CertificateEncodingException e) {
      return new Caller(Set.of(), false);
    }
  }

  void failed(String procedure, RuntimeException e) {
    machine.log(procedure + ": internal error " + e);
  }

  <Q extends Message, A extends Message> void route(
      Procedure<Q, A> procedure,
      Caller caller,
      Metadata headers,
      Q request,
      Procedure.Replies<A> replies)
      throws StatusException, IOException, InterruptedException {
    if (caller.anonymous() && machine.configured()) {
      // The connection is older than the config that closed maintenance mode.
      throw Statuses.of(Status.Code.UNAVAILABLE, "the API is restarting");
    }
    List<String> nodes = all(headers, NODES);
    List<String> node = all(headers, NODE);
    if (caller.anonymous() || (nodes.isEmpty() && node.isEmpty())) {
      local(procedure, machine, caller, request, replies);
      return;
    }
    if (node.size() > 1) {
      throw Statuses.of(Status.Code.INVALID_ARGUMENT, "node metadata must be single-valued");
    }
    if (!machine.forwards()) {
      List<String> named = nodes.isEmpty() ? node : nodes;
      if (named.size() != 1 || !machine.isCalled(named.getFirst())) {
        throw Statuses.of(Status.Code.PERMISSION_DENIED, "no request forwarding");
      }
      local(procedure, machine, caller, request, replies);
    } else if (nodes.isEmpty()) {
      local(procedure, target(node.getFirst()), caller, request, replies);
    } else {
      oneToMany(procedure, caller, nodes, request, replies);
    }
  }

  private <Q extends Message, A extends Message> void local(
      Procedure<Q, A> procedure,
      SimMachine target,
      Caller caller,
      Q request,
      Procedure.Replies<A> replies)
      throws StatusException, IOException, InterruptedException {
    if (!procedure.allows(caller)) {
      throw Statuses.notAuthorized();
    }
    procedure.handler().call(target, caller, request, replies);
  }

  private SimMachine target(String name) throws StatusException {
    return machine.peer(name);
  }

  private <Q extends Message, A extends Message> void oneToMany(
      Procedure<Q, A> procedure,
      Caller caller,
      List<String> nodes,
      Q request,
      Procedure.Replies<A> replies)
      throws StatusException, InterruptedException {
    if (!procedure.oneToMany()) {
      throw Statuses.of(
          Status.Code.INVALID_ARGUMENT,
          "one-2-many proxying is not supported for method /"
              + procedure.method().getFullMethodName());
    }
    if (nodes.size() > TARGETS_MAX) {
      throw Statuses.of(Status.Code.INVALID_ARGUMENT, "too many nodes");
    }
    boolean streaming = procedure.streaming();
    Object order = new Object();
    List<Future<List<A>>> running = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (String node : nodes) {
      FutureTask<List<A>> task =
          new FutureTask<>(() -> one(procedure, caller, node, request, replies, order));
      running.add(task);
      threads.add(Thread.ofVirtual().start(task));
    }
    List<A> collected = new ArrayList<>();
    try {
      for (Future<List<A>> task : running) {
        collected.addAll(task.get());
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } finally {
      threads.forEach(Thread::interrupt);
    }
    if (!streaming) {
      replies.send(Envelope.merge(procedure.reply(), collected));
    }
  }

  /// Serves one of several targets: a stream's messages are passed on as they come, a unary reply
  /// is returned; a failure becomes a reply of its own.
  private <Q extends Message, A extends Message> List<A> one(
      Procedure<Q, A> procedure,
      Caller caller,
      String node,
      Q request,
      Procedure.Replies<A> replies,
      Object order)
      throws InterruptedException {
    boolean streaming = procedure.streaming();
    List<A> collected = new ArrayList<>();
    Procedure.Replies<A> sink =
        reply -> {
          A named = Envelope.from(reply, node, streaming);
          if (!streaming) {
            collected.add(named);
            return;
          }
          synchronized (order) {
            replies.send(named);
          }
        };
    Status status;
    try {
      local(procedure, target(node), caller, request, sink);
      return collected;
    } catch (StatusException e) {
      status = e.getStatus();
    } catch (IOException e) {
      status = Status.UNKNOWN.withDescription(e.getMessage());
    }
    A error = Envelope.error(procedure.reply(), node, status, streaming);
    if (!streaming) {
      return List.of(error);
    }
    synchronized (order) {
      replies.send(error);
    }
    return collected;
  }

  private static List<String> all(Metadata headers, Metadata.Key<String> key) {
    List<String> values = new ArrayList<>();
    Iterable<String> found = headers.getAll(key);
    if (found != null) {
      found.forEach(
          value -> {
            for (String part : value.split(",", -1)) {
              values.add(part.trim());
            }
          });
    }
    return values;
  }
}
