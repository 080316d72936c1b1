package io.redisha.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ForwarderTest {

    private static final int MB = 1024 * 1024;
    private static final int TIMEOUT_MS = 20_000;

    private final List<Socket> sockets = new ArrayList<>();
    private ServerSocket server;
    private Forwarder forwarder;

    @BeforeEach
    void start() throws IOException {
        server = new ServerSocket(0, 300, InetAddress.getByName("127.0.0.1"));
        server.setSoTimeout(TIMEOUT_MS);
        forwarder = new Forwarder(0, server.getLocalPort());
    }

    @AfterEach
    void stop() throws IOException {
        forwarder.close();
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    private Socket keep(Socket socket) throws IOException {
        socket.setSoTimeout(TIMEOUT_MS);
        sockets.add(socket);
        return socket;
    }

    private Socket dial() throws IOException {
        return keep(new Socket(InetAddress.getByName("127.0.0.1"), forwarder.port()));
    }

    private Socket accept() throws IOException {
        return keep(server.accept());
    }

    private static <T> FutureTask<T> start(Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread.ofPlatform().daemon().start(task);
        return task;
    }

    private static <T> T done(FutureTask<T> task) throws Exception {
        return task.get(60, TimeUnit.SECONDS);
    }

    /** Sends random bytes and then its end; what it sent, in short. */
    private static long send(Socket to, int seed, long size) throws IOException {
        Random random = new Random(seed);
        CRC32 sum = new CRC32();
        byte[] chunk = new byte[64 * 1024];
        OutputStream out = to.getOutputStream();
        for (long left = size; left > 0; left -= chunk.length) {
            random.nextBytes(chunk);
            sum.update(chunk);
            out.write(chunk);
        }
        to.shutdownOutput();
        return sum.getValue();
    }

    private record Got(long size, long sum) {}

    private static Got receive(Socket from) throws IOException {
        CRC32 sum = new CRC32();
        byte[] chunk = new byte[64 * 1024];
        InputStream in = from.getInputStream();
        long size = 0;
        for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
            sum.update(chunk, 0, n);
            size += n;
        }
        return new Got(size, sum.getValue());
    }

    @Test
    void carries100MegabytesBothWaysAtOnce() throws Exception {
        Socket outer = dial();
        Socket inner = accept();
        FutureTask<Got> there = start(() -> receive(inner));
        FutureTask<Got> back = start(() -> receive(outer));
        FutureTask<Long> sentThere = start(() -> send(outer, 1, 100 * MB));
        FutureTask<Long> sentBack = start(() -> send(inner, 2, 100 * MB));
        assertThat(done(there)).isEqualTo(new Got(100 * MB, done(sentThere)));
        assertThat(done(back)).isEqualTo(new Got(100 * MB, done(sentBack)));
    }

    @Test
    void carriesManyConnectionsAtOnceWithoutMixingThem() throws Exception {
        for (int round = 0; round < 4; round++) {
            FutureTask<Void> echo = start(() -> {
                for (int i = 0; i < Forwarder.MOST; i++) {
                    Socket one = accept();
                    start(() -> {
                        one.getInputStream().transferTo(one.getOutputStream());
                        one.shutdownOutput();
                        return null;
                    });
                }
                return null;
            });
            List<FutureTask<Got>> got = new ArrayList<>();
            List<FutureTask<Long>> sent = new ArrayList<>();
            for (int i = 0; i < Forwarder.MOST; i++) {
                int seed = i;
                Socket one = dial();
                got.add(start(() -> receive(one)));
                sent.add(start(() -> send(one, seed, MB)));
            }
            done(echo);
            for (int i = 0; i < Forwarder.MOST; i++) {
                assertThat(done(got.get(i))).as("connection %d", i).isEqualTo(new Got(MB, done(sent.get(i))));
            }
        }
    }

    @Test
    void answersStillArriveFromAServerThatWasToldTheEnd() throws Exception {
        Socket outer = dial();
        outer.getOutputStream().write("PSYNC".getBytes());
        outer.shutdownOutput();
        Socket inner = accept();
        assertThat(inner.getInputStream().readAllBytes()).isEqualTo("PSYNC".getBytes());
        inner.getOutputStream().write("+FULLRESYNC".getBytes());
        inner.close();
        assertThat(outer.getInputStream().readAllBytes()).isEqualTo("+FULLRESYNC".getBytes());
    }

    @Test
    void whatTheServerClosesIsClosedForTheReplica() throws Exception {
        Socket outer = dial();
        accept().close();
        assertThat(outer.getInputStream().read()).isEqualTo(-1);
        outer.close();
        worksStill();
    }

    @Test
    void whatTheReplicaClosesIsClosedForTheServer() throws Exception {
        Socket outer = dial();
        Socket inner = accept();
        outer.close();
        assertThat(inner.getInputStream().read()).isEqualTo(-1);
        inner.close();
        worksStill();
    }

    @Test
    void whatIsBrokenOffIsBrokenOffOnBothSides() throws Exception {
        for (boolean byReplica : new boolean[] {true, false}) {
            Socket outer = dial();
            Socket inner = accept();
            Socket broken = byReplica ? outer : inner;
            Socket other = byReplica ? inner : outer;
            broken.setSoLinger(true, 0);
            broken.close();
            assertThat(ends(other)).as("by replica: %s", byReplica).isTrue();
        }
        worksStill();
    }

    private static boolean ends(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (SocketException e) {
            return true;
        }
    }

    @Test
    void readsNoFasterThanTheServerDoes() throws Exception {
        Socket outer = dial();
        Socket inner = accept();
        FutureTask<Long> sent = start(() -> send(outer, 3, 100 * MB));
        Thread.sleep(300);
        assertThat(sent.isDone()).as("nobody reads: somewhere it must wait").isFalse();
        worksStill();
        assertThat(receive(inner)).isEqualTo(new Got(100 * MB, done(sent)));
    }

    @Test
    void closesWhatTheServerDoesNotAccept() throws Exception {
        server.close();
        Socket outer = dial();
        assertThat(ends(outer)).isTrue();
        server = new ServerSocket(server.getLocalPort(), 50, InetAddress.getByName("127.0.0.1"));
        server.setSoTimeout(TIMEOUT_MS);
        worksStill();
    }

    @Test
    void refusesOneTooMany() throws Exception {
        for (int i = 0; i < Forwarder.MOST; i++) {
            dial();
            accept();
        }
        assertThat(ends(dial())).isTrue();
        sockets.get(0).close();
        sockets.get(1).close();
        Awaitility.await().until(() -> {
            Socket next = dial();
            next.setSoTimeout(200);
            return !ends(next);
        });
    }

    @Test
    void saysWhichPortIsTaken() {
        assertThatThrownBy(() -> new Forwarder(forwarder.port(), 1)).isInstanceOf(IOException.class).hasMessageContaining("port " + forwarder.port());
    }

    private void worksStill() throws IOException {
        Socket outer = dial();
        Socket inner = accept();
        outer.getOutputStream().write(42);
        assertThat(new DataInputStream(inner.getInputStream()).readByte()).isEqualTo((byte) 42);
        inner.getOutputStream().write(43);
        assertThat(new DataInputStream(outer.getInputStream()).readByte()).isEqualTo((byte) 43);
    }
}
