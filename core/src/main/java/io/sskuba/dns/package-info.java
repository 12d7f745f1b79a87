/// The names of a cluster in the organisation's DNS.
@NullMarked
package io.sskuba.dns;

import org.jspecify.annotations.NullMarked;
