package io.redisha.http;

import io.redisha.loop.Peers;
import io.redisha.model.Address;
import io.redisha.model.Heartbeat;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberState;
import io.redisha.model.Vote;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Talks to the siblings' {@link MemberServer}s. */
public final class PeerClient implements Peers {

    private static final Logger LOG = LoggerFactory.getLogger(PeerClient.class);
    private static final byte[] NOTHING = {};

    private final HttpThread http;
    private final int port;
    private final Token token;
    private final long within;
    private final Executor loop;
    private final Consumer<Address> fence;
    /** Siblings that refuse our password; only touched on the HTTP thread. */
    private final Set<String> strangers = new HashSet<>();

    /**
     * @param port   where siblings listen
     * @param within nanoseconds after which an answer is worth nothing: the member timeout, because an acknowledged
     *               heartbeat counts from its sending (rule V2), and giving up earlier would fence a leader on a slow network
     * @param fence  fences a server over the network without blocking the caller
     */
    public PeerClient(HttpThread http, int port, Token token, long within, Executor loop, Consumer<Address> fence) {
        this.http = http;
        this.port = port;
        this.token = token;
        this.within = within;
        this.loop = loop;
        this.fence = fence;
    }

    @Override
    public void heartbeat(Peer to, Heartbeat heartbeat, Consumer<Heartbeat.Reply> then) {
        send(to, "POST", "/member/heartbeat", Wire.encode(heartbeat), Wire::heartbeatReply, then);
    }

    @Override
    public void vote(Peer to, Vote vote, Consumer<Vote.Reply> then) {
        send(to, "POST", "/member/vote", Wire.encode(vote), Wire::voteReply, then);
    }

    @Override
    public void ask(Peer to, Consumer<MemberState> then) {
        send(to, "GET", "/member/state", NOTHING, Wire::state, then);
    }

    @Override
    public void tell(Peer to, LeaseView.Present lease) {
        byte[] body = Wire.encode(lease);
        call(to, "POST", "/member/lease", body, new Calm(to) {
            @Override
            public void failed(String why) {
                call(to, "POST", "/member/lease", body, new Calm(to));
            }
        });
    }

    @Override
    public void fence(Address redis) {
        fence.accept(redis);
    }

    /** Asks the leader's agent to hand over. {@code then} gets status and text on the HTTP thread; status 0 = no answer. */
    void switchover(Peer leader, String to, long patience, BiConsumer<Integer, String> then) {
        HttpThread.Request request =
                new HttpThread.Request("POST", "/member/switchover", "forwarded", token.header(), Wire.switchoverTo(to));
        http.call(leader.host(), port, request, patience, new HttpThread.Answer() {
            @Override
            public void got(int status, byte[] body) {
                then.accept(status, new String(body, StandardCharsets.UTF_8));
            }

            @Override
            public void failed(String why) {
                then.accept(0, "the leader " + leader.pod() + " does not answer: " + why);
            }
        });
    }

    private interface Decoder<T> {
        T decode(byte[] body) throws IOException;
    }

    private <T> void send(Peer to, String method, String path, byte[] body, Decoder<T> decoder, Consumer<T> then) {
        call(to, method, path, body, new Calm(to) {
            @Override
            void answered(byte[] answer) throws IOException {
                T decoded = decoder.decode(answer);
                loop.execute(() -> then.accept(decoded));
            }
        });
    }

    private void call(Peer to, String method, String path, byte[] body, HttpThread.Answer answer) {
        http.call(to.host(), port, new HttpThread.Request(method, path, "", token.header(), body), within, answer);
    }

    /** A sibling that does not answer is daily bread, and for the loop to judge; one that refuses us is worth a line, once. */
    private class Calm implements HttpThread.Answer {

        private final Peer peer;

        Calm(Peer peer) {
            this.peer = peer;
        }

        void answered(byte[] answer) throws IOException {}

        @Override
        public final void got(int status, byte[] body) {
            if (status == 401 && strangers.add(peer.pod())) {
                LOG.warn("{} does not accept this pod's password: is its Secret the same?", peer.pod());
            }
            if (status == 200) {
                if (strangers.remove(peer.pod())) {
                    LOG.info("{} accepts this pod's password again", peer.pod());
                }
                try {
                    answered(body);
                } catch (IOException | RuntimeException e) {
                    LOG.warn("{} answered what this program does not understand: {}", peer.pod(), e.toString());
                }
            } else {
                LOG.debug("{} answered {}", peer.pod(), status);
            }
        }

        @Override
        public void failed(String why) {
            LOG.debug("{}: {}", peer.pod(), why);
        }
    }
}
