package io.sskuba.rehearsal.machine;

import java.util.Set;

/// Who makes a call.
///
/// @param anonymous the connection had no client certificate: maintenance mode
record Caller(Set<Role> roles, boolean anonymous) {
  boolean admin() {
    return roles.contains(Role.ADMIN);
  }
}
