@NullMarked
package io.sskuba.infra.azure;

import org.jspecify.annotations.NullMarked;
