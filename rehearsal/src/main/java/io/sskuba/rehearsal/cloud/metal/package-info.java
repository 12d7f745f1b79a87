/// A simulated site with machines that are there already.
@NullMarked
package io.sskuba.rehearsal.cloud.metal;

import org.jspecify.annotations.NullMarked;
