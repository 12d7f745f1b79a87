package io.sskuba.cli;

import io.sskuba.apply.Ports;
import io.sskuba.io.Environment;
import io.sskuba.io.Places;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.kube.KubeApis;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.rehearsal.cloud.RehearsedPlatform;
import io.sskuba.secret.Identities;
import io.sskuba.secret.PassphraseSource;
import io.sskuba.secret.UserKeyRing;
import io.sskuba.secret.UserReceiptSigner;
import io.sskuba.state.FileStateStore;
import io.sskuba.state.ObjectStateStore;
import io.sskuba.state.SplitStateStore;
import io.sskuba.state.StateStore;
import io.sskuba.talos.grpc.GrpcTalosNodes;
import io.sskuba.toolchain.ToolchainService;
import java.net.URI;
import java.util.Optional;
import java.util.function.Supplier;

/// Puts the engine together: the one place where ports meet their implementations.
final class Wiring {
  private Wiring() {}

  static Ports ports(
      Environment environment, Places places, Supplier<RehearsedPlatform.Options> rehearsal) {
    TimeSource time = TimeSource.system();
    RandomSource random = RandomSource.system();
    Identities identities = identities(environment, places, random);
    return new Ports(
        time,
        random,
        environment,
        places,
        store(environment, places, time, random),
        ToolchainService.of(places, environment, time),
        new UserKeyRing(identities, random, new LateSecrets(environment)),
        new TargetPlatforms(places, time, random, rehearsal),
        addresses -> new GrpcTalosNodes(addresses, random),
        KubeApis::fromKubeconfig);
  }

  /// A folder, or a team's bucket with this machine's folder beside it.
  private static StateStore store(
      Environment environment, Places places, TimeSource time, RandomSource random) {
    URI url = places.stateUrl();
    StateStore local = new FileStateStore(places.localState(), time, random);
    return switch (String.valueOf(url.getScheme())) {
      case "file" -> local;
      case "s3", "azblob" ->
          new SplitStateStore(
              local,
              () ->
                  new ObjectStateStore(
                      CloudModule.services().bucket(url, environment, time),
                      places.localState().resolve("shared"),
                      time,
                      random));
      default ->
          throw new SskubaException(
              Problem.of(
                      ProblemCode.STATE_URL_UNSUPPORTED,
                      "state URL " + url + " cannot be used by this release")
                  .fact("expected", "file:///FOLDER, s3://BUCKET/PREFIX or azblob://CONTAINER")
                  .next("sskuba-ctl list --state-url file://$HOME/.local/state/sskuba"));
    };
  }

  private static Identities identities(
      Environment environment, Places places, RandomSource random) {
    return new Identities(
        places.config(),
        environment,
        random,
        PassphraseSource.ofEnvironment(environment, Wiring::ask),
        new LateSecrets(environment));
  }

  /// Asks at the terminal without an echo; nobody can be asked elsewhere.
  private static Optional<char[]> ask(String what) {
    if (System.console() == null || !System.console().isTerminal()) {
      return Optional.empty();
    }
    return Optional.ofNullable(System.console().readPassword("Passphrase of %s: ", what));
  }

  /// Who signs plans; a rehearsal's asks no key service.
  static UserReceiptSigner signer(Session session, boolean rehearsal) {
    UserReceiptSigner signer = signer(session.ports());
    return rehearsal ? signer.ofThisMachine() : signer;
  }

  static UserReceiptSigner signer(Ports ports) {
    return new UserReceiptSigner(
        ports.places().config(),
        identities(ports.environment(), ports.places(), ports.random()),
        ports.random());
  }

  static ToolchainService toolchain(Session session) {
    return ToolchainService.of(session.places(), session.environment(), TimeSource.system());
  }
}
