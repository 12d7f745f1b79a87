@NullMarked
package io.sskuba.infra.types;

import org.jspecify.annotations.NullMarked;
