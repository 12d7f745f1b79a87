/// Infrastructure as data: plans of resources, and the port that makes them real.
@NullMarked
package io.sskuba.infra;

import org.jspecify.annotations.NullMarked;
