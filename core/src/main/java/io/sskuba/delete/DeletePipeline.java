package io.sskuba.delete;

import io.sskuba.apply.Ports;
import io.sskuba.apply.RunFrame;
import io.sskuba.run.Run;
import io.sskuba.secret.ReceiptSigner;

/// The whole of `delete`, in order: the reverse of `apply`, each thing confirmed gone by looking,
/// and a receipt at the end.
public final class DeletePipeline {
  private final Ports ports;
  private final MarkDeleting markDeleting;
  private final RemoveNames removeNames;
  private final FindByTag findByTag;
  private final DestroyInfrastructure destroyInfrastructure;
  private final SweepRemnants sweepRemnants;
  private final WriteReceipt writeReceipt;

  public DeletePipeline(Ports ports, ReceiptSigner signer) {
    this.ports = ports;
    markDeleting = new MarkDeleting(ports);
    removeNames = new RemoveNames(ports);
    findByTag = new FindByTag(ports);
    destroyInfrastructure = new DestroyInfrastructure(ports);
    sweepRemnants = new SweepRemnants(removeNames);
    writeReceipt = new WriteReceipt(ports, signer);
  }

  /// Takes a cluster away.
  /// - Idempotent: yes; what is gone already is confirmed again. Needs neither the file nor the
  ///   identity nor a live API.
  /// - Errors: `LEASE_HELD`; `CREDENTIALS_ENDING`; `LEFTOVERS` when the deadline passed, with a
  ///   receipt that names what stayed and why.
  public Deleted run(Run run, DeleteRequest request) throws InterruptedException {
    return takeAway(run, run.phase(markDeleting, request));
  }

  /// Takes away what carries a cluster's tags, when its state is lost.
  /// - Idempotent: yes.
  /// - Errors: as [#run], and those of the account that is asked.
  public Deleted byTag(Run run, ByTagRequest request) throws InterruptedException {
    return takeAway(run, run.phase(findByTag, request));
  }

  private Deleted takeAway(Run run, Doomed doomed) throws InterruptedException {
    run.worksUnder(RunFrame.permits(ports, doomed.platform(), doomed.cluster()));
    try (var _ = doomed.lease()) {
      var nameless = run.phase(removeNames, doomed);
      var destroyed = run.phase(destroyInfrastructure, nameless);
      var swept = run.phase(sweepRemnants, destroyed);
      return run.phase(writeReceipt, swept);
    }
  }
}
