package io.redisha.decide.cluster;

import io.redisha.model.Reason;
import io.redisha.model.Slots;

/** One act on the cluster's shape. Each can be done twice, and after each the cluster serves what it served before. */
public sealed interface Step {

    /** The pod's volume is marked as belonging to this release (rule B6), before anything else is done with it. */
    record Belong(String pod, String datasetId) implements Step {}

    /** A configuration epoch of its own, which each master needs before it owns slots; only for a node that knows nobody. */
    record Epoch(String pod, long epoch) implements Step {}

    /** CLUSTER MEET at {@code pod} with the address of {@code with}. */
    record Meet(String pod, String with) implements Step {}

    /** CLUSTER ADDSLOTSRANGE: slots that nobody owns; only while the cluster is being created, or by a person's order. */
    record Own(String pod, Slots slots) implements Step {}

    /** CLUSTER SETSLOT NODE at every node: slots whose owner is gone for good, with the keys it had; only by a person's order. */
    record Seize(String pod, Slots slots) implements Step {}

    /** Keys of slots that {@code from} does not own, to their owner; only by a person's order. */
    record Gather(String from, String to, Slots slots) implements Step {}

    /** CLUSTER REPLICATE. */
    record Replicate(String pod, String masterPod) implements Step {}

    /** Slots and their keys from one master to another; also goes on with a move that was begun. */
    record Move(String from, String to, Slots slots) implements Step {}

    /** CLUSTER SETSLOT STABLE: a slot left open at {@code pod}, which has no other side and no keys on their way. */
    record Stable(String pod, int slot) implements Step {}

    /** CLUSTER FAILOVER at {@code pod}, a replica in sync: it becomes the master of its shard. */
    record Promote(String pod) implements Step {}

    /**
     * CLUSTER FORGET at every node that can be reached: a node that is gone for good, or begins anew.
     *
     * @param name for a person
     */
    record Forget(String nodeId, String name, Reason why) implements Step {}

    /** CLUSTER RESET HARD of a leaving pod that owns nothing, after the others have forgotten it. */
    record Retire(String pod) implements Step {}

    /** FLUSHALL and CLUSTER RESET HARD of a pod that has an outdated copy of this very dataset, all of whose slots others serve. */
    record Renew(String pod) implements Step {}
}
