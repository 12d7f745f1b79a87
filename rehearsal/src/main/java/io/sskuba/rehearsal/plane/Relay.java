package io.sskuba.rehearsal.plane;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Moves bytes between pairs of connections, all of them on one thread.
///
/// Bytes that a slow side does not take are held until it does, and its partner is not read
/// meanwhile. A side that closes its half is passed on as a half-close.
/// - Limits: 64 KiB held a direction, and only while the other side does not take them.
final class Relay implements Closeable {
  private static final int CHUNK = 64 << 10;
  private final Selector selector;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK);
  private final Queue<Pair> arrivals = new ConcurrentLinkedQueue<>();
  private final AtomicInteger open = new AtomicInteger();
  private final Thread thread;
  private volatile boolean closed;

  Relay(String name) throws IOException {
    this.selector = Selector.open();
    this.thread = new Thread(null, this::run, name, 256 << 10);
    this.thread.setDaemon(true);
    this.thread.start();
  }

  /// Joins two connected channels; `end` runs once, when both are closed.
  void join(SocketChannel a, SocketChannel b, Runnable end) {
    open.incrementAndGet();
    arrivals.add(new Pair(new Side(a), new Side(b), end));
    if (closed) {
      drainArrivals();
      return;
    }
    selector.wakeup();
  }

  int open() {
    return open.get();
  }

  private static final class Side {
    final SocketChannel channel;
    @Nullable ByteBuffer held;
    boolean ended;
    boolean shut;
    @Nullable SelectionKey key;

    Side(SocketChannel channel) {
      this.channel = channel;
    }
  }

  private record Pair(Side a, Side b, Runnable end) {
    Side other(Side side) {
      return side == a ? b : a;
    }
  }

  private record Attachment(Pair pair, Side side) {}

  private void run() {
    while (!closed) {
      try {
        selector.select();
        admit();
        Iterator<SelectionKey> keys = selector.selectedKeys().iterator();
        while (keys.hasNext()) {
          SelectionKey key = keys.next();
          keys.remove();
          if (key.attachment() instanceof Attachment at) {
            serve(key, at);
          }
        }
      } catch (ClosedSelectorException e) {
        break;
      } catch (IOException e) {
        // The selector itself failed; without it nothing can be moved any more.
        break;
      }
    }
    for (SelectionKey key : new ArrayList<>(keys())) {
      if (key.attachment() instanceof Attachment at) {
        close(at.pair());
      }
    }
    drainArrivals();
  }

  private List<SelectionKey> keys() {
    return selector.isOpen() ? List.copyOf(selector.keys()) : List.of();
  }

  private void drainArrivals() {
    for (Pair pair = arrivals.poll(); pair != null; pair = arrivals.poll()) {
      close(pair);
    }
  }

  private void admit() {
    for (Pair pair = arrivals.poll(); pair != null; pair = arrivals.poll()) {
      try {
        for (Side side : List.of(pair.a(), pair.b())) {
          side.channel.configureBlocking(false);
          side.key =
              side.channel.register(selector, SelectionKey.OP_READ, new Attachment(pair, side));
        }
      } catch (IOException e) {
        close(pair);
      }
    }
  }

  private void serve(SelectionKey key, Attachment at) {
    try {
      Side side = at.side();
      Side other = at.pair().other(side);
      if (key.isValid() && key.isWritable()) {
        flush(side, other);
      }
      if (key.isValid() && key.isReadable()) {
        read(side, other);
      }
      if (side.shut && other.shut) {
        close(at.pair());
      }
    } catch (IOException | CancelledKeyException e) {
      close(at.pair());
    }
  }

  private void read(Side from, Side to) throws IOException {
    buffer.clear();
    int n = from.channel.read(buffer);
    if (n < 0) {
      from.ended = true;
      interest(from, SelectionKey.OP_READ, false);
      if (to.held == null) {
        shut(to);
      }
      return;
    }
    buffer.flip();
    to.channel.write(buffer);
    if (buffer.hasRemaining()) {
      ByteBuffer rest = ByteBuffer.allocate(buffer.remaining());
      rest.put(buffer).flip();
      to.held = rest;
      interest(from, SelectionKey.OP_READ, false);
      interest(to, SelectionKey.OP_WRITE, true);
    }
  }

  private static void flush(Side to, Side from) throws IOException {
    ByteBuffer held = to.held;
    if (held != null) {
      to.channel.write(held);
      if (held.hasRemaining()) {
        return;
      }
      to.held = null;
    }
    interest(to, SelectionKey.OP_WRITE, false);
    if (from.ended) {
      shut(to);
    } else {
      interest(from, SelectionKey.OP_READ, true);
    }
  }

  private static void shut(Side side) throws IOException {
    if (!side.shut) {
      side.shut = true;
      side.channel.shutdownOutput();
    }
  }

  private static void interest(Side side, int operation, boolean on) {
    SelectionKey key = side.key;
    if (key != null && key.isValid()) {
      int now = key.interestOps();
      key.interestOps(on ? now | operation : now & ~operation);
    }
  }

  private void close(Pair pair) {
    boolean was = pair.a().channel.isOpen() || pair.b().channel.isOpen();
    quietly(pair.a().channel);
    quietly(pair.b().channel);
    if (was) {
      open.decrementAndGet();
      pair.end().run();
    }
  }

  static void quietly(@Nullable Closeable closeable) {
    if (closeable == null) {
      return;
    }
    try {
      closeable.close();
    } catch (IOException e) {
      // A connection that cannot be closed is gone already.
    }
  }

  @Override
  public void close() {
    closed = true;
    selector.wakeup();
    try {
      thread.join(1000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    quietly(selector);
  }
}
