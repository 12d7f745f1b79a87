package io.sskuba.rehearsal.plane;

import com.fasterxml.jackson.databind.JsonNode;
import io.sskuba.io.Json;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// etcd's membership, by its JSON gateway on the client port.
/// - Limits: 2 s a call; 5 s for changes, which need a quorum.
/// - Errors: `IOException` with etcd's own message.
final class EtcdClient {
  private static final Duration READ = Duration.ofSeconds(2);
  private static final Duration CHANGE = Duration.ofSeconds(5);
  private final TlsClient client;
  private final String twin;

  EtcdClient(TlsClient client, String twin) {
    this.client = client;
    this.twin = twin;
  }

  /// @param id unsigned 64 bits
  record Member(
      long id, String name, List<String> peerUrls, List<String> clientUrls, boolean learner) {}

  /// Whether the member has a leader and answers.
  boolean healthy() {
    try {
      TlsClient.Reply reply = client.get(twin, PlaneDeviations.ETCD_CLIENT_PORT, "/health", READ);
      return reply.code() == 200 && reply.body().contains("\"true\"");
    } catch (IOException e) {
      return false;
    }
  }

  List<Member> members() throws IOException {
    return members(call("/v3/cluster/member/list", "{}", READ));
  }

  /// The id of this member itself.
  long self() throws IOException {
    return id(call("/v3/maintenance/status", "{}", READ).path("header").path("member_id"));
  }

  void remove(long id) throws IOException {
    call("/v3/cluster/member/remove", "{\"ID\":\"" + Long.toUnsignedString(id) + "\"}", CHANGE);
  }

  /// Returns the new member's id.
  long addLearner(String peerUrl) throws IOException {
    JsonNode reply =
        call(
            "/v3/cluster/member/add",
            Json.compact(
                Json.object()
                    .put("isLearner", true)
                    .set("peerURLs", Json.MAPPER.createArrayNode().add(peerUrl))),
            CHANGE);
    return id(reply.path("member").path("ID"));
  }

  void promote(long id) throws IOException {
    call("/v3/cluster/member/promote", "{\"ID\":\"" + Long.toUnsignedString(id) + "\"}", CHANGE);
  }

  private JsonNode call(String path, String body, Duration limit) throws IOException {
    TlsClient.Reply reply = client.post(twin, PlaneDeviations.ETCD_CLIENT_PORT, path, body, limit);
    JsonNode json;
    try {
      json = Json.parse(reply.body());
    } catch (java.io.UncheckedIOException e) {
      throw new IOException("etcd answered " + reply.code() + " without JSON", e);
    }
    if (reply.code() != 200) {
      throw new IOException(
          json.path("message").asText(json.path("error").asText("HTTP " + reply.code())));
    }
    return json;
  }

  private static List<Member> members(JsonNode reply) {
    List<Member> members = new ArrayList<>();
    for (JsonNode member : reply.path("members")) {
      members.add(
          new Member(
              id(member.path("ID")),
              member.path("name").asText(""),
              texts(member.path("peerURLs")),
              texts(member.path("clientURLs")),
              member.path("isLearner").asBoolean(false)));
    }
    return members;
  }

  private static long id(JsonNode node) {
    String text = node.asText("");
    return text.isEmpty() ? 0 : Long.parseUnsignedLong(text);
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(item -> texts.add(item.asText()));
    return texts;
  }
}
