package io.redisha.http;

import io.redisha.loop.Peers.Peer;
import io.redisha.loop.sentinel.Siblings;
import io.redisha.model.MemberState;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** Talks to the {@link DataMemberServer}s of the other servers' agents. */
public final class SiblingClient implements Siblings {

    private final AgentClient client;
    private final long within;
    private final Executor loop;

    /**
     * @param port   where siblings listen
     * @param within nanoseconds after which an answer is worth nothing
     */
    public SiblingClient(HttpThread http, int port, Token token, long within, Executor loop) {
        this.client = new AgentClient(http, port, token);
        this.within = within;
        this.loop = loop;
    }

    @Override
    public void ask(Peer to, Consumer<MemberState> then) {
        client.send(to, "GET", "/member/state", Desk.NOTHING, within, Wire::watched, state -> loop.execute(() -> then.accept(state)), () -> { });
    }

    @Override
    public void prefer(Peer to, boolean preferred, Consumer<String> then) {
        client.text(to, "/member/prefer", "", Wire.preferred(preferred), within,
                (status, text) -> loop.execute(() -> then.accept(status == 200 ? null : text.isBlank() ? to.pod() + " answered " + status : text)));
    }

    AgentClient agents() {
        return client;
    }
}
