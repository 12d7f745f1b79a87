/// The real control-plane processes of one machine, the load balancer and the egress door of a
/// cluster.
@NullMarked
package io.sskuba.rehearsal.plane;

import org.jspecify.annotations.NullMarked;
