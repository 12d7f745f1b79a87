package io.sskuba.apply;

import io.sskuba.run.Run;

/// The whole of `apply`, in order. Reads top to bottom; each line is one phase, a record in, a
/// record out.
public final class ApplyPipeline {
  private final LoadSpec loadSpec;
  private final CheckPlan checkPlan;
  private final CheckChange checkChange;
  private final FindReady findReady;
  private final ComparePlan comparePlan;
  private final Preflight preflight;
  private final OpenLease openLease;
  private final IssueSecrets issueSecrets;
  private final RetireWorkers retireWorkers;
  private final RenderUserData renderUserData;
  private final ProvisionInfrastructure provisionInfrastructure;
  private final PublishNames publishNames;
  private final RenderConfigs renderConfigs;
  private final ConfigureMachines configureMachines;
  private final BootstrapEtcd bootstrapEtcd;
  private final AwaitControlPlane awaitControlPlane;
  private final LabelAndTaint labelAndTaint;
  private final AwaitNodes awaitNodes;
  private final AwaitNames awaitNames;
  private final RunFrame frame;

  public ApplyPipeline(Ports ports) {
    frame = new RunFrame(ports);
    loadSpec = new LoadSpec(ports);
    checkPlan = new CheckPlan(ports);
    checkChange = new CheckChange(ports);
    findReady = new FindReady(ports);
    comparePlan = new ComparePlan(ports);
    preflight = new Preflight(ports);
    openLease = new OpenLease(ports);
    issueSecrets = new IssueSecrets(ports);
    retireWorkers = new RetireWorkers(ports);
    renderUserData = new RenderUserData(ports);
    provisionInfrastructure = new ProvisionInfrastructure(ports);
    publishNames = new PublishNames(ports);
    renderConfigs = new RenderConfigs(ports);
    configureMachines = new ConfigureMachines(ports);
    bootstrapEtcd = new BootstrapEtcd(ports);
    awaitControlPlane = new AwaitControlPlane(ports);
    labelAndTaint = new LabelAndTaint(ports);
    awaitNodes = new AwaitNodes(ports);
    awaitNames = new AwaitNames(ports);
  }

  /// Makes the cluster that the file describes, or goes on where an earlier run stopped.
  /// - Idempotent: yes; each phase says by what means. On a ready, unchanged cluster nothing
  ///   changes.
  /// - Errors: `SskubaException`; what was made stays, and the same command goes on.
  public ReadyCluster run(Run run, ApplyRequest request) throws InterruptedException {
    var read = run.phase(loadSpec, request);
    run.belongsTo(read.name());
    var plan = request.plan();
    var loaded = plan == null ? read : run.phase(checkPlan, new CheckPlan.Input(read, plan));
    var change = run.phase(checkChange, loaded);
    var settled = run.phase(findReady, change);
    if (settled.isPresent()) {
      return settled.get();
    }
    var agreed = plan == null ? change : run.phase(comparePlan, change);
    var checked = run.phase(preflight, agreed);
    var beside = frame.early(run, checked);
    var opened = run.phase(openLease, checked);
    try (var _ = opened.lease()) {
      frame.journal(run, opened);
      frame.warmUp(run, opened, beside);
      var secrets = run.phase(issueSecrets, new IssueSecrets.Input(opened, beside.bundle()));
      var retired = run.phase(retireWorkers, secrets);
      var prepared = run.phase(renderUserData, retired);
      var infra =
          run.phase(
              provisionInfrastructure, new ProvisionInfrastructure.Input(prepared, beside.tools()));
      var named = run.phase(publishNames, infra);
      var configs = run.phase(renderConfigs, named);
      var machines = run.phase(configureMachines, configs);
      var etcd = run.phase(bootstrapEtcd, machines);
      var control = run.phase(awaitControlPlane, etcd);
      var labelled = run.phase(labelAndTaint, control);
      var nodes = run.phase(awaitNodes, labelled);
      return frame.ready(run.phase(awaitNames, nodes), checked);
    } catch (RuntimeException | InterruptedException e) {
      frame.failed(run, opened, e);
      throw e;
    }
  }
}
