/// The use cases that only look: status, list, timeline, events.
@NullMarked
package io.sskuba.status;

import org.jspecify.annotations.NullMarked;
