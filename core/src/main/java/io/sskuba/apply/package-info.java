/// The use case `apply`: one final class a phase, one line a phase in the pipeline.
@NullMarked
package io.sskuba.apply;

import org.jspecify.annotations.NullMarked;
