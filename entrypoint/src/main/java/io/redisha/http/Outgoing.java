package io.redisha.http;

import static io.redisha.http.HttpThread.SECOND;

import io.redisha.http.Calls.Call;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection to a sibling. */
final class Outgoing extends Connection {

    private static final Logger LOG = LoggerFactory.getLogger(Outgoing.class);

    /**
     * Bytes of an answer. The largest is what a cluster node says of all the others, some 400 bytes each and more while
     * slots move: enough for 500 nodes.
     */
    private static final int MAX_ANSWER = 256 * 1024;
    private static final long IDLE = 20 * SECOND;

    private final Calls.Pool pool;
    private Call call;
    private boolean used;
    private long idleSince;

    Outgoing(HttpThread http, Calls.Pool pool, SocketChannel channel, Call call) {
        super(http, channel);
        this.pool = pool;
        this.call = call;
    }

    long deadline() {
        return call != null ? call.deadline : idleSince + IDLE;
    }

    @Override
    public void ready(SelectionKey selected) throws IOException {
        if (selected.isValid() && selected.isConnectable()) {
            if (channel.finishConnect()) {
                connected();
            }
        } else {
            super.ready(selected);
        }
    }

    void connected() throws IOException {
        send(call.request);
    }

    void begin(Call next) {
        call = next;
        try {
            connected();
        } catch (IOException e) {
            end(e.toString());
        }
    }

    @Override
    boolean listening() {
        return true;
    }

    @Override
    void begun() throws Refused {
        if (call == null) {
            throw new Refused(0, "an answer to nothing");
        }
    }

    @Override
    void written() {
        // Now the answer is awaited.
    }

    @Override
    void expect(Head head) throws Refused {
        if (head.chunked() || head.length() > MAX_ANSWER) {
            throw new Refused(0, "an answer too long");
        }
    }

    /** Many siblings that answer at once must not be lost: their answers are read one after the other. */
    @Override
    void noRoom() {
        key.interestOps(0);
        pool.waitForRoom(this);
    }

    void again() {
        if (!ended()) {
            key.interestOps(SelectionKey.OP_READ);
            try {
                advance(0);
            } catch (IOException | RuntimeException e) {
                failed(e);
            }
        }
    }

    @Override
    void received(Head head, byte[] body) throws IOException {
        String[] word = head.start().split(" ", 3);
        int status;
        try {
            status = Integer.parseInt(word[1]);
        } catch (RuntimeException e) {
            throw new IOException("not HTTP");
        }
        Call answered = call;
        call = null;
        used = true;
        idleSince = System.nanoTime();
        if (head.close() || !untouched()) {
            end("done");
        } else {
            pool.idle(this);
        }
        answered.got(status, body);
    }

    @Override
    void failed(Exception e) {
        if (e instanceof RuntimeException) {
            LOG.warn("a connection failed", e);
        }
        end(e.toString());
    }

    @Override
    void end(String why) {
        boolean unanswered = untouched();
        if (!shut()) {
            return;
        }
        pool.gone(this);
        Call open = call;
        call = null;
        if (open == null) {
            return;
        }
        // The sibling's agent restarted since the last question, which this connection only now shows: ask again, at once.
        if (used && unanswered && open.mayRetry()) {
            pool.retry(open);
        } else {
            open.fail(why);
        }
    }
}
