package io.redisha.kube;

import com.fasterxml.jackson.databind.JsonNode;
import io.redisha.kube.KubeClient.Answer;
import io.redisha.model.MemberId;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A StatefulSet as the order for how many pods there are to be.
 *
 * <p>That a release is stopped (no pods wanted) or uninstalled (no StatefulSet) is not an order to give up any of its pods: it never tells so.
 */
final class KubeSet {

    private static final Logger LOG = LoggerFactory.getLogger(KubeSet.class);
    /** A pod that takes a scale-in for a restart leaves without what it has being moved: worth more than one question. */
    static final Duration INSIST = Duration.ofSeconds(5);
    static final Duration PAUSE = Duration.ofMillis(250);

    private final KubeClient kube;
    private final String name;

    KubeSet(KubeClient kube, String name) {
        this.kube = kube;
        this.name = name;
    }

    /** Null if it does not answer, or is being deleted; never fails. */
    CompletableFuture<JsonNode> read() {
        return get().thenApply(answer -> answer.ok() && !isLeaving(answer.body()) ? answer.body() : null).exceptionally(problem -> null);
    }

    /** As {@link #read}, but null only if it is settled that there is none, or that it may not be read; an API server that is busy says neither, and fails this. */
    CompletableFuture<JsonNode> settled() {
        return get().thenApply(answer -> {
            if (answer.ok()) {
                return isLeaving(answer.body()) ? null : answer.body();
            }
            if (answer.code() / 100 != 4 || answer.code() == 429) {
                throw new IllegalStateException("StatefulSet: " + answer.why());
            }
            return null;
        });
    }

    /** 0 in a release that is stopped. */
    static int wanted(JsonNode set) {
        // Kubernetes' own default, which it writes down.
        return set.path("spec").path("replicas").asInt(1);
    }

    /**
     * Whether a pod that is told to stop will be made again; false only if it is the StatefulSet's will that it goes while others stay.
     *
     * @param then on the loop, after 5 s at the latest
     */
    void staying(String pod, Executor loop, Consumer<Boolean> then) {
        ask(pod, kube.ticker().now() + INSIST.toNanos()).thenAccept(stays -> loop.execute(() -> then.accept(stays)));
    }

    private CompletableFuture<Boolean> ask(String pod, long until) {
        return get().handle((answer, problem) -> {
            if (problem == null && answer.ok()) {
                int wanted = wanted(answer.body());
                return CompletableFuture.completedFuture(isLeaving(answer.body()) || wanted == 0 || MemberId.ordinal(pod) < wanted);
            }
            boolean settled = problem == null && answer.code() / 100 == 4 && answer.code() != 429;
            if (!settled && kube.ticker().now() - until < 0) {
                return kube.ticker().after(PAUSE).thenComposeAsync(over -> ask(pod, until));
            }
            if (problem != null || answer.code() != 404) {
                LOG.warn("StatefulSet {} does not say whether {} is to come back: taken for a restart ({})", name, pod,
                        problem != null ? KubeClient.why(problem) : answer.why());
            }
            return CompletableFuture.completedFuture(true);
        }).thenCompose(stays -> stays);
    }

    private CompletableFuture<Answer> get() {
        return kube.get(kube.path("apps/v1", "statefulsets", name));
    }

    private static boolean isLeaving(JsonNode set) {
        return set.path("metadata").hasNonNull("deletionTimestamp");
    }
}
