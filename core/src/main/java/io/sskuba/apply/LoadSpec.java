package io.sskuba.apply;

import io.sskuba.run.Phase;
import io.sskuba.run.PhaseContext;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecReader;

/// Reads and checks the cluster file. Pure.
///
/// - Errors: `SPEC_UNREADABLE`; `SPEC_INVALID` with every problem of the file.
public final class LoadSpec implements Phase<ApplyRequest, LoadedSpec> {
  @Override
  public LoadedSpec run(ApplyRequest request, PhaseContext context) {
    ClusterSpec spec =
        SpecReader.read(request.file(), request.fileName(), request.folder(), request.rehearse());
    String key = (request.rehearse() ? "rehearsal." : "") + spec.metadata().name();
    return new LoadedSpec(
        spec,
        key,
        request.rehearse(),
        request.fileName(),
        request.ttl(),
        request.replace(),
        request.terminal());
  }
}
