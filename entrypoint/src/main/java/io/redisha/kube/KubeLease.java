package io.redisha.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redisha.config.Settings;
import io.redisha.kube.KubeClient.Answer;
import io.redisha.loop.LeaseStore;
import io.redisha.model.LeaseRecord;
import io.redisha.model.LeaseView;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The release's Lease, and beside it the object that says that there has been one (rule B2). It never writes without a
 * condition (rule L2), and never sends a write a second time that may have been carried out.
 */
public final class KubeLease implements LeaseStore {

    private static final Logger LOG = LoggerFactory.getLogger(KubeLease.class);
    private static final String API = "coordination.k8s.io/v1";
    /** How old the knowledge that the second object is there may be, while the Lease is held. */
    static final Duration MARK_CHECK = Duration.ofSeconds(60);

    private final KubeClient kube;
    private final KubeSet set;
    private final String name;
    private final int seconds;
    private final Map<String, String> labels;
    private final boolean votes;
    private final Owner owner;
    private final Executor loop;

    /** The object as last seen. */
    private volatile ObjectNode last;
    private volatile long markSeen;
    private volatile boolean markOwned;
    /** Why the Lease could not be used when it was last read; "" if it could. */
    private volatile String told = "";

    /** @param pods knows the StatefulSet that will own the Lease */
    public KubeLease(KubeClient kube, Settings settings, PodWatch pods, Executor loop) {
        this(kube, settings, pods.owner(), loop);
    }

    KubeLease(KubeClient kube, Settings settings, Owner owner, Executor loop) {
        this.kube = kube;
        this.markSeen = kube.ticker().now();
        this.name = settings.name();
        this.set = new KubeSet(kube, name);
        this.seconds = (int) Math.max(1, Math.ceilDiv(settings.failover().timings().lease(), 1_000_000_000L));
        this.labels = settings.labels().common();
        this.votes = settings.architecture() == Settings.Architecture.REPLICATION;
        this.owner = owner;
        this.loop = loop;
    }

    @Override
    public void read(Consumer<Read> then) {
        kube.inTime(this::look).exceptionally(problem -> new Read.Unreachable(KubeClient.why(problem)))
                .thenAccept(read -> loop.execute(() -> then.accept(read)));
    }

    private CompletableFuture<Read> look() {
        return kube.get(path(name)).thenCompose(lease -> {
            if (lease.ok()) {
                return CompletableFuture.completedFuture(seen(lease));
            }
            // who may make it again depends on both, and only now does anybody ask for them
            return lease.code() == 404 ? kube.get(path(mark())).thenCombine(set.settled(), KubeLease::absent)
                    : CompletableFuture.completedFuture(new Read.Unreachable(lease.why()));
        });
    }

    private Read seen(Answer answer) {
        if (!(answer.body() instanceof ObjectNode lease) || answer.version().isEmpty()) {
            return new Read.Unreachable("the answer is not a Lease");
        }
        last = lease;
        LeaseView view = LeaseText.view(lease, votes, answer.version());
        tell(view instanceof LeaseView.Unusable unusable ? unusable.why() : "");
        return new Read.Seen(view);
    }

    private void tell(String why) {
        if (!why.isEmpty() && !why.equals(told)) {
            LOG.warn("{}", why);
        }
        told = why;
    }

    private static Read absent(Answer mark, JsonNode statefulSet) {
        if (mark.ok() || mark.code() == 404) {
            // Kubernetes writes its default down: what has no number is no StatefulSet
            return new Read.Seen(new LeaseView.Absent(mark.ok(), statefulSet == null ? 0 : statefulSet.path("spec").path("replicas").asInt(0)));
        }
        return new Read.Unreachable(mark.why());
    }

