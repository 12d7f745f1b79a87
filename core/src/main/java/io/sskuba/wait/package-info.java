/// Waits with a name, a limit and a last observation.
@NullMarked
package io.sskuba.wait;

import org.jspecify.annotations.NullMarked;
