package io.redisha.kube;

import com.fasterxml.jackson.databind.JsonNode;
import io.redisha.config.Settings;
import io.redisha.loop.cluster.ShapeSource;
import io.redisha.model.Shape;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** The StatefulSet as the order for a cluster's shape: its number of pods, and in annotations what of. */
public final class KubeShape implements ShapeSource {

    private static final String SHARDS = "redis-ha/shards";
    private static final String REPLICAS = "redis-ha/replicas-per-shard";
    /** More would be a typing error: the settings of a release have the same bounds. */
    private static final int MOST_SHARDS = 500;
    private static final int MOST_REPLICAS = 10;

    private final KubeSet set;
    private final Settings settings;
    private final Executor loop;

    public KubeShape(KubeClient kube, Settings settings, Executor loop) {
        this.set = new KubeSet(kube, settings.name());
        this.settings = settings;
        this.loop = loop;
    }

    @Override
    public void read(Consumer<Shape> then) {
        set.read().thenAccept(found -> loop.execute(() -> then.accept(found == null ? null : shape(found))));
    }

    /** @param then on the loop: whether a pod that is told to stop will be made again */
    public void staying(String pod, Consumer<Boolean> then) {
        set.staying(pod, loop, then);
    }

    private Shape shape(JsonNode found) {
        Settings.Cluster installed = settings.cluster();
        JsonNode annotations = found.path("metadata").path("annotations");
        Shape shape = Shape.of(number(annotations.path(SHARDS), Shape.LEAST_SHARDS, MOST_SHARDS, installed.shards()),
                number(annotations.path(REPLICAS), 0, MOST_REPLICAS, installed.replicasPerShard()));
        int wanted = KubeSet.wanted(found);
        return wanted == 0 ? shape : shape.scaled(wanted);
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
