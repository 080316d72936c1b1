package io.redisha.http;

import io.redisha.loop.Peers.Peer;
import io.redisha.loop.Snapshot;
import io.redisha.model.PodView;
import io.redisha.model.Timings;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A person's order to hand over, where there is one master: its own agent carries it out, any other passes it on, once. */
final class Handover {

    private static final String FORWARDED = "forwarded";

    /**
     * Who is who, as the own agent sees it now.
     *
     * @param leader pod that is to hand over, null if none is known
     * @param ours   that is this pod
     * @param host   where the leader's agent is, null if that is not known
     */
    record Sight(String self, String leader, boolean ours, String host) {}

    private final HttpThread http;
    private final Desk desk;
    private final AgentClient client;
    private final Supplier<Sight> sight;
    private final BiConsumer<String, Consumer<String>> handOver;
    private final long budget;

    /**
     * @param sight    null until the loop runs
     * @param handOver on the loop; is given to whom (null = whoever is best), and tells null for done, else why not
     * @param budget   nanoseconds that a handover may take
     */
    Handover(HttpThread http, Desk desk, AgentClient client, Supplier<Sight> sight, BiConsumer<String, Consumer<String>> handOver, long budget) {
        this.http = http;
        this.desk = desk;
        this.client = client;
        this.sight = sight;
        this.handOver = handOver;
        this.budget = budget;
    }

    long limit() {
        return budget + 4000 * Timings.MS;
    }

    void order(String to, String query, HttpThread.Reply reply) {
        Sight seen = sight.get();
        if (seen == null || seen.leader() == null && !seen.ours()) {
            Desk.text(reply, 409, "no leader is known: nothing to hand over");
        } else if (seen.ours()) {
            long start = System.nanoTime();
            desk.onLoop(reply, () -> handOver.accept(to, outcome -> {
                if (outcome == null) {
                    long took = System.nanoTime() - start;
                    http.post(() -> handedOver(took, 50, reply));
                } else {
                    Desk.text(reply, 409, outcome);
                }
            }));
        } else if (query.equals(FORWARDED)) {
            Desk.text(reply, 409, seen.self() + " does not lead any more: ask again");
        } else if (seen.host() == null) {
            Desk.text(reply, 409, "the address of the leader " + seen.leader() + " is not known");
        } else {
            client.text(new Peer(seen.leader(), seen.host()), "/member/switchover", FORWARDED, Wire.switchoverTo(to), budget + 3000 * Timings.MS,
                    (status, text) -> Desk.text(reply, status == 0 ? 503 : status, status == 0 ? "the leader " + text : text));
        }
    }

    /** Null if it is not known. */
    static String hostOf(String pod, List<Snapshot.Sibling> siblings, List<PodView> pods) {
        return siblings.stream().map(Snapshot.Sibling::state).filter(s -> s.id().pod().equals(pod) && s.redis() != null).map(s -> s.redis().host()).findFirst()
                .or(() -> pods.stream().filter(p -> p.id().pod().equals(pod)).map(PodView::ip).filter(Objects::nonNull).findFirst())
                .orElse(null);
    }

    /** The snapshot follows the loop by a tenth of a second; only then it names who leads now. */
    private void handedOver(long took, int patience, HttpThread.Reply reply) {
        Sight seen = sight.get();
        String leader = seen.ours() ? null : seen.leader();
        if ((leader == null || leader.equals(seen.self())) && patience > 0) {
            http.after(20 * Timings.MS, () -> handedOver(took, patience - 1, reply));
        } else {
            Desk.text(reply, 200, String.format(Locale.ROOT, "%s is master now (%.2f s)", leader == null ? "another pod" : leader, took / 1e9));
        }
    }
}
