@NullMarked
package io.sskuba.cloud;

import org.jspecify.annotations.NullMarked;
