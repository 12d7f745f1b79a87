@NullMarked
package io.sskuba.infra.aws;

import org.jspecify.annotations.NullMarked;
