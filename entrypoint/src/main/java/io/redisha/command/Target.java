package io.redisha.command;

import io.redisha.model.Shape;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** The shape that a cluster is told to have before its StatefulSet says so; told once. */
final class Target {

    private static final Duration PATIENCE = Duration.ofSeconds(7);

    private final Pods pods;
    private final String password;
    private boolean done;
    private int turn;

    Target(Pods pods, String password) {
        this.pods = pods;
        this.password = password;
    }

    /**
     * Any pod passes it on to the leader.
     *
     * @param shape null: what the StatefulSet says
     * @param to    pods that answer
     * @return null when it is accepted, now or before, else why not yet
     */
    String order(Shape shape, List<String> to) {
        if (done) {
            return null;
        }
        String body = shape == null ? "{}"
                : "{\"shards\":" + shape.shards() + ",\"replicasPerShard\":" + shape.replicasPerShard() + ",\"pods\":" + shape.pods() + "}";
        if (to.isEmpty()) {
            return "no pod answers";
        }
        // another one each time: the first may be cut off from the leader
        String pod = to.get(turn++ % to.size());
        String why;
        try {
            PlainHttp.Reply reply = pods.order(pod, "/member/target", password, body, PATIENCE);
            done = reply.status() == 200;
            why = done ? null : reply.status() == 401 ? pod + " does not accept the password" : reply.body().strip();
        } catch (IOException e) {
            why = pod + " does not answer: " + e.getMessage();
        }
        return done ? null : (shape == null ? "an announced shape may still hold: " : "the shape was not handed over: ") + why;
    }
}
