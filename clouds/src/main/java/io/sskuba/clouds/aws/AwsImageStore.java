package io.sskuba.clouds.aws;

import io.sskuba.images.ImageStore;
import io.sskuba.images.WantedImage;
import io.sskuba.infra.aws.AwsImages;
import io.sskuba.io.Environment;
import io.sskuba.io.TimeSource;
import io.sskuba.problem.Problem;
import io.sskuba.problem.ProblemCode;
import io.sskuba.problem.SskubaException;
import io.sskuba.run.Fan;
import io.sskuba.spec.ClusterSpec;
import io.sskuba.spec.ClusterSpec.ProviderSettings;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.ebs.EbsClient;
import software.amazon.awssdk.services.ebs.EbsClientBuilder;
import software.amazon.awssdk.services.ebs.model.ChecksumAggregationMethod;
import software.amazon.awssdk.services.ebs.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.ec2.model.BlockDeviceMapping;
import software.amazon.awssdk.services.ec2.model.BootModeValues;
import software.amazon.awssdk.services.ec2.model.Image;
import software.amazon.awssdk.services.ec2.model.Snapshot;
import software.amazon.awssdk.services.ec2.model.SnapshotState;
import software.amazon.awssdk.services.ec2.model.Tag;
import software.amazon.awssdk.services.ec2.model.VolumeType;

/// The account's own machine images (AMIs): a disk is written block by block into a snapshot by
/// EBS's direct APIs, which need neither a bucket nor a service role, and the snapshot becomes an
/// image.
///
/// Every block and the whole are checked by AWS against our SHA-256. A snapshot bears the image's
/// name and the disk's digest as tags: a killed run's is gone on from, blocks are written again in
/// place. An image's name is unique in an account and region, so it cannot be made twice.
/// - Limits: 64 GiB a disk; 512 KiB a block, 16 at a time; 15 min until a snapshot is complete.
public final class AwsImageStore implements ImageStore {
  private static final int BLOCK = 512 * 1024;
  private static final int AT_ONCE = 16;
  private static final long GIB = 1L << 30;
  private static final long DISK_MAX = 64 * GIB;
  private static final Duration CALL = Duration.ofSeconds(60);
  private static final Duration COMPLETE = Duration.ofMinutes(15);
  private static final Duration LOOK = Duration.ofSeconds(2);
  private static final String NAME_TAG = "sskuba.io/image";
  private static final String DIGEST_TAG = "sskuba.io/image-digest";
  private static final String ROOT = "/dev/xvda";

  private final AwsClients clients;
  private final TimeSource time;

  AwsImageStore(AwsClients clients, TimeSource time) {
    this.clients = clients;
    this.time = time;
  }

  /// Made with no call to anybody.
  public static AwsImageStore of(ClusterSpec spec, Environment environment, TimeSource time) {
    if (spec.target().settings() instanceof ProviderSettings.Aws aws) {
      AwsAccess access = AwsAccess.of(environment, Optional.empty(), Optional.of(aws.region()));
      return new AwsImageStore(new AwsClients(access), time);
    }
    throw new IllegalArgumentException("not a cluster of target aws");
  }

