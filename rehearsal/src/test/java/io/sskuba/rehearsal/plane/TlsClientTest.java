package io.sskuba.rehearsal.plane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class TlsClientTest {
  @Test
  void readsPlainAndChunkedReplies() throws IOException {
    assertThat(parse("HTTP/1.1 200 OK\r\nA: b\r\n\r\nhello"))
        .isEqualTo(new TlsClient.Reply(200, "hello"));
    assertThat(
            parse(
                "HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n"))
        .isEqualTo(new TlsClient.Reply(503, "abc0123456789"));
  }

  @Test
  void refusesWhatIsCutShort() {
    for (String reply :
        new String[] {
          "",
          "HTTP/1.1 200 OK\r\n",
          "SSH-2.0-x\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        }) {
      assertThatThrownBy(() -> parse(reply)).isInstanceOf(IOException.class);
    }
  }

  private static TlsClient.Reply parse(String reply) throws IOException {
    return TlsClient.parse(reply.getBytes(StandardCharsets.UTF_8));
  }
}
