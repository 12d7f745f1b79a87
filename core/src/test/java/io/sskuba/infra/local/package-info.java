@NullMarked
package io.sskuba.infra.local;

import org.jspecify.annotations.NullMarked;
