package io.sskuba.apply;

import java.util.List;
import java.util.Optional;

/// `apply --plan`: the signed plan that is to be carried out, and whose plans count.
///
/// @param bytes of the plan file, at most one above [SignedPlan#BYTES_MAX]
/// @param fileName as messages show it
/// @param own public key of the user, as plans carry it; empty without an identity
/// @param trusted further public keys, `--plan-key`
/// @param version of this sskuba
public record PlanDemand(
    byte[] bytes, String fileName, Optional<String> own, List<String> trusted, String version) {
  public PlanDemand {
    trusted = List.copyOf(trusted);
  }
}
