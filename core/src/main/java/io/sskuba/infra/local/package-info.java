/// The `local` target: its network, resources and topology. See docs/design/architecture.md.
@NullMarked
package io.sskuba.infra.local;

import org.jspecify.annotations.NullMarked;
