package io.sskuba.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RuntimeFolderTest {
  @TempDir Path folder;

  private Path runtime() {
    return folder.resolve("run");
  }

  private static void assertUnsafe(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SskubaException.class,
            e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.RUNTIME_UNSAFE));
  }

  private static void setMode(Path path, String mode) throws Exception {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
  }

  @Test
  void itIsMadePrivateFoundAgainAndRemoved() throws Exception {
    Path made = RuntimeFolder.create(runtime(), "rehearsal.demo", "abc123");
    assertThat(made).isEqualTo(runtime().resolve("rehearsal.demo-abc123"));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made)))
        .isEqualTo("rwx------");
    Files.writeString(made.resolve("key"), "x");
    assertThat(RuntimeFolder.create(runtime(), "rehearsal.demo", "abc123")).isEqualTo(made);
    assertThat(made.resolve("key")).exists();
    RuntimeFolder.remove(runtime(), "rehearsal.demo", "abc123");
    RuntimeFolder.remove(runtime(), "rehearsal.demo", "abc123");
    assertThat(runtime()).isEmptyDirectory();
  }

  @Test
  void anotherOwnerOrModeIsRefusedAndLeftAlone() throws Exception {
    Path made = RuntimeFolder.create(runtime(), "demo", "id");
    setMode(made, "rwxr-xr-x");
    assertUnsafe(() -> RuntimeFolder.create(runtime(), "demo", "id"));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made)))
        .isEqualTo("rwxr-xr-x");
    setMode(made, "rwx------");
    setMode(runtime(), "rwxrwxrwx");
    assertUnsafe(() -> RuntimeFolder.create(runtime(), "demo", "id"));
    setMode(runtime(), "rwxr-xr-x");
    RuntimeFolder.create(runtime(), "demo", "id");
    if (System.getProperty("user.name").equals("root")) {
      Files.setAttribute(made, "unix:uid", 12_345);
      assertUnsafe(() -> RuntimeFolder.create(runtime(), "demo", "id"));
      Files.setAttribute(made, "unix:uid", 0);
      Files.setAttribute(runtime(), "unix:uid", 12_345);
      assertUnsafe(() -> RuntimeFolder.create(runtime(), "demo", "id"));
    }
  }

  @Test
  void aLinkOrAFileInItsPlaceIsRefused() throws Exception {
    Files.createDirectory(runtime());
    Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
    setMode(elsewhere, "rwx------");
    Files.createSymbolicLink(runtime().resolve("demo-id"), elsewhere);
    assertUnsafe(() -> RuntimeFolder.create(runtime(), "demo", "id"));
    RuntimeFolder.remove(runtime(), "demo", "id");
    assertThat(elsewhere).exists();
    Files.writeString(runtime().resolve("demo-id"), "x");
    assertUnsafe(() -> RuntimeFolder.create(runtime(), "demo", "id"));
  }

  @Test
  void aSocketFitsWhateverTheNamesAre() throws Exception {
    String key = "rehearsal." + "n".repeat(40);
    String id = "i".repeat(26);
    Path base = Path.of("/dev/shm/sskuba-test-" + ProcessHandle.current().pid());
    try {
      Path made = RuntimeFolder.create(base, key, id);
      assertThat(made).isEqualTo(RuntimeFolder.path(base, key, id));
      assertThat(made).isNotEqualTo(RuntimeFolder.path(base, key, "j".repeat(26)));
      Path socket = made.resolve("x".repeat(23));
      assertThat(socket.toString().length()).isLessThan(108);
      try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
        server.bind(UnixDomainSocketAddress.of(socket));
      }
    } finally {
      io.sskuba.io.AtomicFiles.deleteTree(base);
    }
    assertUnsafe(() -> RuntimeFolder.path(Path.of("/" + "d".repeat(80)), key, id));
    assertThatThrownBy(() -> RuntimeFolder.path(base, "../x", id))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
