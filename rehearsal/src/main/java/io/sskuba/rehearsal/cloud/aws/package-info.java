/// Simulated AWS, as far as our plans use it.
@NullMarked
package io.sskuba.rehearsal.cloud.aws;

import org.jspecify.annotations.NullMarked;
