package io.sskuba.rehearsal.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccountTest {
  @TempDir Path folder;

  private static CloudResource vpc(String id, String cluster) {
    return new CloudResource(
        id,
        "aws:ec2/vpc:Vpc",
        cluster,
        "vpc",
        Map.of("cidrBlock", "10.0.0.0/16", "enableDnsSupport", true),
        Map.of("arn", "arn:" + id),
        Map.of("sskuba.io/cluster-id", cluster),
        Instant.parse("2026-01-01T00:00:00Z"),
        null);
  }

  private static void put(Account account, CloudResource resource) throws IOException {
    account.change(
        view -> {
          view.put(resource);
          return true;
        });
  }

  @Test
  void whatOneProcessPutsAnotherSees() throws IOException {
    Account first = Account.at(folder);
    Account second = Account.at(folder);
    put(first, vpc("vpc-1", "c1"));
    assertThat(second.all()).containsExactly(vpc("vpc-1", "c1"));
    put(second, vpc("vpc-2", "c2"));
    assertThat(first.of("c2")).containsExactly(vpc("vpc-2", "c2"));
    first.change(
        view -> {
          view.remove("vpc-1");
          return true;
        });
    assertThat(second.all()).containsExactly(vpc("vpc-2", "c2"));
  }

  @Test
  void aChangeThatThrowsIsNone() throws IOException {
    Account account = Account.at(folder);
    put(account, vpc("vpc-1", "c1"));
    assertThatThrownBy(
            () ->
                account.change(
                    view -> {
                      view.put(vpc("vpc-2", "c1"));
                      view.remove("vpc-1");
                      view.next("calls");
                      throw new CloudFault(CloudFault.Kind.DENIED, "no");
                    }))
        .isInstanceOf(CloudFault.class);
    assertThat(account.all()).containsExactly(vpc("vpc-1", "c1"));
    assertThat(Account.at(folder).all()).containsExactly(vpc("vpc-1", "c1"));
    // A refused call was a call all the same.
    assertThat(Account.at(folder).<Long, IOException>change(view -> view.count("calls")))
        .isEqualTo(1);
  }

  @Test
  void aTornLastLineNeverHappened() throws IOException {
    put(Account.at(folder), vpc("vpc-1", "c1"));
    Path log = folder.resolve("account.jsonl");
    Files.write(
        log,
        "{\"put\":{\"id\":\"vpc-2".getBytes(StandardCharsets.UTF_8),
        StandardOpenOption.APPEND);
    Account account = Account.at(folder);
    assertThat(account.all()).containsExactly(vpc("vpc-1", "c1"));
    put(account, vpc("vpc-3", "c1"));
    assertThat(Account.at(folder).all()).containsExactly(vpc("vpc-1", "c1"), vpc("vpc-3", "c1"));
  }

  @Test
  void theLogIsRewrittenWhenMostOfItIsHistory() throws IOException {
    Account account = Account.at(folder);
    Account reader = Account.at(folder);
    reader.all();
    for (int i = 0; i < 6000; i++) {
      put(account, vpc("vpc-1", "c" + i));
    }
    assertThat(Files.size(folder.resolve("account.jsonl"))).isLessThan(1 << 20);
    assertThat(reader.all()).containsExactly(vpc("vpc-1", "c5999"));
  }

  @Test
  void threadsOfTwoInstancesLoseNothing() throws Exception {
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      Account account = Account.at(folder);
      int from = t * 50;
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      for (int i = from; i < from + 50; i++) {
                        put(account, vpc("vpc-" + i, "c"));
                      }
                    } catch (IOException e) {
                      throw new java.io.UncheckedIOException(e);
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(Account.at(folder).all()).hasSize(200);
  }
}
