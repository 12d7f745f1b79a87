/// Tests of the control plane.
@NullMarked
package io.sskuba.rehearsal.plane;

import org.jspecify.annotations.NullMarked;
