package io.sskuba.apply;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// What a user asked `render` to write.
///
/// @param secrets a Talos secrets bundle in the clear, or null for a fresh one
public record RenderRequest(
    byte[] file,
    String fileName,
    Path folder,
    Path out,
    @Nullable Path secrets,
    boolean plaintext) {}
