/// The `azure` target: a cluster in one resource group, as data.
@NullMarked
package io.sskuba.infra.azure;

import org.jspecify.annotations.NullMarked;
