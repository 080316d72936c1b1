package io.redisha.kube;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Monotonic time and every wait in this package, so that tests can let time pass instead of sleeping. */
interface Ticker {

    Ticker SYSTEM = new Ticker() {
        @Override
        public long now() {
            return System.nanoTime();
        }

        @Override
        public CompletableFuture<Void> after(Duration pause) {
            return new CompletableFuture<Void>().completeOnTimeout(null, pause.toNanos(), TimeUnit.NANOSECONDS);
        }
    };

    /** Monotonic nanoseconds: only differences mean anything. */
    long now();

    /** Done when the pause is over, on a thread that must not be blocked. Cancel it when it is no longer needed. */
    CompletableFuture<Void> after(Duration pause);

    default void sleep(Duration pause) throws InterruptedException {
        CompletableFuture<Void> over = after(pause);
        try {
            over.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } finally {
            over.cancel(false);
        }
    }

    /** Fails it with a {@link TimeoutException} if it is not done within that time; returns it. */
    default <T> CompletableFuture<T> limit(CompletableFuture<T> one, Duration time) {
        CompletableFuture<Void> over = after(time);
        over.thenRun(() -> one.completeExceptionally(new TimeoutException()));
        one.whenComplete((answer, problem) -> over.cancel(false));
        return one;
    }
}
