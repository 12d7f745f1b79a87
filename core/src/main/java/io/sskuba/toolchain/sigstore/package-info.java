/// The implementation of [io.sskuba.toolchain.SigstoreEngine] with sigstore-java. Never named by
/// other code: `SigstoreLoader` defines its classes in a loader of their own.
@NullMarked
package io.sskuba.toolchain.sigstore;

import org.jspecify.annotations.NullMarked;
