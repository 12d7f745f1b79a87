@NullMarked
package io.sskuba.rehearsal.cloud.azure;

import org.jspecify.annotations.NullMarked;
