package io.redisha.e2e.replication;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Shared;
import io.redisha.e2e.Trial;
import io.redisha.lab.Netns;
import io.redisha.lab.Release;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Whoever reaches the agents' two ports, without a password and without a network policy in between. */
@Architecture.Replication
@Level.Smoke
@Cost.Alone
class StrangersE2E {

    private static final int HTTP = 8379;
    private static final int MEMBER = 8380;
    private static final int EACH = 200;
    private static final String ALIVE = "HTTP/1.1 200 ";
    private static final byte[] HEAD = "POST /livez HTTP/1.1\r\nContent-Length: 262144\r\n\r\n".getBytes(US_ASCII);
    /** All but the last byte. */
    private static final byte[] WITHHELD = new byte[262143];
    /** What the kubelet gives its liveness probe. */
    private static final int PATIENCE_MS = 3000;

    @Test
    void nobodyNoticesWhatManyWithhold(@Shared Release release, Path directory) {
        List<Pod> pods = release.pods();
        // what floods is sent to nobody but an agent of ours
        assertThat(pods).allSatisfy(pod -> assertThat(livez(pod)).startsWith(ALIVE));
        try (Trial trial = Trial.of(release, directory); Strangers strangers = new Strangers()) {
            for (Pod pod : pods) {
                strangers.come(pod, HTTP);
                strangers.come(pod, MEMBER);
            }
            List<String> dead = new ArrayList<>();
            for (int second = 0; second < 20; second++) {
                pods.stream().map(StrangersE2E::livez).filter(answer -> !answer.startsWith(ALIVE)).forEach(dead::add);
                Trial.hold(Duration.ofSeconds(1));
            }
            strangers.close();
            System.out.println(strangers.visits + " visits of strangers");
            assertThat(dead).as("answers of /livez meanwhile that are not 200").isEmpty();
            trial.verdict().lostNothing().restartedOnly().changedMasterAtMost(0).stoppedAtMost(Trial.UNNOTICED);
        }
    }

    /** On the pod's own node, as the kubelet: what is sent to its address cannot leave that. */
    private static Socket connect(Pod pod, int port) throws IOException {
        Socket socket = new Socket();
        socket.connect(new InetSocketAddress(pod.getStatus().getPodIP(), port), PATIENCE_MS);
        socket.setSoTimeout(PATIENCE_MS);
        return socket;
    }

    private static String livez(Pod pod) {
        return Netns.call(pod.getSpec().getNodeName(), () -> {
            try (Socket socket = connect(pod, HTTP)) {
                socket.getOutputStream().write("GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n".getBytes(US_ASCII));
                return new String(socket.getInputStream().readAllBytes(), US_ASCII);
            } catch (IOException silent) {
                return pod.getMetadata().getName() + ": " + silent;
            }
        });
    }

    /** Each holds its connection as long as it is let; another one comes for it two seconds later. */
    private static final class Strangers implements AutoCloseable {

        private final Set<Socket> open = ConcurrentHashMap.newKeySet();
        private final AtomicInteger visits = new AtomicInteger();
        private volatile boolean gone;

        void come(Pod pod, int port) {
            Netns.start(pod.getSpec().getNodeName(), "strangers", () -> {
                Semaphore away = new Semaphore(EACH);
                for (away.acquireUninterruptibly(); !gone; away.acquireUninterruptibly()) {
                    try {
                        Socket socket = connect(pod, port);
                        open.add(socket);
                        visits.incrementAndGet();
                        Thread.ofVirtual().start(() -> visit(socket, away));
                    } catch (IOException full) {
                        Thread.ofVirtual().start(() -> comeAgain(away));
                    }
                }
            });
        }

        private void visit(Socket socket, Semaphore away) {
            try (socket) {
                socket.setSoTimeout(0);
                socket.getOutputStream().write(HEAD);
                socket.getOutputStream().write(WITHHELD);
                while (!gone && socket.getInputStream().read() >= 0) {
                    // whatever it is told
                }
            } catch (IOException dropped) {
                // comes again
            } finally {
                open.remove(socket);
                comeAgain(away);
            }
        }

        private static void comeAgain(Semaphore away) {
            Trial.hold(Duration.ofSeconds(2));
            away.release();
        }

        @Override
        public void close() {
            gone = true;
            for (Socket socket : open) {
                try {
                    socket.close();
                } catch (IOException closed) {
                    // it was
                }
            }
        }
    }
}
