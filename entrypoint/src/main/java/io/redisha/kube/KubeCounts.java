package io.redisha.kube;

import com.fasterxml.jackson.databind.JsonNode;
import io.redisha.config.Settings;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * How many servers and how many sentinels there are to be: what both StatefulSets say, also after a {@code kubectl scale}.
 *
 * <p>It never tells zero: a release that is stopped keeps all that it knows, and comes back as it was.
 */
public final class KubeCounts {

    /** What there are to be. */
    public interface Counted {
        void counted(int servers, int sentinels);
    }

    private final KubeSet servers;
    private final KubeSet sentinels;
    private final Executor loop;

    public KubeCounts(KubeClient kube, Settings settings, Executor loop) {
        this.servers = new KubeSet(kube, settings.name());
        this.sentinels = new KubeSet(kube, settings.sentinel().name());
        this.loop = loop;
    }

    /** @param then on the loop, if both sets answer and want any pods; else never */
    public void read(Counted then) {
        CompletableFuture<JsonNode> first = servers.read();
        CompletableFuture<JsonNode> second = sentinels.read();
        first.thenAcceptBoth(second, (one, other) -> {
            if (one != null && other != null && KubeSet.wanted(one) > 0 && KubeSet.wanted(other) > 0) {
                loop.execute(() -> then.counted(KubeSet.wanted(one), KubeSet.wanted(other)));
            }
        });
    }
}
