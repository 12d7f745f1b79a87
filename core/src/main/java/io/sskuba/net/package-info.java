/// Addresses: CIDR arithmetic and the map between a cluster's addresses and their loopback twins.
@NullMarked
package io.sskuba.net;

import org.jspecify.annotations.NullMarked;
