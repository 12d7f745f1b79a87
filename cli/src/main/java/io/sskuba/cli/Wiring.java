package io.sskuba.cli;

import io.sskuba.apply.ClusterFacts;
import io.sskuba.apply.Kubeconfigs;
import io.sskuba.apply.Ports;
import io.sskuba.cloud.CloudAccount;
import io.sskuba.cloud.RealPlatform;
import io.sskuba.infra.Topology;
import io.sskuba.io.Environment;
import io.sskuba.io.Places;
import io.sskuba.io.RandomSource;
import io.sskuba.io.TimeSource;
import io.sskuba.kube.KubeApis;
import io.sskuba.net.AddressMap;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.rehearsal.cloud.RehearsedPlatform;
import io.sskuba.secret.Identities;
import io.sskuba.secret.KeyRing;
import io.sskuba.secret.PassphraseSource;
import io.sskuba.secret.Redactor;
import io.sskuba.secret.UserKeyRing;
import io.sskuba.secret.UserReceiptSigner;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.state.FileStateStore;
import io.sskuba.state.ObjectBucket;
import io.sskuba.state.ObjectStateStore;
import io.sskuba.state.SplitStateStore;
import io.sskuba.state.StateStore;
import io.sskuba.talos.TalosNodes;
import io.sskuba.talos.grpc.GrpcTalosNodes;
import io.sskuba.toolchain.ToolchainService;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Puts the engine together: the one place where ports meet their implementations.
final class Wiring {
  private Wiring() {}

  static Ports ports(
      Environment environment,
      Places places,
      Supplier<RehearsedPlatform.Options> rehearsal,
      Supplier<Optional<String>> rehearsedDns) {
    TimeSource time = TimeSource.system();
    RandomSource random = RandomSource.system();
    Identities identities = identities(environment, places, random);
    Buckets buckets = new Buckets(environment, time);
    StateStore store = store(places, time, random, buckets);
    KeyRing keys = new UserKeyRing(identities, random, new LateSecrets(environment));
    Function<AddressMap, TalosNodes> talos = addresses -> new GrpcTalosNodes(addresses, random);
    RealPlatform.World world =
        new RealPlatform.World(
            places,
            environment,
            time,
            random,
            talos,
            KubeApis::fromKubeconfig,
            known(store, keys),
            new Accounts(environment, time)::of,
            LateSecrets::new,
            buckets::of);
    return new Ports(
        time,
        random,
        environment,
        places,
        store,
        ToolchainService.of(places, environment, time),
        keys,
        new TargetPlatforms(world, rehearsal),
        new ZoneServers(environment, places, time, new Redactor(), rehearsedDns),
        talos,
        KubeApis::fromKubeconfig);
  }

  private static RealPlatform.Known known(StateStore store, KeyRing keys) {
    return new RealPlatform.Known() {
      @Override
      public Optional<String> talosconfig(String key) {
        return Kubeconfigs.talosconfig(store, keys, key);
      }

      @Override
      public Optional<String> kubeconfig(String key) {
        return Kubeconfigs.kubeconfig(store, keys, key);
      }

      @Override
      public Optional<Topology> topology(String key) {
        return store.find(key).flatMap(ClusterFacts::topology);
      }
    };
  }

  /// The account of the file that this run is about: what a look told is asked once. Targets
  /// without an account load no module for clouds.
  private static final class Accounts {
    private final Environment environment;
    private final TimeSource time;
    private @Nullable ClusterSpec last;
    private Optional<CloudAccount> account = Optional.empty();

    Accounts(Environment environment, TimeSource time) {
      this.environment = environment;
      this.time = time;
    }

    synchronized Optional<CloudAccount> of(ClusterSpec spec) {
      if (!spec.equals(last)) {
        account =
            switch (spec.target().provider()) {
              case LOCAL, DOCKER, METAL -> Optional.empty();
              case AWS, AZURE, VSPHERE -> CloudModule.services().account(spec, environment, time);
            };
        last = spec;
      }
      return account;
    }
  }

  /// The bucket of a state URL, opened once: the records and the engine's stacks lie in the same
  /// one.
  private static final class Buckets {
    private final Environment environment;
    private final TimeSource time;
    private final Map<URI, ObjectBucket> opened = new HashMap<>();

    Buckets(Environment environment, TimeSource time) {
      this.environment = environment;
      this.time = time;
    }

    synchronized Optional<ObjectBucket> of(URI url) {
      return switch (String.valueOf(url.getScheme())) {
        case "s3", "azblob" ->
            Optional.of(
                opened.computeIfAbsent(
                    url, u -> CloudModule.services().bucket(u, environment, time)));
        default -> Optional.empty();
      };
    }
  }

  /// A folder, or a team's bucket with this machine's folder beside it.
  private static StateStore store(
      Places places, TimeSource time, RandomSource random, Buckets buckets) {
    URI url = places.stateUrl();
    StateStore local = new FileStateStore(places.localState(), time, random);
    return switch (String.valueOf(url.getScheme())) {
      case "file" -> local;
      case "s3", "azblob" ->
          new SplitStateStore(
              local,
              () ->
                  new ObjectStateStore(
                      buckets.of(url).orElseThrow(),
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
