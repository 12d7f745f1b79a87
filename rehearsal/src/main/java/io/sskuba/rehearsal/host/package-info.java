/// The detached host process of one cluster, and its control socket.
@NullMarked
package io.sskuba.rehearsal.host;

import org.jspecify.annotations.NullMarked;
