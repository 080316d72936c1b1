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
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where siblings, and the {@code switchover} command, talk to this member. Who does not know the release's password gets 401. */
public final class MemberServer implements HttpThread.Handler {

    private static final Logger LOG = LoggerFactory.getLogger(MemberServer.class);
    /** Of the half second that a question may take, what the own server may. */
    private static final long SERVER_PATIENCE = 350 * Timings.MS;
    private static final byte[] NOTHING = {};

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

    private final Token token;
    private final Executor loop;
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
        this.token = token;
        this.loop = loop;
        this.answers = answers;
        this.freshen = freshen;
        this.snapshot = snapshot;
        this.peers = peers;
        this.handover = handover;
        this.http = http;
        this.port = http.listen(port, this);
    }

    public int port() {
        return port;
    }

    @Override
    public long limit(String path) {
        return path.equals("/member/switchover") ? handover + 4000 * Timings.MS : 500 * Timings.MS;
    }

    @Override
    public void handle(HttpThread.Request request, HttpThread.Reply reply) {
        if (!token.matches(request.authorization())) {
            reply.send(401, "text/plain", NOTHING);
            return;
        }
        try {
            switch (request.method() + " " + request.path()) {
                case "POST /member/heartbeat" -> {
                    Heartbeat heartbeat = Wire.heartbeat(request.body());
                    answer(reply, () -> Wire.encode(answers.onHeartbeat(heartbeat)));
                }
                case "POST /member/vote" -> {
                    Vote vote = Wire.vote(request.body());
                    answer(reply, () -> Wire.encode(answers.onVote(vote)));
                }
                case "GET /member/state" -> state(reply);
                case "POST /member/lease" -> {
                    LeaseView.Present lease = Wire.lease(request.body());
                    answer(reply, () -> {
                        answers.onTold(lease);
                        return NOTHING;
                    });
                }
                case "POST /member/switchover" -> switchover(Wire.switchoverTo(request.body()), request.query().equals("forwarded"), reply);
                default -> reply.send(404, "text/plain", NOTHING);
            }
        } catch (IOException | RuntimeException e) {
            LOG.debug("{} {}: {}", request.method(), request.path(), e.toString());
            reply.send(400, "text/plain", NOTHING);
        }
    }

    private void answer(HttpThread.Reply reply, Supplier<byte[]> work) {
        loop.execute(() -> {
            byte[] body;
            try {
                body = work.get();
            } catch (RuntimeException e) {
                LOG.error("a sibling's question failed", e);
                reply.send(500, "text/plain", NOTHING);
                return;
            }
            reply.send(200, "application/json", body);
        });
    }

    /**
     * The asker compares offsets, so the server is asked first. One that does not answer in time is no reason for silence:
     * what this member knew before still says whether it leads, and its old offset is one that its data surely has.
     */
    private void state(HttpThread.Reply reply) {
        AtomicBoolean answered = new AtomicBoolean();
        Runnable answer = () -> {
            if (answered.compareAndSet(false, true)) {
                answer(reply, () -> Wire.encode(answers.onAsk()));
            }
        };
        http.after(SERVER_PATIENCE, answer);
        freshen.accept(answer);
    }

    private void switchover(String to, boolean forwarded, HttpThread.Reply reply) {
        Snapshot seen = snapshot.get();
        if (seen == null || seen.leader() == null && !seen.self().leading()) {
            reply.send(409, "text/plain", bytes("no leader is known: nothing to hand over"));
        } else if (seen.self().leading()) {
            long start = System.nanoTime();
            loop.execute(() -> answers.onSwitchover(to, outcome -> {
                if (outcome == null) {
                    long took = System.nanoTime() - start;
                    http.post(() -> handedOver(took, 50, reply));
                } else {
                    reply.send(409, "text/plain", bytes(outcome));
                }
            }));
        } else if (forwarded) {
            reply.send(409, "text/plain", bytes(seen.self().id().pod() + " does not lead any more: ask again"));
        } else {
            String host = hostOf(seen, seen.leader());
            if (host == null) {
                reply.send(409, "text/plain", bytes("the address of the leader " + seen.leader() + " is not known"));
                return;
            }
            peers.switchover(new Peer(seen.leader(), host), to, handover + 3000 * Timings.MS,
                    (status, text) -> reply.send(status == 0 ? 503 : status, "text/plain", bytes(text)));
        }
    }

    /** The snapshot follows the loop by a tenth of a second; only then it names who leads now. */
    private void handedOver(long took, int patience, HttpThread.Reply reply) {
        Snapshot seen = snapshot.get();
        String leader = seen.self().leading() ? null : seen.leader();
        if ((leader == null || leader.equals(seen.self().id().pod())) && patience > 0) {
            http.after(20 * Timings.MS, () -> handedOver(took, patience - 1, reply));
        } else {
            reply.send(200, "text/plain", bytes(String.format(Locale.ROOT, "%s is master now (%.2f s)", leader == null ? "another pod" : leader, took / 1e9)));
        }
    }

    private static String hostOf(Snapshot seen, String pod) {
        return seen.siblings().stream().map(Snapshot.Sibling::state)
                .filter(s -> s.id().pod().equals(pod) && s.redis() != null).map(s -> s.redis().host()).findFirst()
                .or(() -> seen.pods().stream().filter(p -> p.id().pod().equals(pod)).map(PodView::ip).filter(Objects::nonNull).findFirst())
                .orElse(null);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
