/// The port to the Talos machine API, and its gRPC client.
@NullMarked
package io.sskuba.talos;

import org.jspecify.annotations.NullMarked;
