package io.redisha.http;

import io.redisha.loop.Peers;
import io.redisha.model.Address;
import io.redisha.model.Heartbeat;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberState;
import io.redisha.model.Vote;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Talks to the siblings' {@link MemberServer}s. */
public final class PeerClient implements Peers {

    private final AgentClient client;
    private final long within;
    private final Executor loop;
    private final BiConsumer<Address, Runnable> fence;

    /**
     * @param port   where siblings listen
     * @param within nanoseconds after which an answer is worth nothing: the member timeout, because an acknowledged
     *               heartbeat counts from its sending (rule V2), and giving up earlier would fence a leader on a slow network
     * @param fence  fences a server over the network without blocking the caller, and says when it has tried
     */
    public PeerClient(HttpThread http, int port, Token token, long within, Executor loop, BiConsumer<Address, Runnable> fence) {
        this.client = new AgentClient(http, port, token);
        this.within = within;
        this.loop = loop;
        this.fence = fence;
    }

    @Override
    public void heartbeat(Peer to, Heartbeat heartbeat, Consumer<Heartbeat.Reply> then) {
        // half of what the acknowledgement is extended by: the other half is what it is good for
        client.send(to, "POST", "/member/heartbeat", Wire.encode(heartbeat), within + heartbeat.patience() / 2, Wire::heartbeatReply,
                reply -> loop.execute(() -> then.accept(reply)), () -> { });
    }

    @Override
    public void vote(Peer to, Vote vote, Consumer<Vote.Reply> then) {
        send(to, "POST", "/member/vote", Wire.encode(vote), Wire::voteReply, then);
    }

    @Override
    public void ask(Peer to, Consumer<MemberState> then) {
        send(to, "GET", "/member/state", Desk.NOTHING, Wire::state, then);
    }

    @Override
    public void tell(Peer to, LeaseView.Present lease) {
        byte[] body = Wire.encode(lease);
        client.text(to, "/member/lease", "", body, within, (status, text) -> {
            if (status == 0) {
                client.text(to, "/member/lease", "", body, within, (again, answer) -> { });
            }
        });
    }

    @Override
    public void fence(Address redis, Runnable then) {
        fence.accept(redis, () -> loop.execute(then));
    }

    AgentClient agents() {
        return client;
    }

    private <T> void send(Peer to, String method, String path, byte[] body, AgentClient.Decoder<T> decoder, Consumer<T> then) {
        client.send(to, method, path, body, within, decoder, decoded -> loop.execute(() -> then.accept(decoded)), () -> { });
    }
}
