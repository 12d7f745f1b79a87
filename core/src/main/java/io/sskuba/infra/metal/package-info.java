/// The `metal` target: machines that exist, taken over and given back.
@NullMarked
package io.sskuba.infra.metal;

import org.jspecify.annotations.NullMarked;
