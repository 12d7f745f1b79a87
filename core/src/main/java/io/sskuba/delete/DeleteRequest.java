package io.sskuba.delete;

import java.time.Duration;

/// What a user asked `delete` to do.
///
/// @param key `NAME` or `rehearsal.NAME`, known to exist
/// @param deadline for all of it (contract, section 2: 60 s for local, else 30 min)
public record DeleteRequest(String key, Duration deadline) {}
