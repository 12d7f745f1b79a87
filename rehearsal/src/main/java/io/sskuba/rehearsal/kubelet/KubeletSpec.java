package io.sskuba.rehearsal.kubelet;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// What a simulated kubelet is told by its machine's configuration.
///
/// @param address InternalIP of the Node object
/// @param twin loopback address that its server (port 10250) binds
/// @param endpointUrl API server as this machine dials it (already mapped to a twin)
/// @param bootstrapToken token of the bootstrap kubeconfig; used for one CSR
/// @param caCertificate PEM of the cluster's CA
/// @param taints `key=value:effect`
/// @param capacity for example `cpu`, `memory`, `pods`, `nvidia.com/gpu`
/// @param mirrorPods static pods of a control plane as JSON text, shown as mirror pods
/// @param memory 0700 memory-backed folder for its key and certificate
/// @param log its log file
public record KubeletSpec(
    String nodeName,
    String address,
    String twin,
    String endpointUrl,
    String bootstrapToken,
    String caCertificate,
    Map<String, String> labels,
    List<String> taints,
    Map<String, String> capacity,
    String kubernetesVersion,
    String talosVersion,
    String arch,
    List<String> mirrorPods,
    Path memory,
    Path log) {
  @Override
  public String toString() {
    return "KubeletSpec[" + nodeName + "]";
  }
}
