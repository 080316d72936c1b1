package io.redisha.http;

import io.redisha.loop.Peers.Peer;
import io.redisha.loop.cluster.Asking;
import io.redisha.loop.cluster.Siblings;
import io.redisha.model.NodeState;
import io.redisha.model.Shape;
import io.redisha.model.Timings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Talks to the siblings' {@link ClusterMemberServer}s. */
public final class NodePeers implements Siblings {

    static final String FORWARDED = "forwarded";

    private static final long ORDER = 7000 * Timings.MS;

    private final AgentClient client;
    private final long within;
    private final Executor loop;

    /**
     * @param port   where siblings listen
     * @param within nanoseconds after which an answer to a question is worth nothing
     */
    public NodePeers(HttpThread http, int port, Token token, long within, Executor loop) {
        this.client = new AgentClient(http, port, token);
        this.within = within;
        this.loop = loop;
    }

    @Override
    public void ask(Peer to, Consumer<NodeState> then) {
        client.send(to, "GET", "/member/node", Desk.NOTHING, within, NodeWire::state, state -> {
            // an address may have passed to another release's pod meanwhile, and the two may share a Secret
            if (state.pod().equals(to.pod())) {
                loop.execute(() -> then.accept(state));
            }
        }, () -> { });
    }

    @Override
    public void belong(Peer to, String datasetId, Consumer<String> then) {
        order(to, "/member/belong", NodeWire.datasetId(datasetId), within, then);
    }

    @Override
    public void target(Peer to, Shape target, Consumer<String> then) {
        order(to, "/member/target", NodeWire.target(target), ORDER, then);
    }

    /**
     * Asks all at once, for a thread that may wait and before the loop runs. Who answers as another pod than the one asked has not answered.
     */
    public Asking.Answers askAll(Collection<Peer> siblings, Duration patience) throws InterruptedException {
        List<NodeState> states = new ArrayList<>();
        Set<String> silent = new TreeSet<>();
        siblings.forEach(to -> silent.add(to.pod()));
        CountDownLatch open = new CountDownLatch(siblings.size());
        for (Peer to : siblings) {
            client.send(to, "GET", "/member/node", Desk.NOTHING, patience.toNanos(), NodeWire::state, state -> {
                synchronized (states) {
                    if (state.pod().equals(to.pod()) && silent.remove(to.pod())) {
                        states.add(state);
                    }
                }
                open.countDown();
            }, open::countDown);
        }
        open.await(patience.toNanos() + 100 * Timings.MS, TimeUnit.NANOSECONDS);
        synchronized (states) {
            return new Asking.Answers(List.copyOf(states), Set.copyOf(silent));
        }
    }

    /** Passes an order on to the leader. {@code then} gets status and text on the HTTP thread; status 0 = no answer. */
    void forward(Peer leader, String path, byte[] body, long patience, BiConsumer<Integer, String> then) {
        client.text(leader, path, FORWARDED, body, patience, (status, text) -> then.accept(status, status == 0 ? "the leader " + text : text));
    }

    private void order(Peer to, String path, byte[] body, long patience, Consumer<String> then) {
        client.text(to, path, "", body, patience, (status, text) -> {
            if (status != 0) {
                String why = status == 200 ? null : text.isBlank() ? to.pod() + " answered " + status : text;
                loop.execute(() -> then.accept(why));
            }
        });
    }
}
