package io.redisha.loop.sentinel;

import io.redisha.decide.sentinel.Hosts;
import io.redisha.loop.Journal;
import io.redisha.loop.LeaseStore;
import io.redisha.loop.Peers.Peer;
import io.redisha.loop.Publisher;
import io.redisha.loop.Server;
import io.redisha.loop.StateStore;
import io.redisha.model.Address;
import io.redisha.model.Identity;
import io.redisha.model.MemberState;
import io.redisha.model.PodView;
import io.redisha.model.SentinelView;
import io.redisha.model.ServerView;
import io.redisha.model.Timings;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The agent of a redis pod over whom sentinels watch: has its server be what a majority of them says, tells them of a server that died, and
 * keeps them from promoting one whose data is not whole.
 *
 * <p>It runs on one thread and never blocks.
 */
public final class DataMember {

    /**
     * Who this is.
     *
     * @param redis by IP
     */
    public record Self(Identity identity, Address redis) {}

    /** What it acts through. */
    public record Ports(LeaseStore leases, Siblings siblings, Server server, Sentinels sentinels, Publisher publisher, Journal journal, StateStore states) {}

    /**
     * What the user decided.
     *
     * @param replicas   redis pods, until the StatefulSet says something else
     * @param watchers   sentinels, likewise
     * @param priority   replica-priority of a server whose data is whole
     * @param persistent data is meant to survive the loss of every process
     * @param handover   budget of a planned change of master, ns
     */
    public record Policy(Hosts redis, Hosts sentinels, int replicas, int watchers, int priority, boolean persistent, long handover, Timings timings) {}

    public DataMember(Self self, Policy policy, Ports ports, LongSupplier clock, Supplier<Instant> wall) {
    }

    // ---- inputs, all on the loop's thread

    /** Every 100 ms. */
    public void tick() {
    }

    public void onServer(ServerView view) {
    }

    /** The redis pods. */
    public void onPods(List<PodView> seen) {
    }

    public void onSentinelPods(List<PodView> seen) {
    }

    /** Where redis pods may be found while the API server has not told: names or addresses of the headless Service. */
    public void onNames(List<Peer> found) {
    }

    /** Likewise for sentinels. */
    public void onSentinelNames(List<Peer> found) {
    }

    public boolean knowsPods() {
        return false;
    }

    /** What sentinels have answered; of each that is not in it the last answer holds. */
    public void onSentinels(List<SentinelView> views) {
    }

    /** How many pods the StatefulSets are to have. */
    public void onWanted(int replicas, int watchers) {
    }

    public MemberState onAsk() {
        return null;
    }

    /** @return null for done, else why not */
    public String onPrefer(boolean preferred) {
        return null;
    }

    /**
     * @param to      null = whoever is best
     * @param outcome null for done, else why not
     */
    public void onSwitchover(String to, Consumer<String> outcome) {
    }

    /** @param whenSafe the server may be stopped */
    public void onStop(Runnable whenSafe) {
    }

    /** From any thread. */
    public DataSnapshot snapshot() {
        return null;
    }

    /** Before the server is stopped for good. */
    public void saveClean() {
    }
}
