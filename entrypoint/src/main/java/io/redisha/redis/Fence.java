package io.redisha.redis;

import io.redisha.model.Address;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;

/**
 * Rule M1 over a connection of its own, opened beforehand: for the watchdog, which must get through when everything else hangs. For one
 * thread; it shares no lock with another, and a fence on an open connection allocates nothing.
 *
 * <p>Not Jedis: the bytes are made once, and the socket never blocks.
 */
public final class Fence implements AutoCloseable {

    private static final long BETWEEN_READS = 200_000L;
    /** Of which the first, REPLICAOF's, counts. */
    private static final int REPLIES = 3;

    private final InetSocketAddress server;
    private final ByteBuffer login;
    private final ByteBuffer order;
    private final ByteBuffer in = ByteBuffer.allocateDirect(4096);

    private SocketChannel channel;
    private boolean loggedIn;
    /** Replies still to come. */
    private int owed;
    private boolean ordered;
    private boolean obeyed;
    private boolean lineStart;
    private byte kind;

    /** @param password null for a server without one */
    public Fence(int port, String password) {
        this(new Address("127.0.0.1", port), password);
    }

    Fence(Address address, String password) {
        server = new InetSocketAddress(address.host(), address.port());
        login = password == null ? null : direct(command("AUTH", password));
        order = direct(command("REPLICAOF", Address.DEAD.host(), Integer.toString(Address.DEAD.port()))
                + command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes") + command("CLIENT", "KILL", "TYPE", "pubsub", "SKIPME", "yes"));
    }

    /** @param text each of whose characters stands for a byte, as a password's do */
    private static ByteBuffer direct(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    private static String command(String... words) {
        StringBuilder text = new StringBuilder("*").append(words.length).append("\r\n");
        for (String word : words) {
            text.append('$').append(word.length()).append("\r\n").append(word).append("\r\n");
        }
        return text.toString();
    }

    /** In calm moments: notices that the connection was lost, to a restart or a CLIENT KILL, and opens another. Never waits. */
    public void prepare() {
        try {
            if (channel == null) {
                open();
            }
            if (connected()) {
                read();
            }
        } catch (IOException e) {
            close();
        }
    }

    /**
     * @param deadline monotonic ns
     * @return whether the server accepts no writes now; if not, it must be killed
     */
    public boolean fence(long deadline) {
        if (channel != null) {
            try {
                if (attempt(deadline)) {
                    return true;
                }
            } catch (IOException e) {
                // Lost since the last calm moment; a server that is there takes another.
            }
            close();
        }
        try {
            open();
            if (attempt(deadline)) {
                return true;
            }
        } catch (ConnectException e) {
            // Nobody listens: nobody who could accept a write either.
            close();
            return true;
        } catch (IOException e) {
            // Below.
        }
        close();
        return false;
    }

    private boolean attempt(long deadline) throws IOException {
        while (!connected()) {
            if (over(deadline)) {
                return false;
            }
        }
        ordered = false;
        while (owed > 0) {
            read();
            if (owed > 0 && over(deadline)) {
                return false;
            }
        }
        obeyed = false;
        ordered = true;
        order.rewind();
        send(order, REPLIES);
        while (owed > 0) {
            read();
            if (owed > 0 && over(deadline)) {
                break;   // its clients are told -READONLY, if it has obeyed
            }
        }
        return obeyed;
    }

    private static boolean over(long deadline) {
        if (System.nanoTime() - deadline >= 0) {
            return true;
        }
        LockSupport.parkNanos(BETWEEN_READS);
        return false;
    }

    private void open() throws IOException {
        owed = 0;
        lineStart = true;
        loggedIn = login == null;
        channel = SocketChannel.open();
        channel.configureBlocking(false);
        channel.connect(server);
    }

    /** Also logs in, without waiting for the reply. */
    private boolean connected() throws IOException {
        if (!channel.finishConnect()) {
            return false;
        }
        if (!loggedIn) {
            loggedIn = true;
            login.rewind();
            send(login, 1);
        }
        return true;
    }

    private void send(ByteBuffer bytes, int replies) throws IOException {
        channel.write(bytes);
        if (bytes.hasRemaining()) {
            throw new IOException("the server does not read");
        }
        owed += replies;
    }

    /** Takes what has come. Every reply to what is sent here is one line, known by its first byte. */
    private void read() throws IOException {
        while (true) {
            in.clear();
            int count = channel.read(in);
            if (count < 0) {
                throw new IOException("closed by the server");
            }
            if (count == 0) {
                return;
            }
            in.flip();
            while (in.hasRemaining()) {
                byte next = in.get();
                if (lineStart) {
                    kind = next;
                    lineStart = false;
                }
                if (next == '\n') {
                    lineStart = true;
                    if (ordered && owed == REPLIES) {
                        obeyed = kind == '+';
                    }
                    owed--;
                }
            }
        }
    }

    @Override
    public void close() {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                // Gone either way.
            }
            channel = null;
        }
    }
}
