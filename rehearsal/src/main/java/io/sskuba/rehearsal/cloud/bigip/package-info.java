/// A simulated Big-IP.
@NullMarked
package io.sskuba.rehearsal.cloud.bigip;

import org.jspecify.annotations.NullMarked;
