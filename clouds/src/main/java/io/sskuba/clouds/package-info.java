/// What needs the clouds' own libraries, or a protocol that nothing else here speaks: state in
/// buckets, keys of key services, secret stores, DNS. Found through `CloudServices` and loaded when
/// first asked for: no command that works on this machine loads a class of it.
@NullMarked
package io.sskuba.clouds;

import org.jspecify.annotations.NullMarked;
