/// Certificate authorities, the secrets bundle of a cluster, and leaf certificates.
@NullMarked
package io.sskuba.pki;

import org.jspecify.annotations.NullMarked;
