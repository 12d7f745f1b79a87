/// The age v1 file format (C2SP age): recipients, identities, sealing and opening.
@NullMarked
package io.sskuba.secret.age;

import org.jspecify.annotations.NullMarked;
