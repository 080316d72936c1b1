package io.redisha.model;

import java.util.Set;

/**
 * What the agents of a cluster's nodes tell each other about copies of a shard's data. One that is older says nothing of it.
 *
 * @param behind  ids of replicas that this agent has seen without their master's newer writes: they lack some (rule K11)
 * @param applied offset up to which the own server is known to have its master's history; after a start from the disk the one that the state file tells
 * @param lost    of a replica whose data is whole: ms since it was last linked to its master; -1 of any other
 * @param asks    the own server can't load its files, and the agent would give them up for a copy (rule D1)
 * @param permits of a master: the pod that may do so now, null for none
 */
public record ShardWord(Set<String> behind, long applied, long lost, boolean asks, String permits) {

    public static final ShardWord NONE = new ShardWord(Set.of(), 0, -1, false, null);

    public ShardWord {
        behind = Set.copyOf(behind);
    }
}
