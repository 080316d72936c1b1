package io.redisha.http;

import io.redisha.loop.Snapshot;
import io.redisha.model.Heartbeat;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberState;
import io.redisha.model.Vote;
import java.io.IOException;
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
    private final Handover switchover;
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
        this.desk = new Desk(http, token, loop);
        this.switchover = new Handover(http, desk, peers.agents(), this::sight, answers::onSwitchover, handover);
        this.port = desk.open(port, this);
    }

    public int port() {
        return port;
    }

    @Override
    public long limit(String path) {
        return path.equals("/member/switchover") ? switchover.limit() : Desk.QUESTION;
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
            case "POST /member/switchover" -> switchover.order(Wire.switchoverTo(request.body()), request.query(), reply);
            default -> {
                return false;
            }
        }
        return true;
    }

    private Handover.Sight sight() {
        Snapshot seen = snapshot.get();
        return seen == null ? null : new Handover.Sight(seen.self().id().pod(), seen.leader(), seen.self().leading(), 
                Handover.hostOf(seen.leader(), seen.siblings(), seen.pods()));
    }
}
