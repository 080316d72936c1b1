package io.redisha.loop;

import io.redisha.model.MemberId;
import java.util.HashMap;
import java.util.Map;

/**
 * Which of the leader's heartbeats each member has acknowledged last, by when it was sent, and later by as much as the promise was extended (rule W4).
 *
 * <p>Of an extension a part is left to the fence: where processors are short a server is slow to obey, and who is killed for that loses what it held.
 */
final class Acknowledged {

    /** The part of the fence. */
    private static final int PART = 4;

    private final Map<MemberId, Long> promised = new HashMap<>();
    private final Map<MemberId, Long> counted = new HashMap<>();
    private boolean extended;

    void clear() {
        promised.clear();
        counted.clear();
        extended = false;
    }

    /** @param extension ns, as both sides know it */
    void by(MemberId member, long sent, long extension) {
        promised.merge(member, sent + extension, Math::max);
        counted.merge(member, sent + extension - extension / PART, Math::max);
        extended |= extension > 0;
    }

    /** What the leader's validity counts from. */
    Map<MemberId, Long> counted() {
        return counted;
    }

    /** What binds the members. */
    Map<MemberId, Long> promised() {
        return extended ? promised : counted;
    }
}
