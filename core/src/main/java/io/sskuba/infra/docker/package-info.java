/// The `docker` target: a real Talos cluster in containers of this machine.
@NullMarked
package io.sskuba.infra.docker;

import org.jspecify.annotations.NullMarked;
