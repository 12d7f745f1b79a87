package io.sskuba.toolchain;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// One pinned program and where it stands on this machine.
///
/// @param local whether a cluster on this machine needs it
/// @param source `built`, `mirror`, `path`, `publisher`, or null when it is not there
/// @param verified how it was verified, in words, or null when it is not there
/// @param digest `sha256:HEX` of the program, or null when it is not there or not kept by content
/// @param path the program, or null when it is not there
/// @param download how its publisher's download would be verified, in words
public record ToolState(
    String name,
    String version,
    boolean local,
    @Nullable String source,
    @Nullable String verified,
    @Nullable String digest,
    @Nullable Path path,
    String download) {}
