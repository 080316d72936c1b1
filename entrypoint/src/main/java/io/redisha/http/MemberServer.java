package io.redisha.http;

import io.redisha.loop.Peers.Peer;
import io.redisha.loop.Snapshot;
import io.redisha.model.Heartbeat;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberState;
import io.redisha.model.PodView;
import io.redisha.model.Timings;
import io.redisha.model.Vote;
import java.io.IOException;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Where siblings, and the {@code switchover} command, talk to this member of a replication. */
public final class MemberServer implements Desk.Routes {

    /** The member's own answers; called on the loop's thread only. */
    public interface Answers {

        Heartbeat.Reply onHeartbeat(Heartbeat heartbeat);

        Vote.Reply onVote(Vote vote);

        MemberState onAsk();

        void onTold(LeaseView.Present lease);

        /**
         * @param to      null = whoever is best
         * @param outcome null for done, else why not
         */
        void onSwitchover(String to, Consumer<String> outcome);
    }

    private final Desk desk;
    private final Answers answers;
    private final Consumer<Runnable> freshen;
    private final Supplier<Snapshot> snapshot;
    private final PeerClient peers;
    private final long handover;
    private final HttpThread http;
    private final int port;

    /**
     * @param freshen  asks the own server for INFO now, without blocking; runs its argument on the loop's thread when the loop has the answer
     * @param handover nanoseconds that a handover may take
     */
    public MemberServer(HttpThread http, int port, Token token, Executor loop, Answers answers, Consumer<Runnable> freshen,
            Supplier<Snapshot> snapshot, PeerClient peers, long handover) throws IOException {
        this.answers = answers;
        this.freshen = freshen;
        this.snapshot = snapshot;
        this.peers = peers;
        this.handover = handover;
        this.http = http;
        this.desk = new Desk(http, token, loop);
        this.port = desk.open(port, this);
    }

    public int port() {
        return port;
    }

    @Override
    public long limit(String path) {
        return path.equals("/member/switchover") ? handover + 4000 * Timings.MS : Desk.QUESTION;
    }

    @Override
    public boolean route(HttpThread.Request request, HttpThread.Reply reply) throws IOException {
        switch (request.method() + " " + request.path()) {
            case "POST /member/heartbeat" -> {
                Heartbeat heartbeat = Wire.heartbeat(request.body());
                desk.answer(reply, () -> Wire.encode(answers.onHeartbeat(heartbeat)));
            }
            case "POST /member/vote" -> {
                Vote vote = Wire.vote(request.body());
                desk.answer(reply, () -> Wire.encode(answers.onVote(vote)));
            }
            case "GET /member/state" -> desk.answerAfresh(reply, freshen, () -> Wire.encode(answers.onAsk()));
            case "POST /member/lease" -> {
                LeaseView.Present lease = Wire.lease(request.body());
                desk.answer(reply, () -> {
                    answers.onTold(lease);
                    return Desk.NOTHING;
                });
            }
            case "POST /member/switchover" -> switchover(Wire.switchoverTo(request.body()), request.query().equals("forwarded"), reply);
            default -> {
                return false;
            }
        }
        return true;
    }

    private void switchover(String to, boolean forwarded, HttpThread.Reply reply) {
        Snapshot seen = snapshot.get();
        if (seen == null || seen.leader() == null && !seen.self().leading()) {
            Desk.text(reply, 409, "no leader is known: nothing to hand over");
        } else if (seen.self().leading()) {
            long start = System.nanoTime();
            desk.onLoop(reply, () -> answers.onSwitchover(to, outcome -> {
                if (outcome == null) {
                    long took = System.nanoTime() - start;
                    http.post(() -> handedOver(took, 50, reply));
                } else {
                    Desk.text(reply, 409, outcome);
                }
            }));
        } else if (forwarded) {
            Desk.text(reply, 409, seen.self().id().pod() + " does not lead any more: ask again");
        } else {
            String host = hostOf(seen, seen.leader());
            if (host == null) {
                Desk.text(reply, 409, "the address of the leader " + seen.leader() + " is not known");
                return;
            }
            peers.switchover(new Peer(seen.leader(), host), to, handover + 3000 * Timings.MS,
                    (status, text) -> Desk.text(reply, status == 0 ? 503 : status, text));
        }
    }

    /** The snapshot follows the loop by a tenth of a second; only then it names who leads now. */
    private void handedOver(long took, int patience, HttpThread.Reply reply) {
        Snapshot seen = snapshot.get();
        String leader = seen.self().leading() ? null : seen.leader();
        if ((leader == null || leader.equals(seen.self().id().pod())) && patience > 0) {
            http.after(20 * Timings.MS, () -> handedOver(took, patience - 1, reply));
        } else {
            Desk.text(reply, 200, String.format(Locale.ROOT, "%s is master now (%.2f s)", leader == null ? "another pod" : leader, took / 1e9));
        }
    }

    private static String hostOf(Snapshot seen, String pod) {
        return seen.siblings().stream().map(Snapshot.Sibling::state)
                .filter(s -> s.id().pod().equals(pod) && s.redis() != null).map(s -> s.redis().host()).findFirst()
                .or(() -> seen.pods().stream().filter(p -> p.id().pod().equals(pod)).map(PodView::ip).filter(Objects::nonNull).findFirst())
                .orElse(null);
    }
}
