package io.redisha.http;

import io.redisha.loop.Peers.Peer;
import io.redisha.loop.cluster.ClusterAnswers;
import io.redisha.loop.cluster.ClusterSnapshot;
import io.redisha.loop.cluster.Outcome;
import io.redisha.model.NodeState;
import io.redisha.model.PodView;
import io.redisha.model.Shape;
import io.redisha.model.Timings;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Where siblings, the hooks and the commands talk to the agent of a cluster node. */
public final class ClusterMemberServer implements Desk.Routes {

    /** What an order to the leader may take: a write of the Lease, and a look at every pod. */
    private static final long ORDER = 6000 * Timings.MS;
    /** A person's repair asks every pod, and changes some. */
    private static final long FIX = 60_000 * Timings.MS;
    /** By which the leader must answer sooner than whoever passed the order on to it. */
    private static final long HOP = 1000 * Timings.MS;

    private final Desk desk;
    private final ClusterAnswers answers;
    private final Consumer<Runnable> freshen;
    private final Supplier<ClusterSnapshot> snapshot;
    private final NodePeers peers;
    private final long handover;
    private final int port;

    /**
     * @param freshen  asks the own server now, without blocking; runs its argument on the loop's thread when the loop has the answer
     * @param snapshot gives null until the loop runs
     * @param handover nanoseconds that a handover may take
     */
    public ClusterMemberServer(HttpThread http, int port, Token token, Executor loop, ClusterAnswers answers, Consumer<Runnable> freshen,
            Supplier<ClusterSnapshot> snapshot, NodePeers peers, long handover) throws IOException {
        this.answers = answers;
        this.freshen = freshen;
        this.snapshot = snapshot;
        this.peers = peers;
        this.handover = handover;
        this.desk = new Desk(http, token, loop);
        this.port = desk.open(port, this);
    }

    public int port() {
        return port;
    }

    @Override
    public long limit(String path) {
        return switch (path) {
            case "/member/switchover" -> handover + 4000 * Timings.MS;
            case "/member/target" -> ORDER;
            case "/member/fix" -> FIX;
            default -> Desk.QUESTION;
        };
    }

    @Override
    public boolean route(HttpThread.Request request, HttpThread.Reply reply) throws IOException {
        switch (request.method() + " " + request.path()) {
            case "GET /member/node" -> desk.answerAfresh(reply, freshen, () -> NodeWire.encode(answers.onAsk()));
            case "POST /member/belong" -> {
                String datasetId = NodeWire.datasetId(request.body());
                desk.onLoop(reply, () -> settle(reply, answers.onBelong(datasetId)));
            }
            case "POST /member/target" -> {
                Shape target = NodeWire.target(request.body());
                ofTheLeader(request, reply, () -> answers.onTarget(target, why -> settle(reply, why)));
            }
            case "POST /member/switchover" -> {
                NodeWire.Switchover wanted = NodeWire.switchover(request.body());
                desk.onLoop(reply, () -> answers.onSwitchover(wanted.shard(), wanted.to(), outcome -> tell(reply, outcome)));
            }
            case "POST /member/fix" -> {
                boolean confirmed = NodeWire.confirmed(request.body());
                ofTheLeader(request, reply, () -> answers.onFix(confirmed, outcome -> tell(reply, outcome)));
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private static void settle(HttpThread.Reply reply, String why) {
        tell(reply, new Outcome(why == null, why == null ? "" : why));
    }

    private static void tell(HttpThread.Reply reply, Outcome outcome) {
        Desk.text(reply, outcome.done() ? 200 : 409, outcome.text());
    }

    /** Only who holds the Lease changes the cluster's shape; any other pod passes the order on, once. */
    private void ofTheLeader(HttpThread.Request request, HttpThread.Reply reply, Runnable order) {
        ClusterSnapshot seen = snapshot.get();
        String leader = seen == null ? null : seen.leader();
        if (leader == null) {
            Desk.text(reply, 503, "no pod leads yet: ask again");
        } else if (leader.equals(seen.self().pod())) {
            desk.onLoop(reply, order);
        } else if (request.query().equals(NodePeers.FORWARDED)) {
            Desk.text(reply, 503, seen.self().pod() + " does not lead: ask again");
        } else {
            String host = hostOf(seen, leader);
            if (host == null) {
                Desk.text(reply, 503, "the address of the leader " + leader + " is not known");
                return;
            }
            peers.forward(new Peer(leader, host), request.path(), request.body(), limit(request.path()) - HOP,
                    (status, text) -> Desk.text(reply, status == 0 ? 503 : status, text));
        }
    }

    private static String hostOf(ClusterSnapshot seen, String pod) {
        return seen.pods().stream().filter(p -> p.id().pod().equals(pod)).map(PodView::ip).filter(Objects::nonNull).findFirst()
                .or(() -> seen.siblings().stream().map(ClusterSnapshot.Sibling::state).filter(s -> s.pod().equals(pod)).map(NodeState::redis)
                        .filter(Objects::nonNull).map(r -> r.host()).findFirst())
                .orElse(null);
    }
}
