/// A simulated Docker daemon.
@NullMarked
package io.sskuba.rehearsal.cloud.docker;

import org.jspecify.annotations.NullMarked;
