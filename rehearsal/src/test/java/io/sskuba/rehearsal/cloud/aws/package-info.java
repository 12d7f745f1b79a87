@NullMarked
package io.sskuba.rehearsal.cloud.aws;

import org.jspecify.annotations.NullMarked;
