package io.sskuba.machineconfig;

/// One deliberate difference between what `talosctl gen config` writes and what we apply.
///
/// @param id stable name, `target/hostname` or `hardening/audit-policy`
/// @param title a few words
/// @param why the reason, one or two sentences
/// @param yaml a Talos strategic-merge patch, one or more documents
public record NamedPatch(String id, String title, String why, String yaml) {
  @Override
  public String toString() {
    // A patch may carry a registry password.
    return "NamedPatch[" + id + "]";
  }
}
