package io.redisha.loop.sentinel;

import io.redisha.decide.sentinel.Appointment;
import io.redisha.decide.sentinel.Hosts;
import io.redisha.loop.Journal;
import io.redisha.loop.LeaseStore;
import io.redisha.loop.Peers.Peer;
import io.redisha.model.PodView;
import io.redisha.model.SentinelView;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * The agent of a sentinel: sees to it that it begins with the master that is, never with one of the past, and keeps its quorum.
 *
 * <p>It runs on one thread and never blocks.
 */
public final class Watcher {

    /**
     * What it acts through.
     *
     * @param restart kills the own sentinel; it is started again, and asks {@link #master} before
     */
    public record Ports(LeaseStore leases, Sentinels sentinels, Runnable restart, Journal journal) {}

    /**
     * What the user decided.
     *
     * @param watchers sentinels, until the StatefulSet says something else
     * @param quorum   0 = the majority of those
     */
    public record Policy(Hosts redis, Hosts sentinels, int watchers, int quorum) {}

    public Watcher(String pod, Policy policy, Ports ports, Executor loop, LongSupplier clock) {
    }

    // ---- inputs, all on the loop's thread

    /** Every 100 ms. */
    public void tick() {
    }

    /** What the own sentinel says. */
    public void onOwn(SentinelView view) {
    }

    /** What the other sentinels have answered. */
    public void onSentinels(List<SentinelView> views) {
    }

    public void onSentinelPods(List<PodView> seen) {
    }

    public void onSentinelNames(List<Peer> found) {
    }

    public boolean knowsPods() {
        return false;
    }

    /** How many sentinels there are to be. */
    public void onWanted(int watchers) {
    }

    /** SIGTERM: not ready from now on. */
    public void onStop() {
    }

    // ---- from any thread

    /**
     * Before each start of the sentinel: whom to monitor. Done when that is known, which may be never.
     *
     * @param own what the sentinel's file of an earlier run says; null if there is none
     */
    public CompletableFuture<Appointment> master(Appointment own) {
        return new CompletableFuture<>();
    }

    public WatcherSnapshot snapshot() {
        return null;
    }
}
