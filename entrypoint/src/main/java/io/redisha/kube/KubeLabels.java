package io.redisha.kube;

import io.redisha.kube.KubeClient.Answer;
import io.redisha.loop.cluster.Labels;
import io.redisha.model.MemberId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Labels as the agent of a cluster node wants them, kept so: the watch shows when somebody has changed one by hand.
 *
 * <p>It never labels another pod for an agent that has stopped saying so: one that was frozen may be no master any more.
 */
public final class KubeLabels implements Labels, AutoCloseable {

    /** Agents repeat their orders ten times a second. */
    private static final long FRESH = TimeUnit.SECONDS.toNanos(2);
    static final Duration PAUSE = Duration.ofSeconds(1);
    /** Until the first list of the pods. */
    private static final Duration GLANCE = Duration.ofMillis(50);

    private final PodWatch pods;
    private final MemberId self;
    private final PodLabels labels;
    private final Ticker ticker;
    private final Newest<Order> orders;

    private volatile long said;

    private record Order(Map<String, String> own, Map<String, Map<String, String>> others) {}

    public KubeLabels(KubeClient kube, PodWatch pods, MemberId self) {
        this.pods = pods;
        this.self = self;
        this.labels = new PodLabels(kube, pods);
        this.ticker = kube.ticker();
        this.orders = new Newest<>("labels", ticker, Order::equals, this::pause, (order, again) -> label(order));
    }

    @Override
    public void publish(Map<String, String> own, Map<String, Map<String, String>> others) {
        said = ticker.now();
        // Copies that may hold null, for a label to be taken away.
        Order next = new Order(new HashMap<>(own), new HashMap<>(others));
        if (!next.equals(orders.newest())) {
            orders.give(next);
        }
    }

    @Override
    public void close() {
        orders.close();
    }

    private Duration pause() {
        return pods.now().isEmpty() ? GLANCE : PAUSE;
    }

    private void label(Order order) throws InterruptedException {
        List<CompletableFuture<Answer>> patches = new ArrayList<>();
        for (PodWatch.Known known : pods.now()) {
            if (known.pod().id().equals(self)) {
                Map<String, String> missing = PodLabels.missing(order.own(), known.pod().labels());
                if (!missing.isEmpty()) {
                    patches.add(labels.own(self, missing));
                }
            } else if (order.others().containsKey(known.pod().id().pod()) && ticker.now() - said < FRESH) {
                Map<String, String> missing = PodLabels.missing(order.others().get(known.pod().id().pod()), known.pod().labels());
                if (!missing.isEmpty()) {
                    patches.add(labels.other(known, missing));
                }
            }
        }
        labels.finish(patches, orders, order);
    }
}
