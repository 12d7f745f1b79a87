/// The engine of a pipeline: phases, journal, events, deadlines.
@NullMarked
package io.sskuba.run;

import org.jspecify.annotations.NullMarked;
