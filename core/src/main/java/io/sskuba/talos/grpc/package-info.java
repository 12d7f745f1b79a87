/// The Talos machine API over gRPC: the only package that uses the generated classes.
@NullMarked
package io.sskuba.talos.grpc;

import org.jspecify.annotations.NullMarked;
