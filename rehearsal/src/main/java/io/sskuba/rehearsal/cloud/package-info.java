/// Simulated clouds: accounts that outlive every process, and Pulumi providers that work on them.
@NullMarked
package io.sskuba.rehearsal.cloud;

import org.jspecify.annotations.NullMarked;
