package io.redisha.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A socket, the message that comes in and the one that leaves. It reads no more than it may keep: the rest waits in the
 * kernel, or at the sender. What it keeps is taken from the thread's {@link Budget}.
 */
abstract class Connection implements HttpThread.Event {

    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);
    private static final byte[] NOTHING = {};
    /**
     * What is read first, when it is not known yet whose it is and whether there is room for more: a head of ours, or a
     * whole heartbeat.
     */
    private static final int FIRST = 1024;
    /** What is written at once: a socket that takes little must not make the whole be copied each time. */
    private static final int PIECE = 16 * 1024;

    final HttpThread http;
    final SocketChannel channel;
    SelectionKey key;
    /** The head as far as it has come, and what came behind the message in one piece with it. */
    private byte[] in = NOTHING;
    private int filled;
    private Head head;
    private byte[] body;
    private int bodyFilled;
    private byte[] out = NOTHING;
    private int sent;
    private boolean ended;

    Connection(HttpThread http, SocketChannel channel) {
        this.http = http;
        this.channel = channel;
    }

    /** Whether a message may come now. One that comes all the same waits in the kernel. */
    abstract boolean listening();

    /** The first byte of a message has come. */
    abstract void begun() throws Refused;

    /** The head is whole, of the body nothing is kept yet. @throws Refused if the message is not taken */
    abstract void expect(Head whole) throws Refused;

    /** The budget has no room for the body. */
    abstract void noRoom() throws Refused;

    abstract void received(Head whole, byte[] content) throws IOException;

    /** All of what was sent has left. */
    abstract void written();

    abstract void failed(Exception e);

    abstract void end(String why);

    @Override
    public void ready(SelectionKey selected) throws IOException {
        if (selected.isValid() && selected.isReadable()) {
            if (listening()) {
                read();
            } else {
                selected.interestOps(0);
            }
        }
        if (!ended && selected.isValid() && selected.isWritable()) {
            write();
        }
    }

    private void read() throws IOException {
        ByteBuffer buffer = http.buffer();
        buffer.clear().limit(Math.min(buffer.capacity(), head != null ? body.length - bodyFilled : filled < FIRST ? FIRST - filled : Head.MAX - filled));
        int count = channel.read(buffer);
        if (count < 0) {
            end("connection closed");
            return;
        }
        buffer.flip();
        if (head != null) {
            buffer.get(body, bodyFilled, count);
            bodyFilled += count;
            deliver();
        } else if (count > 0) {
            if (filled == 0) {
                begun();
            }
            int looked = filled;
            grow(filled + count);
            buffer.get(in, filled, count);
            filled += count;
            advance(looked);
        }
    }

    private void grow(int needed) throws Refused {
        if (needed > in.length) {
            int size = Math.max(FIRST, Integer.highestOneBit(needed - 1) << 1);
            if (!http.budget().take(size - in.length, this)) {
                throw new Refused(503, "no room for its head");
            }
            in = Arrays.copyOf(in, size);
        }
    }

    /** Goes on with what has come. @param looked so much of it is known to hold no end of a head */
    final void advance(int looked) throws IOException {
        if (head == null) {
            int end = Head.end(in, looked, filled);
            if (end < 0) {
                if (filled == Head.MAX) {
                    throw new Refused(431, "a head too long");
                }
                return;
            }
            head = Head.of(in, end);
            used(end);
            expect(head);
        }
        if (!http.budget().take(head.length(), this)) {
            noRoom();
            return;
        }
        body = head.length() == 0 ? NOTHING : new byte[head.length()];
        bodyFilled = Math.min(body.length, filled);
        System.arraycopy(in, 0, body, 0, bodyFilled);
        used(bodyFilled);
        deliver();
    }

    private void used(int bytes) {
        filled -= bytes;
        System.arraycopy(in, bytes, in, 0, filled);
        if (filled == 0) {
            http.budget().give(in.length);
            in = NOTHING;
        }
    }

    private void deliver() throws IOException {
        if (bodyFilled == body.length) {
            Head whole = head;
            byte[] content = body;
            head = null;
            forgetBody();
            received(whole, content);
        }
    }

    private void forgetBody() {
        if (body != null) {
            http.budget().give(body.length);
            body = null;
            bodyFilled = 0;
        }
    }

    /** What came is not used any more. */
    final void forget() {
        used(filled);
        head = null;
        forgetBody();
    }

    /** Nothing has come since the last message. */
    final boolean untouched() {
        return filled == 0 && head == null;
    }

    /** Bytes that are kept for it. */
    final int kept() {
        return in.length + (body == null ? 0 : body.length) + out.length;
    }

    final boolean ended() {
        return ended;
    }

    /** Whether something waits to leave. */
    final boolean sending() {
        return out.length > 0;
    }

    /** What leaves at once costs nothing; for what does not there must be room. */
    final void send(byte[] bytes) throws IOException {
        sent = 0;
        push(bytes);
        if (sent == bytes.length) {
            left();
        } else if (http.budget().take(bytes.length, this)) {
            out = bytes;
            key.interestOps(SelectionKey.OP_WRITE);
        } else {
            throw new Refused(503, "no room for an answer that is not taken");
        }
    }

    private void write() throws IOException {
        push(out);
        if (sent == out.length) {
            http.budget().give(out.length);
            out = NOTHING;
            left();
        }
    }

    private void push(byte[] bytes) throws IOException {
        ByteBuffer piece;
        do {
            piece = ByteBuffer.wrap(bytes, sent, Math.min(PIECE, bytes.length - sent));
            channel.write(piece);
            sent = piece.position();
        } while (!piece.hasRemaining() && sent < bytes.length);
    }

    private void left() {
        key.interestOps(SelectionKey.OP_READ);
        written();
    }

    /** @return false if it was already */
    final boolean shut() {
        if (ended) {
            return false;
        }
        ended = true;
        http.budget().give(kept());
        in = NOTHING;
        filled = 0;
        head = null;
        body = null;
        out = NOTHING;
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("closing", e);
        }
        return true;
    }

    static byte[] join(byte[] head, byte[] body) {
        byte[] all = Arrays.copyOf(head, head.length + body.length);
        System.arraycopy(body, 0, all, head.length, body.length);
        return all;
    }
}
