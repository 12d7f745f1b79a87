/// The look at vCenters and Big-IPs, on vcsim and on a stand-in.
@NullMarked
package io.sskuba.clouds.vsphere;

import org.jspecify.annotations.NullMarked;
