@NullMarked
package io.sskuba.rehearsal.local;

import org.jspecify.annotations.NullMarked;
