package io.redisha.http;

import io.redisha.model.Timings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where an agent is talked to, whatever about: who does not know the release's password gets 401 before anything of what it
 * says is kept, and the loop's thread answers.
 */
final class Desk implements HttpThread.Handler {

    private static final Logger LOG = LoggerFactory.getLogger(Desk.class);
    /** Of the half second that a question may take, what the own server may. */
    private static final long SERVER_PATIENCE = 350 * Timings.MS;

    /**
     * Bytes of what a member is told. A heartbeat has some 250; the longest is a Lease, of 65 for each member with names as
     * they are and 170 with the longest: 240 and 95 members. Of more, siblings hear from the API server alone.
     */
    static final int MAX_BODY = 16 * 1024;

    static final long QUESTION = 500 * Timings.MS;
    static final byte[] NOTHING = {};

    /** What there is to talk about. */
    interface Routes {

        /**
         * Runs on the HTTP thread: must not block.
         *
         * @return false if there is no such route
         * @throws IOException if the body is not what it should be
         */
        boolean route(HttpThread.Request request, HttpThread.Reply reply) throws IOException;

        /** Nanoseconds within which there must be a reply. */
        long limit(String path);
    }

    private final HttpThread http;
    private final Token token;
    private final Executor loop;
    /** Where nonsense was told, by somebody who knows the password; only touched on the HTTP thread. */
    private final Set<String> garbled = new HashSet<>();
    private Routes routes;

    Desk(HttpThread http, Token token, Executor loop) {
        this.http = http;
        this.token = token;
        this.loop = loop;
    }

    /** @return the port */
    int open(int port, Routes offered) throws IOException {
        routes = offered;
        return http.listen(port, this);
    }

    @Override
    public long limit(String path) {
        return routes.limit(path);
    }

    @Override
    public HttpThread.Admission admit(HttpThread.Request head) {
        if (!token.matches(head.authorization())) {
            return HttpThread.Admission.refused(401);
        }
        return new HttpThread.Admission(0, head.method().equals("POST") ? MAX_BODY : 0, true);
    }

    @Override
    public void handle(HttpThread.Request request, HttpThread.Reply reply) {
        try {
            if (!routes.route(request, reply)) {
                text(reply, 404, "");
            }
        } catch (IOException | RuntimeException e) {
            // a sibling's would come five times a second; who asks for what there is not has had its 404
            if (garbled.add(request.path())) {
                LOG.warn("{} {} is told what this program does not understand: {}", request.method(), request.path(), e.toString());
            }
            text(reply, 400, "");
        }
    }

    /** @param work on the loop's thread */
    void answer(HttpThread.Reply reply, Supplier<byte[]> work) {
        onLoop(reply, () -> reply.send(200, "application/json", work.get()));
    }

    /** @param work on the loop's thread; sends the reply, now or later */
    void onLoop(HttpThread.Reply reply, Runnable work) {
        loop.execute(() -> {
            try {
                work.run();
            } catch (RuntimeException e) {
                LOG.error("a question failed", e);
                text(reply, 500, "");
            }
        });
    }

    /**
     * The asker compares offsets, so the server is asked first. One that does not answer in time is no reason for silence:
     * what this agent knew before still says what it is, and its old offset is one that its data surely has.
     *
     * @param freshen asks the own server now, without blocking; runs its argument on the loop's thread when the loop has the answer
     */
    void answerAfresh(HttpThread.Reply reply, Consumer<Runnable> freshen, Supplier<byte[]> work) {
        AtomicBoolean answered = new AtomicBoolean();
        Runnable answer = () -> {
            if (answered.compareAndSet(false, true)) {
                answer(reply, work);
            }
        };
        http.after(SERVER_PATIENCE, answer);
        freshen.accept(answer);
    }

    static void text(HttpThread.Reply reply, int status, String text) {
        reply.send(status, "text/plain", text.getBytes(StandardCharsets.UTF_8));
    }
}
