package io.redisha.kube;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redisha.config.Settings;
import io.redisha.kube.KubeClient.Answer;
import io.redisha.loop.Publisher;
import io.redisha.model.MemberId;
import io.redisha.model.MemberState;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The master Service's EndpointSlice and the role labels (rule M6). One thread works on the newest order only: a call that
 * hangs is left to itself as soon as the role changes, so that it cannot delay the write that brings clients to the new master.
 */
public final class KubePublisher implements Publisher, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(KubePublisher.class);
    private static final String API = "discovery.k8s.io/v1";
    private static final String LABEL = "role label";
    /** Rule L3: which leader wrote it, so that one of the past that comes late does not overwrite its successor. */
    private static final String TERM = "redis-ha/term";

    /** A renewal is every 1.5 s, the API budget of a release 2 requests a second: what was right may be so for 5 s unasked. */
    private static final long SLICE_CHECK = seconds(5);
    /** How old a replica's knowledge of the slice's version may be; when it is too old, promotion costs a read. */
    private static final long SLICE_GLANCE = seconds(30);
    private static final long MARK_CHECK = seconds(60);
    /**
     * How long a former master keeps its label. The label would be the first change that kube-proxy hears of, and having acted
     * on it, kube-proxy waits a second before it acts on the next: the address of the new master. Whose leader takes the label
     * away anyway, after the address.
     */
    private static final long LABEL_GRACE = seconds(2);
    /** Until the first list of the pods, milliseconds. */
    private static final long GLANCE_MS = 50;

    private final KubeClient kube;
    private final PodWatch pods;
    private final KubeLease lease;
    private final Owner owner;
    private final Settings settings;
    private final String node;

    private final Object monitor = new Object();
    private Order order;
    private Order done;
    private Thread thread;

    // Below: the working thread's own.
    /** The slice as last seen; without a resourceVersion it is known not to exist; null = not known. */
    private ObjectNode slice;
    private long sliceSeen;
    private List<MemberId> sliceSeenWith = List.of();
    private long successorSince;
    private String successor = "";
    private long markSeen;
    private boolean withdrawn;
    private final Set<String> troubles = new HashSet<>();

    /** @param at monotonic ns */
    private record Order(boolean master, MemberState self, long at) {

        boolean sameAs(Order other) {
            return other != null && master == other.master && self.term() == other.self.term() && Objects.equals(self.redis(), other.self.redis());
        }
    }

    /** @param node that this pod runs on */
    public KubePublisher(KubeClient kube, PodWatch pods, KubeLease lease, Settings settings, String node) {
        this.kube = kube;
        this.pods = pods;
        this.lease = lease;
        this.owner = pods.owner();
        this.settings = settings;
        this.node = node;
        this.markSeen = System.nanoTime();
    }

    @Override
    public void master(MemberState self) {
        say(new Order(true, self, System.nanoTime()));
    }

    @Override
    public void replica(MemberState self) {
        say(new Order(false, self, System.nanoTime()));
    }

    private void say(Order next) {
        synchronized (monitor) {
            order = next;
            if (thread == null) {
                thread = Thread.ofPlatform().daemon().name("publisher").start(this::run);
            }
            monitor.notifyAll();
        }
    }

    @Override
    public void close() {
        synchronized (monitor) {
            if (thread != null) {
                thread.interrupt();
            }
        }
    }

    private void run() {
        try {
            while (true) {
                Order next;
                synchronized (monitor) {
                    // A leader orders anew with each renewal; a replica is left alone, and looks after its label itself.
                    if (order == done) {
                        monitor.wait(pods.now().isEmpty() ? GLANCE_MS : settings.failover().timings().renew() / 1_000_000);
                    }
                    next = order;
                    if (next == done && next.master()) {
                        continue;
                    }
                    done = next;
                }
                try {
                    if (next.master()) {
                        master(next);
                    } else {
                        replica(next);
                    }
                } catch (RuntimeException e) {
                    LOG.warn("the role cannot be published", e);
                }
            }
        } catch (InterruptedException e) {
            // Closed.
        }
    }

    private void master(Order order) throws InterruptedException {
        if (bySlice()) {
            address(order);
        } else if (!withdrawn) {
            withdraw(order);
        }
        List<CompletableFuture<Answer>> patches = new ArrayList<>();
        label(order, patches);
        for (PodWatch.Known other : others(order)) {
            if (current(order)) {
                // On the version seen: if that pod has been made master since, this is what must not happen.
                patches.add(patch(other.pod().id().pod(), other.pod().id().uid(), other.version(), role().replica()));
            }
        }
        finish(order, patches);
        if (current(order) && System.nanoTime() - markSeen > MARK_CHECK) {
            markSeen = System.nanoTime();
            lease.remember();
        }
    }

    private void replica(Order order) throws InterruptedException {
        if (pods.now().isEmpty()) {
            return;
        }
        if (!bySlice() || !role().master().equals(ownLabel(order)) || System.nanoTime() - order.at() > LABEL_GRACE) {
            List<CompletableFuture<Answer>> patches = new ArrayList<>();
            label(order, patches);
            finish(order, patches);
        }
        // The label is written right after the slice: another master's label tells that the slice has another version.
        List<MemberId> others = others(order).stream().map(known -> known.pod().id()).toList();
        if (bySlice() && (slice == null || !others.equals(sliceSeenWith) || System.nanoTime() - sliceSeen > SLICE_GLANCE) && glance(order)) {
            sliceSeenWith = others;
        }
    }

    /** Makes the slice name this pod, in one write if its version is known. */
    private void address(Order order) throws InterruptedException {
        for (int attempt = 0; attempt < 3 && current(order); attempt++) {
            boolean old = System.nanoTime() - sliceSeen > SLICE_CHECK;
            if ((slice == null || attempt > 0 || old && wanted(order).equals(slice)) && !glance(order)) {
                return;
            }
            ObjectNode wanted = wanted(order);
            if (wanted.equals(slice) || heedsSuccessor(order)) {
                return;
            }
            boolean exists = slice.path("metadata").has("resourceVersion");
            Answer answer = await(exists ? kube.put(slicePath(name()), wanted) : kube.post(slicePath(null), wanted), order);
            slice = null;
            if (answer == null) {
                return;
            }
            if (answer.ok() && answer.body() instanceof ObjectNode written) {
                keep(written);
                fine(sliceTitle());
                return;
            }
            if (answer.code() != 409 && answer.code() != 404) {
                trouble(sliceTitle(), answer.why());
                return;
            }
        }
    }

    /** A release that went over to a selector has a slice of ours left, with an address that nobody keeps true. */
    private void withdraw(Order order) throws InterruptedException {
        Answer found = await(kube.get(slicePath(name())), order);
        if (found == null || !found.ok() || found.body().path("endpoints").isEmpty()) {
            // Not allowed to look is as good as nothing there: a Role without slices belongs to a release that never had one.
            withdrawn = found != null && found.code() / 100 != 5;
            return;
        }
        ObjectNode empty = found.body().deepCopy();
        empty.putArray("endpoints");
        Answer answer = await(kube.put(slicePath(name()), empty), order);
        withdrawn = answer != null && answer.ok();
    }

    /** Reads the slice; false if that failed. */
    private boolean glance(Order order) throws InterruptedException {
        Answer answer = await(kube.get(slicePath(name())), order);
        if (answer == null) {
            return false;
        }
        if (answer.ok() && answer.body() instanceof ObjectNode found) {
            keep(found);
            return true;
        }
        if (answer.code() == 404) {
            keep(KubeClient.JSON.createObjectNode());
            return true;
        }
        trouble(sliceTitle(), answer.why());
        return false;
    }

    private void keep(ObjectNode seen) {
        slice = seen;
        sliceSeen = System.nanoTime();
    }

    /**
     * A higher term in the slice: a successor, whom the Lease will name to us in a moment. If after a whole lease duration we
     * still lead, it was the past: the Lease was lost and its term began anew.
     */
    private boolean heedsSuccessor(Order order) {
        long term = slice.path("metadata").path("annotations").path(TERM).asLong(0);
        if (term <= order.self().term()) {
            return false;
        }
        String version = slice.path("metadata").path("resourceVersion").asText();
        if (!version.equals(successor)) {
            successor = version;
            successorSince = System.nanoTime();
        }
        return System.nanoTime() - successorSince < settings.failover().timings().lease();
    }

    /** The slice as it should be; what others put into its metadata stays. */
    private ObjectNode wanted(Order order) {
        MemberState self = order.self();
        String ip = self.redis().host();
        ObjectNode wanted = slice == null ? KubeClient.JSON.createObjectNode() : slice.deepCopy();
        wanted.put("apiVersion", API).put("kind", "EndpointSlice");
        ObjectNode metadata = wanted.withObject("/metadata");
        metadata.put("name", name()).put("namespace", kube.namespace());
        ObjectNode labels = metadata.withObject("/labels");
        settings.labels().common().forEach(labels::put);
        labels.put("kubernetes.io/service-name", settings.services().master());
        labels.put("endpointslice.kubernetes.io/managed-by", "redis-ha");
        metadata.withObject("/annotations").put(TERM, Long.toString(self.term()));
        owner.stamp(metadata);

        wanted.put("addressType", ip.contains(":") ? "IPv6" : "IPv4");
        ArrayNode endpoints = wanted.putArray("endpoints");
        ObjectNode endpoint = endpoints.addObject();
        endpoint.putArray("addresses").add(ip);
        endpoint.putObject("conditions").put("ready", true).put("serving", true).put("terminating", false);
        endpoint.put("nodeName", node);
        endpoint.putObject("targetRef").put("kind", "Pod").put("name", self.id().pod()).put("namespace", kube.namespace()).put("uid", self.id().uid());
        wanted.putArray("ports").addObject().put("name", "redis").put("port", self.redis().port()).put("protocol", "TCP");
        return wanted;
    }

    /** This pod's own label, if the watch does not show it yet. */
    private void label(Order order, List<CompletableFuture<Answer>> patches) {
        String value = order.master() ? role().master() : role().replica();
        if (!value.equals(ownLabel(order)) && current(order)) {
            patches.add(patch(order.self().id().pod(), order.self().id().uid(), null, value));
        }
    }

    /** Pods that carry the master's label and are not this one. */
    private List<PodWatch.Known> others(Order order) {
        return pods.now().stream().filter(known -> !known.pod().id().equals(order.self().id())
                && role().master().equals(known.pod().labels().get(role().key()))).toList();
    }

    /** As the watch shows it; null if it shows none. */
    private String ownLabel(Order order) {
        for (PodWatch.Known known : pods.now()) {
            if (known.pod().id().equals(order.self().id())) {
                return known.pod().labels().get(role().key());
            }
        }
        return null;
    }

    /** The UID is a condition too: a force-deleted pod that still runs must not label its namesake. */
    private CompletableFuture<Answer> patch(String pod, String uid, String version, String value) {
        ObjectNode patch = KubeClient.JSON.createObjectNode();
        ObjectNode metadata = patch.putObject("metadata").put("uid", uid);
        if (version != null) {
            metadata.put("resourceVersion", version);
        }
        metadata.putObject("labels").put(role().key(), value);
        return kube.patch(kube.path("v1", "pods", pod), patch);
    }

    private void finish(Order order, List<CompletableFuture<Answer>> patches) throws InterruptedException {
        for (CompletableFuture<Answer> patch : patches) {
            Answer answer = await(patch, order);
            if (answer == null) {
                return;
            }
            if (answer.ok()) {
                pods.patched(answer.body());
                fine(LABEL);
            } else if (answer.code() != 409 && answer.code() != 404) {
                trouble(LABEL, answer.why());
            }
        }
    }

    /** Null if there is no answer, or nobody wants it any more. */
    private Answer await(CompletableFuture<Answer> sent, Order order) throws InterruptedException {
        sent.whenComplete((answer, problem) -> {
            synchronized (monitor) {
                monitor.notifyAll();
            }
        });
        synchronized (monitor) {
            while (!sent.isDone() && order.sameAs(this.order)) {
                monitor.wait();
            }
        }
        if (!sent.isDone()) {
            return null;
        }
        try {
            return sent.join();
        } catch (CompletionException | java.util.concurrent.CancellationException e) {
            // The API server's absence is told by whoever renews the Lease.
            LOG.debug("not published: {}", KubeClient.why(e));
            return null;
        }
    }

    /** False once another role was ordered, and for an order from before a freeze: a leader that was frozen may be none any more. */
    private boolean current(Order order) {
        synchronized (monitor) {
            return order.sameAs(this.order)
                    && (!order.master() || System.nanoTime() - this.order.at() < settings.failover().timings().renewDeadline());
        }
    }

    private void trouble(String what, String why) {
        if (troubles.add(what)) {
            LOG.warn("{} cannot be written: {}", what, why);
        }
    }

    private void fine(String what) {
        if (troubles.remove(what)) {
            LOG.info("{} can be written again", what);
        }
    }

    private boolean bySlice() {
        return settings.publish() == Settings.Publish.ENDPOINTSLICE;
    }

    private Settings.RoleLabel role() {
        return settings.labels().role();
    }

    private String sliceTitle() {
        return "EndpointSlice " + name();
    }

    private String name() {
        return settings.services().master();
    }

    private String slicePath(String name) {
        return kube.path(API, "endpointslices", name);
    }

    private static long seconds(long count) {
        return count * 1_000_000_000L;
    }
}
