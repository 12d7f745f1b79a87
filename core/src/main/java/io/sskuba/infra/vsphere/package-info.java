/// The `vsphere` target: folder, tags, virtual machines, and a Big-IP in front of them.
@NullMarked
package io.sskuba.infra.vsphere;

import org.jspecify.annotations.NullMarked;
