package io.redisha.kube;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Time stands still until a test advances it. A sleep returns at once, and moves the time on by its length. */
final class FakeTicker implements Ticker {

    private final List<Timer> timers = new ArrayList<>();
    /** Near the end of what a long holds, so that only a difference can be compared. */
    private long now = Long.MAX_VALUE - Duration.ofSeconds(1).toNanos();

    private record Timer(Duration pause, long due, CompletableFuture<Void> over) {}

    @Override
    public synchronized long now() {
        return now;
    }

    @Override
    public synchronized CompletableFuture<Void> after(Duration pause) {
        CompletableFuture<Void> over = new CompletableFuture<>();
        timers.add(new Timer(pause, now + pause.toNanos(), over));
        return over;
    }

    @Override
    public void sleep(Duration pause) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        advance(pause);
    }

    /** Whatever is due by then is done in the order of time. */
    void advance(Duration by) {
        long end = now() + by.toNanos();
        for (Optional<Timer> next = nextUntil(end); next.isPresent(); next = nextUntil(end)) {
            next.get().over().complete(null);
        }
    }

    private synchronized Optional<Timer> nextUntil(long end) {
        timers.removeIf(timer -> timer.over().isDone());
        Optional<Timer> next = timers.stream().filter(timer -> timer.due() - end <= 0).min(Comparator.comparingLong(timer -> timer.due() - end));
        next.ifPresent(timers::remove);
        long then = next.map(Timer::due).orElse(end);
        now = then - now > 0 ? then : now;
        return next;
    }

    /** Until some thread has started a pause of exactly this length: one that works between two such pauses has finished its work by then. */
    void awaitPause(Duration pause) {
        ApiServer.until(() -> waiting().contains(pause));
    }

    /** Awaits such a pause, and lets it pass. */
    void pass(Duration pause) {
        awaitPause(pause);
        advance(pause);
    }

    /** Until no request is under way and no retry is due. */
    void awaitNobody() {
        ApiServer.until(() -> waiting().isEmpty());
    }

    private synchronized List<Duration> waiting() {
        return timers.stream().filter(timer -> !timer.over().isDone()).map(Timer::pause).toList();
    }

    Duration since(long begun) {
        return Duration.ofNanos(now() - begun);
    }
}
