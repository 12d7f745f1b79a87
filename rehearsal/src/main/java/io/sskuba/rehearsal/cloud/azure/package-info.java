/// Simulated Azure, as far as our plans use it.
@NullMarked
package io.sskuba.rehearsal.cloud.azure;

import org.jspecify.annotations.NullMarked;
