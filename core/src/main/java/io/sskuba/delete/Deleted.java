package io.sskuba.delete;

/// What `delete` ends with.
///
/// @param receipt the signed receipt as JSON text
/// @param place where it is kept
public record Deleted(String receipt, String place) {}
