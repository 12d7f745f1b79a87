/// The only door to the clock, randomness, the environment, files and processes; everything else
/// takes them as ports.
@NullMarked
package io.sskuba.io;

import org.jspecify.annotations.NullMarked;
