/// Simulated Talos machines: the Talos API on the wire, boot, maintenance, services.
@NullMarked
package io.sskuba.rehearsal.machine;

import org.jspecify.annotations.NullMarked;
