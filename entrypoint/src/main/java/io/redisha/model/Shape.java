package io.redisha.model;

/**
 * What a Redis Cluster should consist of.
 *
 * @param shards           masters that own slots
 * @param replicasPerShard replicas that each of them should have
 * @param pods             pods of the StatefulSet: those with this ordinal or a higher one are to leave
 */
public record Shape(int shards, int replicasPerShard, int pods) {

    /** Redis Cluster elects by a majority of masters: two would stop when one is lost. */
    public static final int LEAST_SHARDS = 3;

    public static Shape of(int shards, int replicasPerShard) {
        return new Shape(shards, replicasPerShard, shards * (1 + replicasPerShard));
    }

    /** The same with another number of pods, as {@code kubectl scale} orders it: whole shards come or go, never below three. */
    public Shape scaled(int pods) {
        if (pods == this.pods) {
            return this;
        }
        return new Shape(Math.max(LEAST_SHARDS, pods / (1 + replicasPerShard)), replicasPerShard, pods);
    }

    public boolean keeps(String pod) {
        return MemberId.ordinal(pod) < pods;
    }
}
