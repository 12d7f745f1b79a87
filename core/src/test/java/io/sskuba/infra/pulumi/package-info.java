@NullMarked
package io.sskuba.infra.pulumi;

import org.jspecify.annotations.NullMarked;
