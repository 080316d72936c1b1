package io.redisha.kube;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redisha.config.PodEnvironment;
import io.redisha.loop.EventSink;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happened to this pod, as Events on it: {@code kubectl describe pod} tells the story. One that finds no answer is tried again for a
 * minute, since some are told only once, and the first request of a program is the slowest. Nothing here waits or complains twice.
 */
public final class KubeEvents implements EventSink {

    private static final Logger LOG = LoggerFactory.getLogger(KubeEvents.class);
    private static final long MINUTE = 60_000_000_000L;
    private static final int BURST = 10;
    /** One more may follow each six seconds. */
    private static final long REFILL = MINUTE / BURST;
    static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    /** Each is twice the one before. */
    static final Duration LAST_PAUSE = Duration.ofSeconds(32);
    /** Of a message, in Kubernetes. */
    private static final int LONGEST = 1024;

    private final KubeClient kube;
    private final PodEnvironment pod;
    private final String field;

    /** When each text was last told, monotonic ns. */
    private final Map<String, Long> told = new LinkedHashMap<>();
    private long credit = BURST * REFILL;
    private long credited;
    private long count;
    private volatile boolean complained;
    private volatile CompletableFuture<?> latest = CompletableFuture.completedFuture(null);

    /** @param container that the Events are of */
    public KubeEvents(KubeClient kube, PodEnvironment pod, String container) {
        this(kube, pod, "spec.containers", container);
    }

    private KubeEvents(KubeClient kube, PodEnvironment pod, String containers, String container) {
        this.kube = kube;
        this.pod = pod;
        this.credited = kube.ticker().now();
        this.field = containers + "{" + container + "}";
    }

    /** Of one that runs before the others, which Kubernetes keeps in a list of its own. */
    public static KubeEvents ofInit(KubeClient kube, PodEnvironment pod, String container) {
        return new KubeEvents(kube, pod, "spec.initContainers", container);
    }

    /** Returns at once; {@code reason} in CamelCase. */
    @Override
    public void emit(boolean warning, String reason, String message) {
        if (!admits(reason + " " + message)) {
            return;
        }
        String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        ObjectNode event = KubeClient.JSON.createObjectNode();
        event.put("apiVersion", "v1").put("kind", "Event");
        event.putObject("metadata").put("namespace", kube.namespace()).put("name", pod.pod() + "." + Long.toHexString(serial()));
        event.putObject("involvedObject").put("apiVersion", "v1").put("kind", "Pod").put("namespace", kube.namespace()).put("name", pod.pod())
                .put("uid", pod.uid()).put("fieldPath", field);
        event.put("type", warning ? "Warning" : "Normal").put("reason", reason)
                .put("message", message.length() > LONGEST ? message.substring(0, LONGEST - 1) + "…" : message);
        event.put("firstTimestamp", now).put("lastTimestamp", now).put("count", 1);
        event.putObject("source").put("component", "redis-ha").put("host", pod.node());
        event.put("reportingComponent", "redis-ha").put("reportingInstance", pod.pod());
        latest = tell(event, FIRST_PAUSE);
    }

    /** By its name it is made once, however often it is told. */
    private CompletableFuture<Void> tell(ObjectNode event, Duration pause) {
        return kube.post(kube.path("v1", "events", null), event).handle((answer, problem) -> {
            boolean silent = problem != null || answer.code() >= 500 || answer.code() == 429;
            if (silent && pause.compareTo(LAST_PAUSE) <= 0) {
                return kube.ticker().after(pause).thenCompose(over -> tell(event, pause.multipliedBy(2)));
            }
            if ((silent || !answer.ok()) && !complained) {
                complained = true;
                LOG.debug("Events cannot be written: {}", problem != null ? KubeClient.why(problem) : answer.why());
            }
            return CompletableFuture.<Void>completedFuture(null);
        }).thenCompose(next -> next);
    }

    /** Before the program ends: gives the last one its chance. */
    public void settle(Duration atMost) {
        try {
            latest.get(atMost.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("the last Event may be lost");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** As client-go names Events: by the nanosecond; and never one name twice. */
    private synchronized long serial() {
        Instant now = Instant.now();
        count = Math.max(count + 1, now.getEpochSecond() * 1_000_000_000L + now.getNano());
        return count;
    }

    private synchronized boolean admits(String text) {
        long now = kube.ticker().now();
        told.values().removeIf(at -> now - at > MINUTE);
        credit = Math.min(BURST * REFILL, credit + (now - credited));
        credited = now;
        if (told.containsKey(text) || credit < REFILL) {
            return false;
        }
        credit -= REFILL;
        told.put(text, now);
        return true;
    }
}
