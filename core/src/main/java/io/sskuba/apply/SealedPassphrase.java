package io.sskuba.apply;

import io.sskuba.io.AtomicFiles;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.secret.Sealer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// The Pulumi passphrase of a cluster: sealed beside its record, in the clear only in the
/// memory-backed folder.
public final class SealedPassphrase {
  static final String SEALED = "pulumi.passphrase.age";
  static final String FILE = "pulumi.passphrase";

  private SealedPassphrase() {}

  /// The file with the passphrase, written anew from the sealed one where an identity opens it. The
  /// file may be missing: a delete needs no identity, and the engine then works without secrets.
  public static Path restore(Ports ports, String key, Path runtime) {
    Path file = runtime.resolve(FILE);
    if (Files.exists(file)) {
      return file;
    }
    Optional<byte[]> sealedKey = ports.store().sealed(key, IssueSecrets.KEY);
    Optional<byte[]> sealed = ports.store().sealed(key, SEALED);
    if (sealedKey.isPresent() && sealed.isPresent()) {
      Optional<Sealer> sealer = ports.keys().tryOpen(sealedKey.get());
      sealer.ifPresent(s -> write(file, s.open(sealed.get())));
    }
    return file;
  }

  static void write(Path file, byte[] passphrase) {
    try {
      AtomicFiles.write(file, passphrase);
    } catch (IOException e) {
      throw new SskubaException(
          Problem.of(ProblemCode.STATE_UNWRITABLE, "cannot write " + file)
              .fact("cause", String.valueOf(e.getMessage())),
          e);
    }
  }
}