  private static <T> T call(String what, Callable<T> call) {
    try {
      return call.call();
    } catch (SdkException e) {
      throw AwsProblems.of(what, e);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public Optional<Held> find(String name) {
    return images(name).stream().findFirst();
  }

  @Override
  public List<Held> list() {
    return images("sskuba-talos-*");
  }

  private List<Held> images(String pattern) {
    return call(
        "its images",
        () ->
            clients
                .ec2()
                .describeImages(
                    r ->
                        r.owners("self")
                            .filters(
                                AwsInventory.filter("name", List.of(pattern)),
                                AwsInventory.filter("state", List.of("available"))))
                .images()
                .stream()
                .map(i -> new Held(i.name(), i.imageId(), tag(i.tags(), DIGEST_TAG)))
                .toList());
  }

  private static String tag(List<Tag> tags, String key) {
    return tags.stream().filter(t -> t.key().equals(key)).map(Tag::value).findFirst().orElse("");
  }

  /// @param size of the raw disk
  private record Disk(Path file, long size, String digest) {}

  @Override
  public Held put(WantedImage image, Path disk, Consumer<String> progress)
      throws InterruptedException {
    Optional<Held> there = find(image.name());
    if (there.isPresent()) {
      return there.get();
    }
    try {
      Disk known = measure(disk);
      String snapshot = snapshot(image.name(), known, progress);
      return register(image, known, snapshot);
    } catch (IOException e) {
      throw new SskubaException(
          Problem.of(ProblemCode.CLOUD_IMAGE_MISSING, "the disk " + disk + " cannot be read")
              .fact("cause", String.valueOf(e.getMessage())),
          e);
    }
  }

  private static Disk measure(Path file) throws IOException {
    MessageDigest digest = sha256();
    long size = 0;
    byte[] block = new byte[BLOCK];
    try (InputStream in = open(file)) {
      int length;
      while ((length = in.readNBytes(block, 0, BLOCK)) > 0) {
        digest.update(block, 0, length);
        size += length;
        if (size > DISK_MAX) {
          throw new IOException("larger than 64 GiB");
        }
      }
    }
    if (size == 0) {
      throw new IOException("empty");
    }
    return new Disk(file, size, HexFormat.of().formatHex(digest.digest()));
  }

  private static InputStream open(Path file) throws IOException {
    return new GZIPInputStream(new BufferedInputStream(Files.newInputStream(file), BLOCK), BLOCK);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /// The complete snapshot of this disk: one that is there, one that is gone on with, or a new one.
  private String snapshot(String name, Disk disk, Consumer<String> progress)
      throws IOException, InterruptedException {
    for (Snapshot snapshot : snapshots(name)) {
      if (tag(snapshot.tags(), DIGEST_TAG).equals(disk.digest())) {
        if (snapshot.state() == SnapshotState.COMPLETED) {
          return snapshot.snapshotId();
        }
        if (snapshot.state() == SnapshotState.PENDING) {
          progress.accept("going on with snapshot " + snapshot.snapshotId());
          return filled(snapshot.snapshotId(), disk, progress);
        }
      }
    }
    try (EbsClient ebs = ebs()) {
      String id =
          call(
              "a snapshot",
              () ->
                  ebs.startSnapshot(
                          r ->
                              r.volumeSize((disk.size() + GIB - 1) / GIB)
                                  .description(name)
                                  .clientToken(name + "-" + disk.digest().substring(0, 16))
                                  .tags(
                                      t -> t.key(NAME_TAG).value(name),
                                      t -> t.key(DIGEST_TAG).value(disk.digest())))
                      .snapshotId());
      progress.accept("snapshot " + id + " begun");
      return filled(id, disk, progress);
    }
  }

  private List<Snapshot> snapshots(String name) {
    return call(
        "its snapshots",
        () ->
            clients
                .ec2()
                .describeSnapshots(
                    r ->
                        r.ownerIds("self")
                            .filters(AwsInventory.filter("tag:" + NAME_TAG, List.of(name))))
                .snapshots());
  }

  private EbsClient ebs() {
    EbsClientBuilder builder = EbsClient.builder();
    clients.access().configure(builder, CALL);
    return builder.build();
  }

  private record Block(int index, byte[] bytes, byte[] digest) {}

  /// Writes every block that holds something; the others of a new snapshot are zeros.
  private String filled(String id, Disk disk, Consumer<String> progress)
      throws IOException, InterruptedException {
    MessageDigest all = sha256();
    int written = 0;
    try (EbsClient ebs = ebs();
        InputStream in = open(disk.file())) {
      List<Block> batch = new ArrayList<>();
      for (int index = 0; (long) index * BLOCK < disk.size(); index++) {
        byte[] bytes = new byte[BLOCK];
        int _ = in.readNBytes(bytes, 0, BLOCK);
        if (!isZero(bytes)) {
          byte[] digest = sha256().digest(bytes);
          all.update(digest);
          batch.add(new Block(index, bytes, digest));
          written++;
        }
        if (batch.size() == AT_ONCE) {
          write(ebs, id, batch);
          if (written % (AT_ONCE * 16) == 0) {
            progress.accept("%d of %d MB".formatted((long) index * BLOCK >> 20, disk.size() >> 20));
          }
        }
      }
      write(ebs, id, batch);
      int count = written;
      String checksum = Base64.getEncoder().encodeToString(all.digest());
      var _ =
          call(
              "the snapshot's end",
              () ->
                  ebs.completeSnapshot(
                      r ->
                          r.snapshotId(id)
                              .changedBlocksCount(count)
                              .checksum(checksum)
                              .checksumAlgorithm(ChecksumAlgorithm.SHA256)
                              .checksumAggregationMethod(ChecksumAggregationMethod.LINEAR)));
    }
    awaitComplete(id);
    return id;
  }

  private static boolean isZero(byte[] bytes) {
    for (byte b : bytes) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  private static void write(EbsClient ebs, String id, List<Block> batch)
      throws InterruptedException {
    List<Boolean> _ =
        Fan.out(
            List.copyOf(batch),
            block ->
                call(
                    "a block",
                    () -> {
                      ebs.putSnapshotBlock(
                          r ->
                              r.snapshotId(id)
                                  .blockIndex(block.index())
                                  .dataLength(BLOCK)
                                  .checksum(Base64.getEncoder().encodeToString(block.digest()))
                                  .checksumAlgorithm(ChecksumAlgorithm.SHA256),
                          RequestBody.fromBytes(block.bytes()));
                      return true;
                    }));
    batch.clear();
  }

  private void awaitComplete(String id) throws InterruptedException {
    long end = time.nanos() + COMPLETE.toNanos();
    while (true) {
      Snapshot snapshot =
          call(
              "the snapshot",
              () -> clients.ec2().describeSnapshots(r -> r.snapshotIds(id)).snapshots().getFirst());
      if (snapshot.state() == SnapshotState.COMPLETED) {
        return;
      }
      if (snapshot.state() == SnapshotState.ERROR || time.nanos() > end) {
        throw new SskubaException(
            Problem.of(ProblemCode.CLOUD_IMAGE_MISSING, "snapshot " + id + " did not complete")
                .fact("observed", snapshot.stateAsString())
                .exists("snapshot " + id + "; the same command goes on"));
      }
      time.sleep(LOOK);
    }
  }

  private Held register(WantedImage image, Disk disk, String snapshot) {
    String id;
    try {
      id =
          call(
              "an image",
              () ->
                  clients
                      .ec2()
                      .registerImage(
                          r ->
                              r.name(image.name())
                                  .description(
                                      "Talos " + image.talos() + " " + image.schematic().id())
                                  .architecture(AwsImages.processor(image.arch()))
                                  .virtualizationType("hvm")
                                  .enaSupport(true)
                                  .bootMode(BootModeValues.UEFI_PREFERRED)
                                  .rootDeviceName(ROOT)
                                  .blockDeviceMappings(root(snapshot)))
                      .imageId());
    } catch (SskubaException e) {
      // Somebody else's run was a moment faster: theirs is of the same name, so of the same disk.
      boolean duplicate =
          e.getCause() instanceof AwsServiceException aws
              && AwsProblems.errorCode(aws).equals("InvalidAMIName.Duplicate");
      return duplicate ? find(image.name()).orElseThrow(() -> e) : rethrow(e);
    }
    Map<String, String> tags = Map.of(NAME_TAG, image.name(), DIGEST_TAG, disk.digest());
    var _ =
        call(
            "the image's tags",
            () ->
                clients
                    .ec2()
                    .createTags(
                        r ->
                            r.resources(id)
                                .tags(
                                    tags.entrySet().stream()
                                        .map(
                                            t ->
                                                Tag.builder()
                                                    .key(t.getKey())
                                                    .value(t.getValue())
                                                    .build())
                                        .toList())));
    return new Held(image.name(), id, disk.digest());
  }

  private static Held rethrow(SskubaException e) {
    throw e;
  }

  private static BlockDeviceMapping root(String snapshot) {
    return BlockDeviceMapping.builder()
        .deviceName(ROOT)
        .ebs(e -> e.snapshotId(snapshot).volumeType(VolumeType.GP3).deleteOnTermination(true))
        .build();
  }

  @Override
  public void remove(Held image) {
    List<Snapshot> made = snapshots(image.name());
    call(
        "the image's end",
        () -> {
          List<Image> there =
              clients
                  .ec2()
                  .describeImages(
                      r ->
                          r.owners("self")
                              .filters(AwsInventory.filter("image-id", List.of(image.id()))))
                  .images();
          if (!there.isEmpty()) {
            clients.ec2().deregisterImage(r -> r.imageId(image.id()));
          }
          for (Snapshot snapshot : made) {
            clients.ec2().deleteSnapshot(r -> r.snapshotId(snapshot.snapshotId()));
          }
          return true;
        });
  }
}
