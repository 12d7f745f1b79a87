package io.sskuba.apply;

import io.sskuba.pki.SecretsBundle;
import io.sskuba.pki.SecretsBundleYaml;
import io.sskuba.run.Phase;
import io.sskuba.run.PhaseContext;
import io.sskuba.run.Run;
import io.sskuba.secret.KeyRing;
import io.sskuba.secret.RuntimeFolder;
import io.sskuba.secret.Sealer;
import io.sskuba.state.ClusterRecord;
import io.sskuba.state.StateStore;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.ArrayList;
import java.util.List;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;

/// Makes the cluster's key pair, its secrets bundle and its Pulumi passphrase, each sealed, each once.
///
/// - Idempotent: put if absent; the same secrets come back on every run.
/// - Errors: `IDENTITY_WRONG`, `IDENTITY_MISSING`, `SEALED_CORRUPT`.
public final class IssueSecrets implements Phase<IssueSecrets.Input, IssuedSecrets> {
  static final String KEY = "cluster.key.age";
  static final String BUNDLE = "secrets.yaml.age";
  private static final int PASSPHRASE_BYTES = 32;
  private final Ports ports;

  /// @param fresh a bundle that is being generated since the run began; used only when there is none yet
  public record Input(OpenCluster opened, Run.Beside<SecretsBundle> fresh) {}

  IssueSecrets(Ports ports) {
    this.ports = ports;
  }

  @Override
  public IssuedSecrets run(Input input, PhaseContext context) {
    OpenCluster opened = input.opened();
    Sealer sealer = sealer(opened, context);
    return new IssuedSecrets(
        opened, sealer, () -> bundle(opened.key(), sealer, input.fresh()), passphrase(opened, sealer));
  }

  private Sealer sealer(OpenCluster opened, PhaseContext context) {
    StateStore store = ports.store();
    List<String> asked = opened.spec().sealing().recipients();
    Optional<byte[]> known = store.sealed(opened.key(), KEY);
    if (known.isEmpty()) {
      KeyRing.NewKey made = ports.keys().create(asked);
      store.putSealed(opened.key(), KEY, made.sealedKey());
      remember(opened.key(), made.sealedTo());
      context.log("new key pair, sealed to " + made.sealedTo().size() + " recipients");
      return made.sealer();
    }
    Sealer sealer = ports.keys().open(known.get());
    List<String> before = sealedTo(opened.record());
    if (!before.isEmpty()) {
      // The first one is the identity that made the cluster: it keeps its key whoever applies now.
      List<String> now = new ArrayList<>(List.of(before.getFirst()));
      now.addAll(asked);
      if (!now.equals(before)) {
        store.putSealed(opened.key(), KEY, ports.keys().reseal(known.get(), now));
        remember(opened.key(), now);
        context.log("sealed to " + now.size() + " recipients");
      }
    }
    return sealer;
  }

  private static List<String> sealedTo(ClusterRecord record) {
    List<String> recipients = new ArrayList<>();
    record.details().path(ClusterFacts.SEALED_TO).forEach(r -> recipients.add(r.asText()));
    return recipients;
  }

  private void remember(String key, List<String> recipients) {
    ClusterRecord record = ports.store().find(key).orElseThrow();
    ArrayNode array = record.details().putArray(ClusterFacts.SEALED_TO);
    recipients.forEach(array::add);
    ports.store().update(record);
  }

  /// The sealed bundle, or the fresh one, sealed before anybody sees it.
  private SecretsBundle bundle(String key, Sealer sealer, Run.Beside<SecretsBundle> fresh)
      throws InterruptedException {
    StateStore store = ports.store();
    Optional<byte[]> sealed = store.sealed(key, BUNDLE);
    if (sealed.isPresent()) {
      return SecretsBundleYaml.read(new String(sealer.open(sealed.get()), StandardCharsets.UTF_8));
    }
    SecretsBundle bundle = fresh.join();
    store.putSealed(
        key, BUNDLE, sealer.seal(SecretsBundleYaml.write(bundle).getBytes(StandardCharsets.UTF_8)));
    return bundle;
  }

  private Path passphrase(OpenCluster opened, Sealer sealer) {
    StateStore store = ports.store();
    Optional<byte[]> known = store.sealed(opened.key(), SealedPassphrase.SEALED);
    byte[] passphrase;
    if (known.isPresent()) {
      passphrase = sealer.open(known.get());
    } else {
      passphrase =
          HexFormat.of()
              .formatHex(ports.random().bytes(PASSPHRASE_BYTES))
              .getBytes(StandardCharsets.US_ASCII);
      store.putSealed(opened.key(), SealedPassphrase.SEALED, sealer.seal(passphrase));
    }
    Path file =
        RuntimeFolder.create(
                ports.places().runtime(), opened.key(), opened.record().clusterId())
            .resolve(SealedPassphrase.FILE);
    SealedPassphrase.write(file, passphrase);
    return file;
  }
}
