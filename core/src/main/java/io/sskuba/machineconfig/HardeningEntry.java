package io.sskuba.machineconfig;

/// One rule of the CIS Kubernetes benchmark, and how a cluster of ours meets it.
///
/// @param id number in edition 1.11 of the benchmark; `-` where it has none
/// @param rule what it asks for
/// @param talos what Talos v1.13 does by itself
/// @param added what we add, empty for nothing
/// @param why why we add it, or why we do not
record HardeningEntry(String id, String rule, String talos, String added, String why) {}
