/// Simulated kubelets and the bootstrap manifests that Talos would apply.
@NullMarked
package io.sskuba.rehearsal.kubelet;

import org.jspecify.annotations.NullMarked;
