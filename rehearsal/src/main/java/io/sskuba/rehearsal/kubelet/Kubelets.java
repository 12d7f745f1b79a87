package io.sskuba.rehearsal.kubelet;

import io.sskuba.rehearsal.machine.NodeServices.ServiceState;

/// All simulated kubelets of one cluster.
public interface Kubelets extends AutoCloseable {
  /// Starts a node's kubelet in the background: CSR by bootstrap token (or its kept certificate),
  /// registration, leases, status, pods. Retries until stopped. Idempotent by node name.
  void start(KubeletSpec spec);

  /// Stops renewing and serving; the Node object stays, as with a real machine that is off.
  void stop(String nodeName);

  /// Its state for the machine's service list; `Waiting` before it registered.
  ServiceState service(String nodeName);

  @Override
  void close();
}
