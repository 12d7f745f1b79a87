/// The door to the module `clouds`, which is loaded when first asked for.
@NullMarked
package io.sskuba.cloud;

import org.jspecify.annotations.NullMarked;
