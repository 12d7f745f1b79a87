package io.sskuba.rehearsal.kubelet;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sskuba.io.Json;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// Static pods as the API server shows them. Pure functions.
final class MirrorPods {
  private MirrorPods() {}

  /// @param text the static pod as JSON; `NAME` becomes `NAME-NODE` as kubelets name them
  static ObjectNode of(String text, String nodeName, String nodeUid) {
    if (!(Json.parse(text) instanceof ObjectNode pod)) {
      throw new IllegalArgumentException("a static pod is a JSON object");
    }
    pod.put("apiVersion", "v1").put("kind", "Pod");
    pod.remove("status");
    ObjectNode metadata = pod.withObject("metadata");
    String name = metadata.path("name").asText();
    metadata.put("name", name.endsWith("-" + nodeName) ? name : name + "-" + nodeName);
    metadata.put("namespace", "kube-system");
    String hash = digest(text);
    ObjectNode annotations = metadata.withObject("annotations");
    annotations.put("kubernetes.io/config.hash", hash).put(PodLife.MIRROR, hash);
    annotations.put("kubernetes.io/config.source", "file");
    metadata.remove("ownerReferences");
    metadata
        .putArray("ownerReferences")
        .addObject()
        .put("apiVersion", "v1")
        .put("kind", "Node")
        .put("name", nodeName)
        .put("uid", nodeUid)
        .put("controller", true);
    ObjectNode spec = pod.withObject("spec");
    spec.put("nodeName", nodeName);
    // NodeRestriction refuses mirror pods that name a service account.
    spec.remove("serviceAccountName");
    spec.remove("serviceAccount");
    return pod;
  }

  private static String digest(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("no SHA-256 in this Java", e);
    }
  }
}
