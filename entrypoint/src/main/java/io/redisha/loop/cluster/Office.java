package io.redisha.loop.cluster;

import io.redisha.decide.cluster.ClusterView;
import io.redisha.model.LeaseRecord;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/** What the {@link Shaper} needs of the member whose office it is; callable from any thread. */
interface Office {

    /** The Lease is ours, by our own clock. */
    boolean leads();

    /** Asks every pod, and answers within a second with what is known then; null if it can't be known what is wanted. */
    CompletableFuture<ClusterView> look();

    /** Changes the Lease; whether it was written, by us. */
    CompletableFuture<Boolean> amend(UnaryOperator<LeaseRecord> change);

    /** Null for done, else why not. */
    CompletableFuture<String> belong(String pod, String datasetId);

}
