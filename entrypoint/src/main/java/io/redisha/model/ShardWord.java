package io.redisha.model;

import java.util.Map;

/**
 * What the agents of a cluster's nodes tell each other about copies of a shard's data. One that is older says nothing of it.
 *
 * @param behind  by the ids of replicas that this agent has not seen in sync since, though their master goes on: how long ago it last saw that at work, ms. They lack
 *                some of what it wrote, if they were not linked to it then (rule K11)
 * @param applied offset up to which the own server is known to have its master's history; after a start from the disk the one that the state file tells
 * @param lost    of a replica whose data is whole: ms since it was last linked to its master; -1 of any other, and of one that has not been linked to this one yet
 * @param asks    the own server can't load its files, and the agent would give them up for a copy (rule D1)
 * @param permits of a master: the pod that may do so now, null for none
 */
public record ShardWord(Map<String, Long> behind, long applied, long lost, boolean asks, String permits) {

    /** ms. */
    private static final long ALONE = 3_000;

    public static final ShardWord NONE = new ShardWord(Map.of(), 0, -1, false, null);

    public ShardWord {
        behind = Map.copyOf(behind);
    }

    /** Of a replica whose own word this is: whether an agent that says so has seen its master at work well after the two were last linked. */
    public boolean isBehind(long age) {
        return lost < 0 || lost - age >= ALONE;
    }
}
