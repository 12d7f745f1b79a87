@NullMarked
package io.sskuba.rehearsal.host;

import org.jspecify.annotations.NullMarked;
