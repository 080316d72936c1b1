package io.redisha.kube;

import com.fasterxml.jackson.databind.JsonNode;
import io.redisha.config.Settings;
import io.redisha.kube.KubeClient.Answer;
import io.redisha.model.MemberId;
import io.redisha.model.PodView;
import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The release's pods, listed once and then watched: a steady state asks nothing. What is told is always the whole list, and only
 * when it has changed.
 */
public final class PodWatch implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(PodWatch.class);
    private static final Pattern INCARNATION = Pattern.compile("incarnation=([A-Za-z0-9-]+)");
    private static final String CONTAINER = "redis";

    /** The server ends a watch after this, and sends a bookmark shortly before. */
    private static final int WATCH_SECONDS = 15;
    /** So a watch that has not ended by then is on a connection that is dead, whatever TCP believes. */
    static final Duration SILENCE = Duration.ofSeconds(WATCH_SECONDS + 3);
    /** A watch that lasted longer has served its purpose, even if it told nothing. */
    private static final Duration SERVED = Duration.ofSeconds(2);
    /** The server is busy: what is known is as good as before, and a list would cost it more than a watch. */
    private static final int BUSY = 429;
    static final Duration FIRST_PAUSE = Duration.ofMillis(250);
    static final Duration LONGEST_PAUSE = Duration.ofSeconds(8);

    /** In place of an event. */
    private static final Object SILENT = new Object();
    private static final Object OPENED = new Object();

    private record Ended(int code, String why) {}

    private final KubeClient kube;
    private final String self;
    private final String selector;
    private final Executor loop;
    private final Consumer<List<PodView>> changed;
    private final Owner owner;

    /** By name. Written by the watching thread and by {@link #patched}. */
    private final Map<String, Known> known = new LinkedHashMap<>();
    private List<PodView> told;
    private volatile Thread thread;
    private volatile boolean closed;

    /** @param version of the object, the condition of a patch that must not undo what somebody else has done since */
    record Known(PodView pod, String version) {}

    /** @param changed called on the loop, with the pods in the order of their ordinals */
    public PodWatch(KubeClient kube, Settings settings, String self, Consumer<List<PodView>> changed, Executor loop) {
        this(kube, settings.labels().selector(), self, changed, loop);
    }

    /** The sentinels' pods, who are not among those. */
    public static PodWatch ofSentinels(KubeClient kube, Settings settings, String self, Consumer<List<PodView>> changed, Executor loop) {
        return new PodWatch(kube, settings.labels().sentinelSelector(), self, changed, loop);
    }

    PodWatch(KubeClient kube, Map<String, String> selector, String self, Consumer<List<PodView>> changed, Executor loop) {
        this.kube = kube;
        this.owner = new Owner(kube.ticker());
        this.self = self;
        this.selector = String.join(",", selector.entrySet().stream().map(label -> label.getKey() + "=" + label.getValue()).sorted().toList());
        this.changed = changed;
        this.loop = loop;
    }

    public void start() {
        thread = Thread.ofPlatform().daemon().name("pod-watch").start(this::run);
    }

    @Override
    public void close() {
        closed = true;
        Thread running = thread;
        if (running != null) {
            running.interrupt();
        }
    }

    Owner owner() {
        return owner;
    }

    /** As last seen; empty before the first list. */
    synchronized List<Known> now() {
        return List.copyOf(known.values());
    }

    /** The answer to a patch: seen at once, not when the watch comes round to it. */
    synchronized void patched(JsonNode pod) {
        Known before = known.get(name(pod));
        // The watch may have been quicker, and be further by now.
        if (before != null && before.pod().id().uid().equals(uid(pod)) && number(version(pod)) > number(before.version())) {
            apply("MODIFIED", pod);
        }
    }

    private void run() {
        Duration pause = FIRST_PAUSE;
        String version = null;
        while (!closed) {
            try {
                if (version == null) {
                    version = list();
                }
                Followed followed = follow(version);
                version = followed.version();
                if (followed.served()) {
                    pause = FIRST_PAUSE;
                    continue;
                }
            } catch (IOException | ExecutionException e) {
                LOG.debug("pods cannot be listed: {}", KubeClient.why(e instanceof ExecutionException ? e.getCause() : e));
                version = null;
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                LOG.warn("pods cannot be read", e);
                version = null;
            }
            try {
                // All pods lose the API server in the same moment: they must not all come back in one.
                kube.ticker().sleep(pause.dividedBy(2).plusNanos(ThreadLocalRandom.current().nextLong(pause.toNanos())));
            } catch (InterruptedException e) {
                return;
            }
            pause = pause.compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
        }
    }

    /** Returns the version to watch from. */
    String list() throws IOException, InterruptedException, ExecutionException {
        Answer answer = kube.get(path()).get();
        if (!answer.ok()) {
            throw new IOException(answer.why());
        }
        synchronized (this) {
            known.clear();
            for (JsonNode pod : answer.body().path("items")) {
                keep(pod);
            }
            tell();
        }
        return answer.version();
    }

    /**
     * How a watch ended.
     *
     * @param version to go on from, null if all must be listed again
     * @param served  it did its work for as long as it was there
     */
    private record Followed(String version, boolean served) {}

    private Followed follow(String from) throws InterruptedException, IOException {
        BlockingQueue<Object> events = new LinkedBlockingQueue<>();
        KubeClient.Stream stream = new KubeClient.Stream() {
            @Override
            public void opened() {
                events.add(OPENED);
            }

            @Override
            public void line(byte[] json) {
                events.add(json);
            }

            @Override
            public void ended(int code, String why) {
                events.add(new Ended(code, why));
            }
        };
        String version = from;
        boolean opened = false;
        boolean heard = false;
        long begun = kube.ticker().now();
        CompletableFuture<Void> silent = kube.ticker().after(SILENCE);
        silent.thenRun(() -> events.add(SILENT));
        try (KubeClient.Watch _ = kube.watch(path() + "&watch=1&allowWatchBookmarks=true&timeoutSeconds=" + WATCH_SECONDS + "&resourceVersion="
                + from, stream)) {
            while (true) {
                Object next = events.take();
                if (next == OPENED) {
                    opened = true;
                    continue;
                }
                if (next == SILENT) {
                    LOG.debug("the watch of the pods is silent: starting again");
                    return new Followed(opened ? version : null, opened);
                }
                if (next instanceof Ended end) {
                    LOG.debug("the watch of the pods ended: {}", end.why());
                    boolean served = heard || opened && kube.ticker().now() - begun > SERVED.toNanos();
                    return new Followed(served || end.code() == BUSY ? version : null, served);
                }
                JsonNode event = KubeClient.JSON.readTree((byte[]) next);
                String type = event.path("type").asText();
                if (type.equals("ERROR")) {
                    // 410: the version is too old by now. Whatever else it is, a new list cures it.
                    LOG.debug("the watch of the pods failed: {}", event.path("object").path("message").asText());
                    return new Followed(null, false);
                }
                heard = true;
                version = event.path("object").path("metadata").path("resourceVersion").asText(version);
                if (!type.equals("BOOKMARK")) {
                    apply(type, event.path("object"));
                }
            }
        } finally {
            silent.cancel(false);
        }
    }

    private synchronized void apply(String type, JsonNode pod) {
        if (type.equals("DELETED")) {
            Known gone = known.get(name(pod));
            if (gone != null && gone.pod().id().uid().equals(uid(pod))) {
                known.remove(name(pod));
            }
        } else {
            keep(pod);
        }
        tell();
    }

    private void keep(JsonNode pod) {
        known.put(name(pod), new Known(view(pod), version(pod)));
        if (name(pod).equals(self)) {
            owner.seen(pod);
        }
    }

    private void tell() {
        List<PodView> pods = known.values().stream().map(Known::pod).sorted(Comparator.comparingInt((PodView pod) -> pod.id().ordinal())
                .thenComparing(pod -> pod.id().pod())).toList();
        if (!pods.equals(told)) {
            told = pods;
            loop.execute(() -> changed.accept(pods));
        }
    }

    static PodView view(JsonNode pod) {
        JsonNode metadata = pod.path("metadata");
        JsonNode status = pod.path("status");
        Map<String, String> labels = new LinkedHashMap<>();
        metadata.path("labels").properties().forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
        boolean ready = false;
        String homeless = "";
        for (JsonNode condition : status.path("conditions")) {
            if (condition.path("type").asText().equals("PodScheduled") && condition.path("status").asText().equals("False")) {
                homeless = condition.path("message").asText(condition.path("reason").asText("Unschedulable"));
            }
            ready |= condition.path("type").asText().equals("Ready") && condition.path("status").asText().equals("True");
        }
        String ip = status.path("podIP").asText("");
        return new PodView(new MemberId(name(pod), uid(pod)), ip.isEmpty() ? null : ip, pod.path("spec").path("nodeName").asText(""),
                metadata.hasNonNull("deletionTimestamp"), ready, labels.getOrDefault("controller-revision-hash", ""), labels, dead(status), ran(status), homeless);
    }

    /** Why a kubelet does not start a container, when that does not end by itself. */
    private static final Set<String> NOT_TO_BE_HAD = Set.of("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError",
            "CreateContainerError");

    /** Unless the kubelet says that it cannot start the first run. */
    private static boolean ran(JsonNode status) {
        for (JsonNode container : status.path("containerStatuses")) {
            if (container.path("name").asText().equals(CONTAINER)) {
                return container.path("restartCount").asInt() > 0 || !NOT_TO_BE_HAD.contains(container.path("state").path("waiting").path("reason").asText()) || !container.path("lastState").isEmpty();
            }
        }
        return true;
    }

    /** Rule L9b: a run of the container wrote its name into its termination message, and the kubelet says that it has ended. */
    private static Set<String> dead(JsonNode status) {
        Set<String> dead = new HashSet<>();
        for (JsonNode container : status.path("containerStatuses")) {
            if (container.path("name").asText().equals(CONTAINER)) {
                for (String state : new String[] {"state", "lastState"}) {
                    Matcher message = INCARNATION.matcher(container.path(state).path("terminated").path("message").asText(""));
                    while (message.find()) {
                        dead.add(message.group(1));
                    }
                }
            }
        }
        return dead;
    }

    private static String name(JsonNode pod) {
        return pod.path("metadata").path("name").asText();
    }

    private static String uid(JsonNode pod) {
        return pod.path("metadata").path("uid").asText();
    }

    private static String version(JsonNode pod) {
        return pod.path("metadata").path("resourceVersion").asText();
    }

    /** Versions are numbers that grow in every Kubernetes there is; one that is not is never the newer. */
    private static long number(String version) {
        try {
            return Long.parseLong(version);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private String path() {
        return kube.path("v1", "pods", null) + "?labelSelector=" + KubeClient.encode(selector);
    }
}
