/// Talos machine configurations and talosconfig, rendered from a cluster file and a secrets bundle.
@NullMarked
package io.sskuba.machineconfig;

import org.jspecify.annotations.NullMarked;
