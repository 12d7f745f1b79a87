package io.sskuba.rehearsal.machine;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.grpc.StatusException;
import java.io.IOException;
import java.util.Collections;
import java.util.Set;

/// One remote procedure of the Talos API: who may call it, and what it does.
///
/// @param oneToMany whether a request may name several machines at once
/// @param reply an empty reply, to make others of its kind
record Procedure<Q extends Message, A extends Message>(
    MethodDescriptor<Q, A> method,
    Set<Role> roles,
    boolean oneToMany,
    A reply,
    Handler<Q, A> handler) {

  /// What a procedure does. Errors: `StatusException` goes to the client as it is.
  @FunctionalInterface
  interface Handler<Q, A> {
    void call(SimMachine machine, Caller caller, Q request, Replies<A> replies)
        throws StatusException, IOException, InterruptedException;
  }

  /// Where replies go. Blocks while the client does not read.
  interface Replies<A> {
    void send(A reply) throws InterruptedException;
  }

  boolean streaming() {
    return !method.getType().serverSendsOneMessage();
  }

  boolean allows(Caller caller) {
    return !Collections.disjoint(roles, caller.roles());
  }
}
