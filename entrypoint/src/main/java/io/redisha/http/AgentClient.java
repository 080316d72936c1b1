package io.redisha.http;

import io.redisha.loop.Peers.Peer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Talks to the siblings' {@link Desk}s. */
final class AgentClient {

    private static final Logger LOG = LoggerFactory.getLogger(AgentClient.class);

    private final HttpThread http;
    private final int port;
    private final Token token;
    /** Siblings that refuse our password; only touched on the HTTP thread. */
    private final Set<String> strangers = new HashSet<>();
    /** Who did not answer what this program understands when last asked this; likewise. */
    private final Set<String> garbled = new HashSet<>();

    /** @param port where siblings listen */
    AgentClient(HttpThread http, int port, Token token) {
        this.http = http;
        this.port = port;
        this.token = token;
    }

    /** A body that can be read; throws for one that can't. */
    interface Decoder<T> {
        T decode(byte[] body) throws IOException;
    }

    /**
     * A sibling that does not answer is daily bread, and for the loop to judge; one that refuses us, or talks nonsense, is worth a line, once.
     *
     * @param got    runs on the HTTP thread
     * @param silent runs on the HTTP thread instead, whatever the reason
     */
    <T> void send(Peer to, String method, String path, byte[] body, long within, Decoder<T> decoder, Consumer<T> got, Runnable silent) {
        call(to, method, path, "", body, within, new HttpThread.Answer() {
            @Override
            public void got(int status, byte[] answer) {
                watch(to, status);
                if (status == 200) {
                    try {
                        T decoded = decoder.decode(answer);
                        got.accept(decoded);
                        garbled.remove(to.pod() + path);
                        return;
                    } catch (IOException | RuntimeException e) {
                        if (garbled.add(to.pod() + path)) {
                            LOG.warn("{} answered {} with what this program does not understand: {}", to.pod(), path, e.toString());
                        }
                    }
                } else {
                    LOG.debug("{} answered {}", to.pod(), status);
                }
                silent.run();
            }

            @Override
            public void failed(String why) {
                LOG.debug("{}: {}", to.pod(), why);
                silent.run();
            }
        });
    }

    /** {@code then} gets status and text on the HTTP thread; status 0 = no answer. */
    void text(Peer to, String path, String query, byte[] body, long within, BiConsumer<Integer, String> then) {
        call(to, "POST", path, query, body, within, new HttpThread.Answer() {
            @Override
            public void got(int status, byte[] answer) {
                watch(to, status);
                then.accept(status, new String(answer, StandardCharsets.UTF_8));
            }

            @Override
            public void failed(String why) {
                then.accept(0, to.pod() + " does not answer: " + why);
            }
        });
    }

    private void call(Peer to, String method, String path, String query, byte[] body, long within, HttpThread.Answer answer) {
        http.call(to.host(), port, new HttpThread.Request(method, path, query, token.header(), body), within, answer);
    }

    private void watch(Peer peer, int status) {
        if (status == 401 && strangers.add(peer.pod())) {
            LOG.warn("{} does not accept this pod's password: is its Secret the same?", peer.pod());
        }
        if (status == 200 && strangers.remove(peer.pod())) {
            LOG.info("{} accepts this pod's password again", peer.pod());
        }
    }
}
