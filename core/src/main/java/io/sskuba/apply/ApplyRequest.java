package io.sskuba.apply;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// What a user asked `apply` to do.
///
/// @param file the bytes of the cluster file
/// @param fileName its name as error messages show it; `-` is standard input
/// @param folder what relative paths in the file start from
/// @param ttl `--ttl`, overriding the file's lifetime
/// @param replace the user agreed that an existing cluster is deleted and made anew
/// @param plan `--plan`: exactly that, or nothing
public record ApplyRequest(
    byte[] file,
    String fileName,
    Path folder,
    boolean rehearse,
    @Nullable Duration ttl,
    boolean replace,
    boolean terminal,
    @Nullable PlanDemand plan) {}
