/// The cluster file `sskuba.io/v1alpha1`: its model, its reader and its rules.
@NullMarked
package io.sskuba.spec;

import org.jspecify.annotations.NullMarked;
