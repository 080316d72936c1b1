package io.redisha.process;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A second port of the own server. A server that announces the port by which clients reach it from outside is dialled there by its
 * replicas too, but at the pod's own address, where nobody else listens on that port.
 *
 * <p>One thread, and buffers only for what is on its way: nothing is read that cannot be handed on, and an idle connection costs none.
 */
public final class Forwarder implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Forwarder.class);
    private static final int BUFFER = 16 * 1024;
    /** Replicas, and nodes that hand slots over: a dozen at most. A bound all the same: each may hold two buffers, of 16 MB that a JVM of this size has. */
    static final int MOST = 64;
    private static final long BREATH_MS = 100;

    private final ServerSocketChannel listening;
    private final Selector selector;
    private final InetSocketAddress target;
    private final Deque<ByteBuffer> free = new ArrayDeque<>();
    private int pairs;
    private volatile boolean closing;

    /**
     * Listens and forwards from now on.
     *
     * @param port   0 for any that is free
     * @param target port on this host
     */
    public Forwarder(int port, int target) throws IOException {
        this.target = new InetSocketAddress("127.0.0.1", target);
        selector = Selector.open();
        listening = ServerSocketChannel.open();
        try {
            listening.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            listening.bind(new InetSocketAddress(port));
            listening.configureBlocking(false);
            listening.register(selector, SelectionKey.OP_ACCEPT);
        } catch (IOException e) {
            listening.close();
            selector.close();
            throw new IOException("port " + port + " is not to be had: " + e.getMessage(), e);
        }
        Thread.ofPlatform().daemon().name("forwarder").start(this::run);
    }

    int port() {
        return listening.socket().getLocalPort();
    }

    @Override
    public void close() {
        closing = true;
        selector.wakeup();
    }

    private void run() {
        try (selector) {
            while (!closing) {
                selector.select(this::serve);
            }
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
        } catch (IOException e) {
            LOG.error("the port for replicas is closed", e);
        }
    }

    private void serve(SelectionKey key) {
        if (key.attachment() instanceof Pair pair) {
            pair.serve(key);
        } else {
            accept();
        }
    }

    private void accept() {
        try {
            SocketChannel outer = listening.accept();
            if (outer == null) {
                return;
            }
            if (pairs < MOST) {
                new Pair(outer).open();
            } else {
                outer.close();
            }
        } catch (IOException e) {
            LOG.debug("no connection could be accepted: {}", e.getMessage());
            pause();
        }
    }

    /** Out of descriptors, most likely: to ask again at once would keep a processor busy. */
    private static void pause() {
        try {
            Thread.sleep(BREATH_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Two connections that are one. */
    private final class Pair {

        private final SocketChannel outer;
        private final SocketChannel inner;
        private final Way in;
        private final Way out;
        private SelectionKey outerKey;
        private SelectionKey innerKey;
        private boolean connected;
        private boolean closed;

        Pair(SocketChannel outer) throws IOException {
            this.outer = outer;
            this.inner = SocketChannel.open();
            this.in = new Way(outer, inner);
            this.out = new Way(inner, outer);
            pairs++;
        }

        void open() {
            try {
                outerKey = register(outer);
                innerKey = register(inner);
                connected = inner.connect(target);
                await();
            } catch (IOException e) {
                close();
            }
        }

        private SelectionKey register(SocketChannel end) throws IOException {
            end.configureBlocking(false);
            end.setOption(StandardSocketOptions.TCP_NODELAY, true);
            // A node that lost its power says no goodbye.
            end.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            return end.register(selector, 0, this);
        }

        void serve(SelectionKey key) {
            if (closed) {
                return;   // by what the other end had to say in this very round
            }
            try {
                if (key.isConnectable()) {
                    connected = inner.finishConnect();
                }
                if (key.isReadable()) {
                    (key == outerKey ? in : out).move();
                }
                if (key.isWritable()) {
                    (key == outerKey ? out : in).move();
                }
                if (in.over && out.over) {
                    close();
                } else {
                    await();
                }
            } catch (IOException e) {
                close();
            }
        }

        private void await() {
            outerKey.interestOps(connected ? in.reads() | out.writes() : 0);
            innerKey.interestOps(connected ? out.reads() | in.writes() : SelectionKey.OP_CONNECT);
        }

        private void close() {
            if (closed) {
                return;
            }
            closed = true;
            pairs--;
            in.giveBack();
            out.giveBack();
            for (SocketChannel end : new SocketChannel[] {outer, inner}) {
                try {
                    end.close();
                } catch (IOException e) {
                    LOG.debug("not closed: {}", e.getMessage());
                }
            }
        }
    }

    /** One direction of a pair. */
    private final class Way {

        private final SocketChannel from;
        private final SocketChannel to;
        /** Ready to be written from; null if nothing is on its way. */
        private ByteBuffer onItsWay;
        private boolean read;
        private boolean over;

        Way(SocketChannel from, SocketChannel to) {
            this.from = from;
            this.to = to;
        }

        /** Once: what more there is will be told by the selector again, after all others had their turn. */
        void move() throws IOException {
            if (onItsWay == null && !read) {
                onItsWay = free.isEmpty() ? ByteBuffer.allocateDirect(BUFFER) : free.pop();
                onItsWay.clear();
                read = from.read(onItsWay) < 0;
                onItsWay.flip();
            }
            if (onItsWay != null) {
                to.write(onItsWay);
                if (!onItsWay.hasRemaining()) {
                    giveBack();
                }
            }
            if (read && onItsWay == null && !over) {
                over = true;
                to.shutdownOutput();
            }
        }

        int reads() {
            return onItsWay == null && !read ? SelectionKey.OP_READ : 0;
        }

        int writes() {
            return onItsWay != null ? SelectionKey.OP_WRITE : 0;
        }

        void giveBack() {
            if (onItsWay != null) {
                free.push(onItsWay);
                onItsWay = null;
            }
        }
    }
}
