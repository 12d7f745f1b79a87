/// A Big-IP by its iControl REST: looked at before anything is made, listed by what our
/// descriptions say, asked whether something is gone.
@NullMarked
package io.sskuba.clouds.bigip;

import org.jspecify.annotations.NullMarked;
