/// DNS updates by RFC 2136, signed by TSIG (RFC 8945).
@NullMarked
package io.sskuba.clouds.dns;

import org.jspecify.annotations.NullMarked;
