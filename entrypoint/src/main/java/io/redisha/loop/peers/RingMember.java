package io.redisha.loop.peers;

import io.redisha.decide.peers.Gathering;
import io.redisha.decide.peers.Rings;
import io.redisha.decide.peers.Sight;
import io.redisha.decide.peers.Start;
import io.redisha.loop.EventSink;
import io.redisha.model.MemberId;
import io.redisha.model.PeerPhase;
import io.redisha.model.PeerState;
import io.redisha.model.Sighting;
import io.redisha.model.Timings;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A pod of a ring: finds the others before its program starts ({@link #gather}), and afterwards sees to it that they stay one ring
 * ({@link #turn}). The two run on threads of their own, and share one {@link PeerState}.
 */
public final class RingMember {

    private static final Logger LOG = LoggerFactory.getLogger(RingMember.class);

    private static final long LOOK_AGAIN = 300;
    /** Others take some seconds to start; what lasts longer may last for ever. The sink tells the same text once a minute. */
    private static final long LONG_WAIT = 10_000 * Timings.MS;
    /** A check is a connection that programs may note in their log: often only while somebody waits for the answer. */
    private static final long CHECK_WAITING = 500 * Timings.MS;
    private static final long CHECK_CALM = 3_000 * Timings.MS;
    private static final long LOOK_CALM = 2_500 * Timings.MS;
    private static final long LOOK_APART = 1_000 * Timings.MS;
    /** Whoever joins both rings just now is seen by all within this time, two looks, and then there is nothing to mend. */
    private static final long APART = 5_000 * Timings.MS;

    private final Gathering gathering;
    private final Surroundings surroundings;
    private final EventSink events;
    private final Runnable startAgain;
    private final LongSupplier clock;
    private final Supplier<Instant> wall;
    private final int ordinal;

    private PeerState state;
    private String waitsFor = "";
    private long since;
    private List<Sighting> seen = List.of();
    private List<String> problems = List.of();
    private volatile RingSnapshot snapshot;

    /** Of who gathers. */
    private long began;
    /** Of who asks for news: what the turn had seen when it was last clear. */
    private List<Sighting> answeredFor;

    // of the turn
    private long checked;
    private long looked;
    private long apartSince;

    /**
     * @param startAgain ends the program, so that it is started again with what {@link #gather} gives then
     * @param clock      monotonic ns
     */
    public RingMember(String pod, Gathering gathering, Surroundings surroundings, EventSink events, Runnable startAgain, LongSupplier clock, Supplier<Instant> wall) {
        this.ordinal = MemberId.ordinal(pod);
        this.gathering = gathering;
        this.surroundings = surroundings;
        this.events = events;
        this.startAgain = startAgain;
        this.clock = clock;
        this.wall = wall;
        this.state = new PeerState(pod, "", PeerPhase.WAITING, false, "", Map.of());
        this.since = clock.getAsLong();
        this.checked = since - CHECK_CALM;
        this.looked = since - LOOK_CALM;
        publish();
    }

    /** Never null. */
    public RingSnapshot snapshot() {
        return snapshot;
    }

    /**
     * Waits until it is known with whom the program is to be started.
     *
     * @return by ordinal; empty if it founds a ring
     */
    public List<Sighting> gather() throws InterruptedException {
        begin();
        while (true) {
            List<Sighting> found = step();
            if (found != null) {
                return found;
            }
            Thread.sleep(LOOK_AGAIN);
        }
    }

    void begin() {
        began = clock.getAsLong();
        enter(PeerPhase.WAITING, "a look around");
    }

    /** One look. @return as {@link #gather}, null if it is not clear yet */
    List<Sighting> step() throws InterruptedException {
        Surroundings.Seen now = surroundings.look(true);
        Start start = gathering.decide(new Sight(ordinal, now.named(), now.others(), clock.getAsLong() - began));
        notice(now.others());
        switch (start) {
            case Start.Wait wait -> {
                if (enter(PeerPhase.WAITING, wait.reason())) {
                    LOG.info("waits for {}", wait.reason());
                }
                if (clock.getAsLong() - began >= LONG_WAIT) {
                    events.emit(true, "WaitingForPeers", "the program is not started yet: this pod waits for " + wait.reason());
                }
                return null;
            }
            case Start.Join join -> {
                started(join.peers());
                return join.peers();
            }
            case Start.Found found -> {
                // Two may come to this at the same moment: each says so, and looks whether one before it does.
                if (state().phase() != PeerPhase.FOUNDING) {
                    enter(PeerPhase.FOUNDING, "nobody");
                    return null;
                }
                started(List.of());
                return List.of();
            }
        }
    }

    /** What a program that starts now would be given; null while that is not clear. */
    public List<Sighting> now() throws InterruptedException {
        Surroundings.Seen seen = surroundings.look(true);
        return switch (gathering.decide(new Sight(ordinal, seen.named(), seen.others(), 0))) {
            case Start.Join join -> join.peers();
            case Start.Found found -> List.of();
            case Start.Wait wait -> null;
        };
    }

    /**
     * As {@link #now}, but only if the turn has seen a change since the last clear answer, and else null: programs log the connections with
     * which they are checked, and whoever keeps the list at the present asks for ever.
     */
    public List<Sighting> news() throws InterruptedException {
        List<Sighting> around = snapshot.seen();
        if (around.equals(answeredFor)) {
            return null;
        }
        List<Sighting> peers = now();
        // one whose agent says that its program answers, and which did not answer us, may do so the next time
        boolean clear = peers != null && around.stream().filter(other -> other.state() != null && other.state().answers())
                .allMatch(other -> peers.stream().anyMatch(peer -> peer.ip().equals(other.ip())));
        answeredFor = clear ? around : null;
        return peers;
    }

    /** The program is started by somebody else, who was given what was found. */
    public synchronized void startedElsewhere() {
        state = new PeerState(state.pod(), "", PeerPhase.STARTED, false, "", Map.of());
        since = clock.getAsLong();
        publish();
    }

    /** The pod was told to stop. */
    public synchronized void ending() {
        state = new PeerState(state.pod(), state.run(), PeerPhase.ENDING, state.answers(), state.ring(), state.given());
        publish();
    }

    /** A few times a second. */
    public void turn() throws InterruptedException {
        long now = clock.getAsLong();
        PeerState self = state();
        if (self.phase() == PeerPhase.STARTED && now - checked >= (self.answers() ? CHECK_CALM : CHECK_WAITING)) {
            boolean answers = surroundings.answers();
            checked = clock.getAsLong();
            note(self.run(), answers);
        }
        if (self.phase() == PeerPhase.STARTED && now - looked >= (apartSince == 0 ? LOOK_CALM : LOOK_APART)) {
            Surroundings.Seen others = surroundings.look(false);
            looked = clock.getAsLong();
            notice(others.others());
            mend(others.others().stream().map(Sighting::state).filter(Objects::nonNull).toList());
        }
        publish();
    }

    private void mend(List<PeerState> others) {
        PeerState self;
        synchronized (this) {
            String agreed = Rings.agreed(state, others);
            state = new PeerState(state.pod(), state.run(), state.phase(), state.answers(), agreed, state.given());
            self = state;
        }
        List<PeerState> apart = gathering.joinAll() ? Rings.apart(self, others) : List.of();
        long now = clock.getAsLong();
        if (apart.isEmpty()) {
            apartSince = 0;
            tell(List.of());
            return;
        }
        String who = apart.stream().map(PeerState::pod).collect(Collectors.joining(", "));
        tell(List.of(who + " of another ring: founded at " + founding(apart.getFirst()) + ", this pod's at " + founding(self)));
        apartSince = apartSince == 0 ? now : apartSince;
        if (now - apartSince >= APART && self.answers() && Rings.mustRejoin(self, others)) {
            apartSince = 0;
            LOG.warn("there are two rings: this pod's program starts again, to join {} and all others", who);
            events.emit(true, "RingsApart", "two rings: this pod's program starts again, to join " + who + " and all others");
            startAgain.run();
        }
    }

    /** When, and by whom. */
    private static String founding(PeerState state) {
        return state.ring().replace(" ", " by ");
    }

    private synchronized void tell(List<String> found) {
        problems = found;
    }

    private synchronized PeerState state() {
        return state;
    }

    /** @return whether that is news */
    private synchronized boolean enter(PeerPhase phase, String whom) {
        if (state.phase() == PeerPhase.ENDING) {
            return false;
        }
        boolean news = !whom.equals(waitsFor);
        state = new PeerState(state.pod(), "", phase, false, "", Map.of());
        waitsFor = whom;
        since = began;
        publish();
        return news;
    }

    private void started(List<Sighting> peers) {
        Map<String, String> given = new HashMap<>();
        peers.stream().filter(p -> p.answers() && p.state() != null && p.pod() != null).forEach(p -> given.put(p.pod(), p.state().run()));
        String names = peers.stream().map(Sighting::name).collect(Collectors.joining(", "));
        synchronized (this) {
            if (state.phase() == PeerPhase.ENDING) {
                return;
            }
            List<PeerState> states = peers.stream().filter(Sighting::answers).map(Sighting::state).filter(Objects::nonNull).toList();
            String ring = Rings.joined(states, wall.get() + " " + state.pod());
            state = new PeerState(state.pod(), UUID.randomUUID().toString().substring(0, 8), PeerPhase.STARTED, false, ring, given);
            since = clock.getAsLong();
            publish();
        }
        LOG.info(peers.isEmpty() ? "founds a ring: nobody to join" : "joins {}", names);
        events.emit(false, peers.isEmpty() ? "RingFounded" : "RingJoined", peers.isEmpty() ? "starts the program alone: there is nobody to join" : "starts the program, to join " + names);
    }

    private void note(String run, boolean answers) {
        boolean news;
        synchronized (this) {
            if (state.phase() != PeerPhase.STARTED || !state.run().equals(run)) {
                return;
            }
            news = answers != state.answers();
            state = new PeerState(state.pod(), run, state.phase(), answers, state.ring(), state.given());
        }
        if (news) {
            LOG.info(answers ? "the program answers" : "the program does not answer any more");
        }
    }

    private synchronized void notice(List<Sighting> others) {
        seen = others;
    }

    private synchronized void publish() {
        String unready = switch (state.phase()) {
            case WAITING -> "waits for " + waitsFor;
            case FOUNDING -> "looks once more before it founds a ring";
            case ENDING -> "ends";
            case STARTED -> state.answers() ? "" : "the program does not answer";
        };
        snapshot = new RingSnapshot(clock.getAsLong(), state, since, unready, seen, problems);
    }
}
