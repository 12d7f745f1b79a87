/// Secret references, age encryption, identities and sealing.
@NullMarked
package io.sskuba.secret;

import org.jspecify.annotations.NullMarked;
