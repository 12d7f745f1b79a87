/// The command line.
@NullMarked
package io.sskuba.cli;

import org.jspecify.annotations.NullMarked;
