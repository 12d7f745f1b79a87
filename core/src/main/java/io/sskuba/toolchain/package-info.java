/// The pinned external programs: where they come from and how they are verified.
@NullMarked
package io.sskuba.toolchain;

import org.jspecify.annotations.NullMarked;
