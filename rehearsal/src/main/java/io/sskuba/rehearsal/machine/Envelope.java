package io.sskuba.rehearsal.machine;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.Status;
import io.sskuba.talos.api.common.Metadata;
import io.sskuba.talos.api.common.RpcStatus;
import java.util.List;

/// The `common.Metadata` that apid puts into replies to a request that names its machines.
///
/// Every unary reply is `repeated X messages = 1`, and every X, as every message of a stream, has
/// `Metadata metadata = 1`; so one piece of code serves all.
final class Envelope {
  private Envelope() {}

  /// `reply` with the target's name in it.
  static <A extends Message> A from(A reply, String target, boolean streaming) {
    Metadata metadata = Metadata.newBuilder().setHostname(target).build();
    return fill(reply, metadata, streaming);
  }

  /// A reply that is nothing but the error of one target: with several targets, one that fails must
  /// not spoil the others' answers.
  static <A extends Message> A error(A empty, String target, Status status, boolean streaming) {
    String description = status.getDescription() == null ? "" : status.getDescription();
    Metadata metadata =
        Metadata.newBuilder()
            .setHostname(target)
            .setError(Statuses.goText(status))
            .setStatus(
                RpcStatus.newBuilder().setCode(status.getCode().value()).setMessage(description))
            .build();
    if (streaming) {
      return fill(empty, metadata, true);
    }
    Message.Builder builder = empty.newBuilderForType();
    FieldDescriptor messages = builder.getDescriptorForType().findFieldByName("messages");
    builder.addRepeatedField(messages, builder.newBuilderForField(messages).build());
    return fill(cast(empty, builder.build()), metadata, false);
  }

  /// Several targets' unary replies in one.
  static <A extends Message> A merge(A empty, List<A> replies) {
    Message.Builder all = empty.newBuilderForType();
    for (A reply : replies) {
      all.mergeFrom(reply);
    }
    return cast(empty, all.build());
  }

  private static <A extends Message> A fill(A reply, Metadata metadata, boolean streaming) {
    Message.Builder builder = reply.toBuilder();
    if (streaming) {
      builder.setField(builder.getDescriptorForType().findFieldByName("metadata"), metadata);
      return cast(reply, builder.build());
    }
    FieldDescriptor messages = builder.getDescriptorForType().findFieldByName("messages");
    int count = builder.getRepeatedFieldCount(messages);
    for (int i = 0; i < count; i++) {
      Message.Builder message = ((Message) builder.getRepeatedField(messages, i)).toBuilder();
      message.setField(message.getDescriptorForType().findFieldByName("metadata"), metadata);
      builder.setRepeatedField(messages, i, message.build());
    }
    return cast(reply, builder.build());
  }

  @SuppressWarnings("unchecked") // a builder of a message makes messages of the same class
  private static <A extends Message> A cast(A example, Message message) {
    return (A) example.getClass().cast(message);
  }
}