    @Override
    public void write(LeaseRecord next, String version, Consumer<Write> then) {
        CompletableFuture<Write> done;
        ObjectNode known = last;
        if (version == null) {
            done = kube.inTime(() -> owner.write(filled(object(name), next), null, this::create)).thenApply(answer -> written(answer, true));
        } else if (isAt(version, known)) {
            done = update(known, next);
        } else {
            // Told by a sibling, not read here.
            done = kube.inTime(() -> look().thenCompose(found -> {
                if (found instanceof Read.Unreachable gone) {
                    return CompletableFuture.completedFuture(new Write.Unknown(gone.why()));
                }
                ObjectNode now = last;
                return isAt(version, now) ? update(now, next) : CompletableFuture.completedFuture(new Write.Conflict());
            }));
        }
        done.exceptionally(problem -> new Write.Unknown(KubeClient.why(problem))).thenAccept(write -> loop.execute(() -> then.accept(write)));
    }

    /**
     * On the whole object as it was read: what others put into it stays, and its UID goes along. Without the UID an update of a
     * Lease that was deleted meanwhile would create it, whatever version it names: Kubernetes allows that for Leases.
     */
    private CompletableFuture<Write> update(ObjectNode seen, LeaseRecord next) {
        return kube.inTime(() -> owner.write(filled(seen.deepCopy(), next), seen, lease -> kube.put(path(name), lease)))
                .thenApply(answer -> written(answer, false));
    }

    private CompletableFuture<Answer> create(ObjectNode lease) {
        return kube.post(path(null), lease);
    }

    private ObjectNode filled(ObjectNode lease, LeaseRecord next) {
        LeaseText.write(next, seconds, lease);
        return lease;
    }

    private Write written(Answer answer, boolean created) {
        int code = answer.code();
        if (answer.ok()) {
            if (answer.body() instanceof ObjectNode lease) {
                last = lease;
            }
            if (created || !markOwned || kube.ticker().now() - markSeen > MARK_CHECK.toNanos()) {
                remember();
            }
            return new Write.Done(answer.version());
        }
        if (code == 409 || code == 404 && !created) {
            return new Write.Conflict();
        }
        // One that is busy (429) or was too slow (408) has no objection.
        return code / 100 == 4 && code != 429 && code != 408 ? new Write.Refused(answer.why()) : new Write.Unknown(answer.why());
    }

    /** Sees to it that the second object exists and is owned; cheap when it is so. */
    private void remember() {
        markSeen = kube.ticker().now();
        boolean known = owner.reference() != null;
        kube.get(path(mark())).thenCompose(found -> {
            if (found.code() == 404) {
                return owner.write(object(mark()), null, this::create);
            }
            if (found.ok() && found.body() instanceof ObjectNode mark) {
                ObjectNode owned = mark.deepCopy();
                if (owner.stamp(owned)) {
                    return owner.write(owned, mark, next -> kube.put(path(mark()), next));
                }
            }
            return CompletableFuture.completedFuture(found);
        }).whenComplete((answer, problem) -> {
            // Until then again at each write: without an owner it would outlive the release.
            markOwned = known && problem == null && answer.ok();
            if (problem != null || !answer.ok() && answer.code() != 409) {
                LOG.debug("{} is not there yet: {}", mark(), problem != null ? KubeClient.why(problem) : answer.why());
            }
        });
    }

    private ObjectNode object(String name) {
        ObjectNode lease = KubeClient.JSON.createObjectNode();
        lease.put("apiVersion", API).put("kind", "Lease");
        ObjectNode metadata = lease.putObject("metadata");
        metadata.put("name", name).put("namespace", kube.namespace());
        ObjectNode put = metadata.putObject("labels");
        labels.forEach(put::put);
        lease.putObject("spec");
        return lease;
    }

    private static boolean isAt(String version, ObjectNode object) {
        return object != null && object.path("metadata").path("resourceVersion").asText("").equals(version);
    }

    private String mark() {
        return name + "-initialized";
    }

    private String path(String object) {
        return kube.path(API, "leases", object);
    }
}
