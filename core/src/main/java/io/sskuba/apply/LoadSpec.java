package io.sskuba.apply;

import io.sskuba.run.Phase;
import io.sskuba.run.PhaseContext;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.SpecJson;
import io.sskuba.spec.SpecReader;
import io.sskuba.state.ClusterRecord;
import io.sskuba.state.StateStore;
import java.nio.file.Path;
import java.util.Optional;

/// Reads and checks the cluster file. What the file does not say comes from the record of an
/// existing cluster, so that a newer release's defaults change no running cluster.
/// - Errors: `SPEC_UNREADABLE`; `SPEC_INVALID` with every problem of the file.
public final class LoadSpec implements Phase<ApplyRequest, LoadedSpec> {
  private final Ports ports;

  LoadSpec(Ports ports) {
    this.ports = ports;
  }

  @Override
  public LoadedSpec run(ApplyRequest request, PhaseContext context) {
    ClusterSpec spec =
        read(
            ports.store(),
            request.file(),
            request.fileName(),
            request.folder(),
            request.rehearse());
    String key = (request.rehearse() ? "rehearsal." : "") + spec.metadata().name();
    return new LoadedSpec(
        spec,
        key,
        request.rehearse(),
        request.fileName(),
        request.ttl(),
        request.replace(),
        request.terminal(),
        null);
  }

  /// The file, with what it does not say as the record of its cluster has it.
  static ClusterSpec read(
      StateStore store, byte[] file, String fileName, Path folder, boolean rehearse) {
    ClusterSpec spec = SpecReader.read(file, fileName, folder, rehearse);
    Optional<ClusterRecord> record =
        store.find((rehearse ? "rehearsal." : "") + spec.metadata().name());
    return record.isEmpty()
        ? spec
        : SpecReader.read(file, fileName, folder, rehearse, SpecJson.fromJson(record.get().spec()));
  }
}
