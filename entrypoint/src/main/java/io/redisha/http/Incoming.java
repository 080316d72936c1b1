package io.redisha.http;

import static io.redisha.http.HttpThread.SECOND;

import io.redisha.http.HttpThread.Admission;
import io.redisha.http.HttpThread.Handler;
import io.redisha.http.HttpThread.Reply;
import io.redisha.http.HttpThread.Request;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/** A connection that a client opened. One request at a time; the next one, if it is there already, has to wait for the thread's next turn. */
final class Incoming extends Connection {

    private static final long REQUEST_TIME = 5 * SECOND;
    /** More than what a client of ours keeps an idle connection for, so that it is nearly always the client that hangs up. */
    private static final long IDLE = 60 * SECOND;
    /** Ours have 30. They are kept while the answer is made. */
    private static final int MAX_TARGET = 1024;
    private static final byte[] NO_BODY = {};

    private final Clients clients;
    private final Handler handler;
    private final Refusals refusals;
    /** What was asked last and is not answered yet. */
    private PendingReply current;
    private Request request;
    /** From when a request is whole until its answer has left, and the next one had its turn. */
    private boolean busy;
    private boolean close;
    /** Its last request came with the release's password. */
    private boolean proven;
    private long since = System.nanoTime();
    private long deadline = since + REQUEST_TIME;

    Incoming(HttpThread http, Clients clients, SocketChannel channel, Handler handler, Refusals refusals) {
        super(http, channel);
        this.clients = clients;
        this.handler = handler;
        this.refusals = refusals;
    }

    boolean proven() {
        return proven;
    }

    boolean busy() {
        return busy;
    }

    /** When it was opened, or its last request was whole: by which strangers go when room is needed. */
    long since() {
        return since;
    }

    long deadline() {
        return deadline;
    }

    @Override
    boolean listening() {
        return !busy;
    }

    @Override
    void begun() {
        deadline = System.nanoTime() + REQUEST_TIME;
    }

    @Override
    void expect(Head head) throws Refused {
        String[] word = head.start().split(" ", -1);
        if (word.length != 3 || word[0].isEmpty() || !word[1].startsWith("/") || !word[2].equals("HTTP/1.1") && !word[2].equals("HTTP/1.0")) {
            throw new Refused(400, "not HTTP/1.1");
        }
        if (word[1].length() > MAX_TARGET) {
            throw new Refused(414, "a path too long");
        }
        int mark = word[1].indexOf('?');
        request = new Request(word[0], mark < 0 ? word[1] : word[1].substring(0, mark), mark < 0 ? "" : word[1].substring(mark + 1),
                head.authorization(), NO_BODY);
        Admission admission = handler.admit(request);
        if (admission.refusal() != 0) {
            throw new Refused(admission.refusal(), "it does not know the release's password");
        }
        if (admission.maxBody() == 0 && (head.chunked() || head.length() > 0)) {
            throw new Refused(413, "a body where none is expected");
        }
        if (head.chunked()) {
            throw new Refused(411, "a body without a length");
        }
        if (head.length() > admission.maxBody()) {
            throw new Refused(413, "a body too long");
        }
        proven = admission.proven();
    }

    @Override
    void noRoom() throws Refused {
        throw new Refused(503, "no room for its body");
    }

    @Override
    void received(Head head, byte[] body) {
        busy = true;
        close = head.close();
        since = System.nanoTime();
        current = new PendingReply(request.method().equals("HEAD"));
        PendingReply reply = current;
        Request whole = new Request(request.method(), request.path(), request.query(), request.authorization(), body);
        request = null;
        deadline = since + handler.limit(whole.path());
        try {
            handler.handle(whole, reply);
        } catch (RuntimeException e) {
            refusals.note("the answer failed", client(), e);
            reply.send(500, "text/plain", NO_BODY);
        }
    }

    @Override
    void written() {
        if (close) {
            end("done");
            return;
        }
        deadline = System.nanoTime() + IDLE;
        if (untouched()) {
            busy = false;
        } else {
            http.nextTurn(this::turn);
        }
    }

    private void turn() {
        if (!ended()) {
            busy = false;
            begun();
            key.interestOps(SelectionKey.OP_READ);
            try {
                advance(0);
            } catch (IOException | RuntimeException e) {
                failed(e);
            }
        }
    }

    void late() {
        if (current != null && !sending()) {
            current.send(503, "text/plain", "no answer in time\n".getBytes(StandardCharsets.US_ASCII));
        } else {
            end("idle");
        }
    }

    /** A request that is not taken is told so if that costs nothing, and never a second time on one connection. */
    @Override
    void failed(Exception e) {
        if (ended()) {
            return;
        }
        if (e instanceof Refused refused) {
            refusals.note(refused.getMessage(), client(), null);
            if (!sending() && !busy) {
                forget();
                busy = true;
                close = true;
                current = new PendingReply(false);
                current.send(refused.status(), "text/plain", NO_BODY);
            }
        } else if (e instanceof RuntimeException) {
            refusals.note("its connection failed", client(), e);
        }
        end(e.toString());
    }

    void drop(String why) {
        refusals.note(why, client(), null);
        end(why);
    }

    private String client() {
        try {
            return channel.getRemoteAddress() instanceof InetSocketAddress address ? address.getAddress().getHostAddress() : "nobody";
        } catch (IOException e) {
            return "a closed connection";
        }
    }

    @Override
    void end(String why) {
        if (shut()) {
            clients.gone(this);
        }
    }

    /** The reply to one request: a late one must not be taken for that of the next request on the same connection. */
    private final class PendingReply implements Reply {

        private final boolean headOnly;

        PendingReply(boolean headOnly) {
            this.headOnly = headOnly;
        }

        @Override
        public void send(int status, String contentType, byte[] body) {
            if (!http.isCurrent()) {
                http.post(() -> send(status, contentType, body));
                return;
            }
            if (ended() || current != this) {
                return;
            }
            current = null;
            byte[] head = ("HTTP/1.1 " + status + " " + phrase(status) + "\r\nContent-Type: " + contentType + "\r\nContent-Length: " + body.length
                    + (close ? "\r\nConnection: close" : "") + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
            deadline = System.nanoTime() + REQUEST_TIME;
            try {
                Incoming.this.send(headOnly ? head : join(head, body));
            } catch (IOException e) {
                failed(e);
            }
        }

        private static String phrase(int status) {
            return switch (status) {
                case 200 -> "OK";
                case 400 -> "Bad Request";
                case 401 -> "Unauthorized";
                case 404 -> "Not Found";
                case 405 -> "Method Not Allowed";
                case 409 -> "Conflict";
                case 411 -> "Length Required";
                case 413 -> "Content Too Large";
                case 414 -> "URI Too Long";
                case 431 -> "Request Header Fields Too Large";
                case 503 -> "Service Unavailable";
                default -> "-";
            };
        }
    }
}
