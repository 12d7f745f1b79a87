/// The port to a Kubernetes API server, speaking plain JSON.
@NullMarked
package io.sskuba.kube;

import org.jspecify.annotations.NullMarked;
