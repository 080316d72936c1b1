package io.redisha.loop.sentinel;

import io.redisha.loop.Peers.Peer;
import io.redisha.model.MemberState;
import java.util.function.Consumer;

/** The agents of the other redis pods. No call blocks; an answer comes on the loop's thread, or never. */
public interface Siblings {

    /** Asks for the sibling's state, its offset read from the server for this question. */
    void ask(Peer to, Consumer<MemberState> then);

    /**
     * Whoever the sentinels promote next, it shall be this one: it takes the first priority, for some seconds.
     *
     * @param preferred false: as it was before
     * @param then      null for done, else why not
     */
    void prefer(Peer to, boolean preferred, Consumer<String> then);
}
