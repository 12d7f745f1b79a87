/// A simulated vCenter.
@NullMarked
package io.sskuba.rehearsal.cloud.vsphere;

import org.jspecify.annotations.NullMarked;
