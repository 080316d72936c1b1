package io.redisha.kube;

import com.fasterxml.jackson.databind.JsonNode;
import io.redisha.config.Settings;
import io.redisha.kube.KubeClient.Answer;
import io.redisha.loop.cluster.ShapeSource;
import io.redisha.model.MemberId;
import io.redisha.model.Shape;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The StatefulSet as the order for a cluster's shape: its number of pods, and in annotations what of.
 *
 * <p>That a release is stopped (no pods wanted) or uninstalled (no StatefulSet) is not an order to move its data together: it never tells so.
 */
public final class KubeShape implements ShapeSource {

    private static final Logger LOG = LoggerFactory.getLogger(KubeShape.class);
    private static final String SHARDS = "redis-ha/shards";
    private static final String REPLICAS = "redis-ha/replicas-per-shard";
    /** More would be a typing error: the settings of a release have the same bounds. */
    private static final int MOST_SHARDS = 500;
    private static final int MOST_REPLICAS = 10;
    /** A pod that takes a scale-in for a restart leaves without its slots being moved: worth more than one question. */
    private static final Duration INSIST = Duration.ofSeconds(5);
    private static final long PAUSE_MS = 250;

    private final KubeClient kube;
    private final Settings settings;
    private final Executor loop;
    private final Duration insist;

    public KubeShape(KubeClient kube, Settings settings, Executor loop) {
        this(kube, settings, loop, INSIST);
    }

    KubeShape(KubeClient kube, Settings settings, Executor loop, Duration insist) {
        this.kube = kube;
        this.settings = settings;
        this.loop = loop;
        this.insist = insist;
    }

    @Override
    public void read(Consumer<Shape> then) {
        get().thenApply(answer -> answer.ok() && !isLeaving(answer.body()) ? shape(answer.body()) : null).exceptionally(problem -> null)
                .thenAccept(shape -> loop.execute(() -> then.accept(shape)));
    }

    /**
     * Whether a pod that is told to stop will be made again; false only if it is the StatefulSet's will that it goes while others stay.
     *
     * @param then on the loop, after 5 s at the latest
     */
    public void staying(String pod, Consumer<Boolean> then) {
        ask(pod, System.nanoTime() + insist.toNanos()).thenAccept(stays -> loop.execute(() -> then.accept(stays)));
    }

    private CompletableFuture<Boolean> ask(String pod, long until) {
        return get().handle((answer, problem) -> {
            if (problem == null && answer.ok()) {
                int wanted = wanted(answer.body());
                return CompletableFuture.completedFuture(isLeaving(answer.body()) || wanted == 0 || MemberId.ordinal(pod) < wanted);
            }
            boolean settled = problem == null && answer.code() / 100 == 4 && answer.code() != 429;
            if (!settled && System.nanoTime() - until < 0) {
                return CompletableFuture.runAsync(() -> { }, CompletableFuture.delayedExecutor(PAUSE_MS, TimeUnit.MILLISECONDS)).thenCompose(_ -> ask(pod, until));
            }
            if (problem != null || answer.code() != 404) {
                LOG.warn("StatefulSet {} does not say whether {} is to come back: taken for a restart ({})", settings.name(), pod,
                        problem != null ? KubeClient.why(problem) : answer.why());
            }
            return CompletableFuture.completedFuture(true);
        }).thenCompose(stays -> stays);
    }

    private CompletableFuture<Answer> get() {
        return kube.get(kube.path("apps/v1", "statefulsets", settings.name()));
    }

    private Shape shape(JsonNode set) {
        Settings.Cluster installed = settings.cluster();
        JsonNode annotations = set.path("metadata").path("annotations");
        Shape shape = Shape.of(number(annotations.path(SHARDS), Shape.LEAST_SHARDS, MOST_SHARDS, installed.shards()),
                number(annotations.path(REPLICAS), 0, MOST_REPLICAS, installed.replicasPerShard()));
        int wanted = wanted(set);
        return wanted == 0 ? shape : shape.scaled(wanted);
    }

    private static int wanted(JsonNode set) {
        // Kubernetes' own default, which it writes down.
        return set.path("spec").path("replicas").asInt(1);
    }

    private static boolean isLeaving(JsonNode set) {
        return set.path("metadata").hasNonNull("deletionTimestamp");
    }

    /** Edited by hand: as if it had not been. */
    private static int number(JsonNode annotation, int least, int most, int usual) {
        try {
            int number = Integer.parseInt(annotation.asText("").strip());
            return number >= least && number <= most ? number : usual;
        } catch (NumberFormatException e) {
            return usual;
        }
    }
}
