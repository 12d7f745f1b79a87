/// The `local` target: its Pulumi provider, served in the CLI while the engine runs.
@NullMarked
package io.sskuba.rehearsal.local;

import org.jspecify.annotations.NullMarked;
