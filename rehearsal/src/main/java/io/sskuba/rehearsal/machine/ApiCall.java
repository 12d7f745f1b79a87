package io.sskuba.rehearsal.machine;

import com.google.protobuf.Message;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.StatusException;
import java.io.IOException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// One call in progress: takes its one request, serves it on a thread of its own, and sends what
/// the procedure replies.
///
/// The thread may block (waits, files, a client that does not read); a client that goes away
/// interrupts it.
final class ApiCall<Q extends Message, A extends Message> extends ServerCall.Listener<Q>
    implements Procedure.Replies<A> {
  private final ServerCall<Q, A> call;
  private final Metadata headers;
  private final Procedure<Q, A> procedure;
  private final ApiRouter router;
  private final Executor threads;
  private final Object ready = new Object();
  private @Nullable Q request;
  private boolean headersSent;
  private volatile boolean cancelled;
  private volatile @Nullable Thread serving;

  ApiCall(
      ServerCall<Q, A> call,
      Metadata headers,
      Procedure<Q, A> procedure,
      ApiRouter router,
      Executor threads) {
    this.call = call;
    this.headers = headers;
    this.procedure = procedure;
    this.router = router;
    this.threads = threads;
    call.request(2);
  }

  @Override
  public void onMessage(Q message) {
    if (request != null) {
      call.close(Status.INTERNAL.withDescription("Too many requests"), new Metadata());
      return;
    }
    request = message;
  }

  @Override
  public void onHalfClose() {
    Q message = request;
    if (message == null) {
      call.close(Status.INTERNAL.withDescription("Half-closed without a request"), new Metadata());
      return;
    }
    threads.execute(() -> serve(message));
  }

  private void serve(Q message) {
    serving = Thread.currentThread();
    if (cancelled) {
      return;
    }
    Status status = Status.OK;
    try {
      router.route(procedure, ApiRouter.caller(call.getAttributes()), headers, message, this);
    } catch (StatusException e) {
      status = e.getStatus();
    } catch (IOException e) {
      status = Status.UNKNOWN.withDescription(e.getMessage());
    } catch (InterruptedException e) {
      status = cancelled ? Status.CANCELLED : Status.UNAVAILABLE.withDescription("shutting down");
    } catch (RuntimeException e) {
      router.failed(procedure.method().getFullMethodName(), e);
      status = Status.INTERNAL.withDescription("internal error: " + e.getClass().getSimpleName());
    } finally {
      serving = null;
    }
    if (!cancelled) {
      if (status.isOk()) {
        sendHeaders();
      }
      call.close(status, new Metadata());
    }
  }

  @Override
  public void send(A reply) throws InterruptedException {
    synchronized (ready) {
      while (!cancelled && !call.isReady() && headersSent) {
        ready.wait(1000);
      }
      if (cancelled) {
        throw new InterruptedException();
      }
      sendHeaders();
      call.sendMessage(reply);
    }
  }

  private void sendHeaders() {
    if (!headersSent) {
      headersSent = true;
      call.sendHeaders(new Metadata());
    }
  }

  @Override
  public void onReady() {
    synchronized (ready) {
      ready.notifyAll();
    }
  }

  @Override
  public void onCancel() {
    cancelled = true;
    Thread thread = serving;
    if (thread != null) {
      thread.interrupt();
    }
    onReady();
  }
}
