package io.sskuba.apply;

import java.nio.file.Path;

/// What a user asked `plan` to look at.
public record PlanRequest(byte[] file, String fileName, Path folder, boolean rehearse) {}
