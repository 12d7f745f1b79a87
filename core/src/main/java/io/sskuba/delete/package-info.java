/// The use case `delete`: everything away, confirmed by looking, with a receipt.
@NullMarked
package io.sskuba.delete;

import org.jspecify.annotations.NullMarked;
