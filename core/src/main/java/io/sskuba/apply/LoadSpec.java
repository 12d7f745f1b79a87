package io.sskuba.apply;

import io.sskuba.run.Phase;
import io.sskuba.run.PhaseContext;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecJson;
import io.sskuba.spec.SpecReader;
import io.sskuba.state.ClusterRecord;
import java.util.Optional;

/// Reads and checks the cluster file. What the file does not say comes from the record of an existing cluster, so that a
/// newer release's defaults change no running cluster.
///
/// - Errors: `SPEC_UNREADABLE`; `SPEC_INVALID` with every problem of the file.
public final class LoadSpec implements Phase<ApplyRequest, LoadedSpec> {
  private final Ports ports;

  LoadSpec(Ports ports) {
    this.ports = ports;
  }

  @Override
  public LoadedSpec run(ApplyRequest request, PhaseContext context) {
    ClusterSpec spec =
        SpecReader.read(request.file(), request.fileName(), request.folder(), request.rehearse());
    String key = (request.rehearse() ? "rehearsal." : "") + spec.metadata().name();
    Optional<ClusterRecord> record = ports.store().find(key);
    if (record.isPresent()) {
      spec =
          SpecReader.read(
              request.file(),
              request.fileName(),
              request.folder(),
              request.rehearse(),
              SpecJson.fromJson(record.get().spec()));
    }
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
