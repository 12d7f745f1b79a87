package io.sskuba.rehearsal.machine;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/// Roles of the Talos API: the organisations (`O`) of a client's certificate.
enum Role {
  ADMIN("os:admin"),
  OPERATOR("os:operator"),
  READER("os:reader"),
  ETCD_BACKUP("os:etcd:backup"),
  IMAGE_VERIFIER("os:image:verifier"),
  META_WRITER("os:meta:writer"),
  IMPERSONATOR("os:impersonator");

  static final Set<Role> ADMINS = EnumSet.of(ADMIN);
  static final Set<Role> OPERATORS = EnumSet.of(ADMIN, OPERATOR);
  static final Set<Role> READERS = EnumSet.of(ADMIN, OPERATOR, READER);
  static final Set<Role> ETCD_READERS = EnumSet.of(ADMIN, OPERATOR, READER, ETCD_BACKUP);

  private final String organisation;

  Role(String organisation) {
    this.organisation = organisation;
  }

  String organisation() {
    return organisation;
  }

  static Optional<Role> of(String organisation) {
    for (Role role : values()) {
      if (role.organisation.equals(organisation)) {
        return Optional.of(role);
      }
    }
    return Optional.empty();
  }
}
