/// The real Pulumi engine behind [io.sskuba.infra.Infrastructure]: process, program, events, state.
@NullMarked
package io.sskuba.infra.pulumi;

import org.jspecify.annotations.NullMarked;
