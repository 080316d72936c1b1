package io.redisha.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redisha.config.Settings;
import io.redisha.kube.KubeClient.Answer;
import io.redisha.loop.Publisher;
import io.redisha.model.MemberId;
import io.redisha.model.MemberState;
import io.redisha.model.Term;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The master Service's EndpointSlice, and after it the role labels (rule M6). */
public final class KubePublisher implements Publisher, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(KubePublisher.class);
    private static final String API = "discovery.k8s.io/v1";
    /** Rule L3: which leader wrote it, so that one of the past that comes late does not overwrite its successor. */
    private static final String TERM = "redis-ha/term";
    /** Who looks after a slice, as Kubernetes has it. */
    private static final String MANAGER = "endpointslice.kubernetes.io/managed-by";
    private static final String MANAGED_BY_US = "redis-ha";

    /** A renewal is every 1.5 s, the API budget of a release 2 requests a second: what was right may be so for 5 s unasked. */
    private static final long SLICE_CHECK = seconds(5);
    /** How old a replica's knowledge of the slice's version may be; when it is too old, promotion costs a read. */
    private static final long SLICE_GLANCE = seconds(30);
    /**
     * How long a former master keeps its label. The label would be the first change that kube-proxy hears of, and having acted
     * on it, kube-proxy waits a second before it acts on the next: the address of the new master. Whose leader takes the label
     * away anyway, after the address.
     */
    private static final long LABEL_GRACE = seconds(2);
    /** Until the first list of the pods. */
    private static final Duration GLANCE = Duration.ofMillis(50);

    private final KubeClient kube;
    private final PodWatch pods;
    private final PodLabels labels;
    private final Owner owner;
    private final Settings settings;
    private final String node;
    private final Newest<Order> orders;

    // Below: the working thread's own.
    /** The slice as last seen; without a resourceVersion it is known not to exist; null = not known. */
    private ObjectNode slice;
    private long sliceSeen;
    private List<MemberId> sliceSeenWith = List.of();
    private long successorSince;
    private String successor = "";
    private boolean withdrawn;
    private boolean troubled;
    /** Who else looked after a slice that was taken over, as told last. */
    private String told;

    /** @param at monotonic ns */
    private record Order(boolean master, MemberState self, long at) {

        boolean sameAs(Order other) {
            return master == other.master && self.term() == other.self.term() && Objects.equals(self.redis(), other.self.redis());
        }
    }

    /** @param node that this pod runs on */
    public KubePublisher(KubeClient kube, PodWatch pods, Settings settings, String node) {
        this.kube = kube;
        this.pods = pods;
        this.labels = new PodLabels(kube, pods);
        this.owner = pods.owner();
        this.settings = settings;
        this.node = node;
        this.orders = new Newest<>("publisher", kube.ticker(), Order::sameAs, this::pause, this::publish);
    }

    @Override
    public void master(MemberState self) {
        orders.give(new Order(true, self, kube.ticker().now()));
    }

    @Override
    public void replica(MemberState self) {
        orders.give(new Order(false, self, kube.ticker().now()));
    }

    @Override
    public void close() {
        orders.close();
    }

    private Duration pause() {
        return pods.now().isEmpty() ? GLANCE : Duration.ofNanos(settings.failover().timings().renew());
    }

    /** A leader orders anew with each renewal; a replica is left alone, and looks after its label itself. */
    private void publish(Order order, boolean again) throws InterruptedException {
        if (!order.master()) {
            replica(order);
        } else if (!again) {
            master(order);
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
                patches.add(labels.other(other, Map.of(role().key(), role().replica())));
            }
        }
        labels.finish(patches, orders, order);
    }

    private void replica(Order order) throws InterruptedException {
        if (pods.now().isEmpty()) {
            return;
        }
        if (!bySlice() || !role().master().equals(ownLabel(order)) || kube.ticker().now() - order.at() > LABEL_GRACE) {
            List<CompletableFuture<Answer>> patches = new ArrayList<>();
            label(order, patches);
            labels.finish(patches, orders, order);
        }
        // The label is written right after the slice: another master's label tells that the slice has another version.
        List<MemberId> others = others(order).stream().map(known -> known.pod().id()).toList();
        if (bySlice() && (slice == null || !others.equals(sliceSeenWith) || kube.ticker().now() - sliceSeen > SLICE_GLANCE) && glance(order)) {
            sliceSeenWith = others;
        }
    }

    /** Makes the slice name this pod, in one write if its version is known. */
    private void address(Order order) throws InterruptedException {
        for (int attempt = 0; attempt < 3 && current(order); attempt++) {
            boolean old = kube.ticker().now() - sliceSeen > SLICE_CHECK;
            if ((slice == null || attempt > 0 || old && wanted(order).equals(slice)) && !glance(order)) {
                return;
            }
            ObjectNode wanted = wanted(order);
            if (wanted.equals(slice) || heedsSuccessor(order)) {
                return;
            }
            boolean exists = slice.path("metadata").has("resourceVersion");
            if (exists) {
                tellOfAnother(slice);
            }
            Answer answer = orders.await(owner.write(wanted, slice, next -> exists ? kube.put(slicePath(name()), next) : kube.post(slicePath(null), next)), order);
            slice = null;
            if (answer == null) {
                return;
            }
            if (answer.ok() && answer.body() instanceof ObjectNode written) {
                keep(written);
                fine();
                return;
            }
            if (answer.code() != 409 && answer.code() != 404) {
                trouble(answer.why());
                return;
            }
        }
    }

    /** A release that went over to a selector has a slice of ours left, with an address that nobody keeps true. */
    private void withdraw(Order order) throws InterruptedException {
        Answer found = orders.await(kube.get(slicePath(name())), order);
        if (found == null || !found.ok() || found.body().path("endpoints").isEmpty() || !isOurs(found.body())) {
            // Not allowed to look is as good as nothing there: a Role without slices belongs to a release that never had one.
            withdrawn = found != null && found.code() / 100 != 5;
            return;
        }
        ObjectNode empty = found.body().deepCopy();
        empty.putArray("endpoints");
        Answer answer = orders.await(kube.put(slicePath(name()), empty), order);
        withdrawn = answer != null && answer.ok();
    }

    /** Reads the slice; false if that failed. */
    private boolean glance(Order order) throws InterruptedException {
        Answer answer = orders.await(kube.get(slicePath(name())), order);
        if (answer == null) {
            return false;
        }
        if (answer.ok() && answer.body() instanceof ObjectNode found && !answer.version().isEmpty()) {
            keep(found);
            return true;
        }
        if (answer.code() == 404) {
            keep(KubeClient.JSON.createObjectNode());
            return true;
        }
        trouble(answer.ok() ? "the answer is no EndpointSlice" : answer.why());
        return false;
    }

    private static boolean isOurs(JsonNode slice) {
        return manager(slice).equals(MANAGED_BY_US);
    }

    private static String manager(JsonNode slice) {
        return slice.path("metadata").path("labels").path(MANAGER).asText("");
    }

    /** It has the Service's name, which nobody else should use, and without it nobody finds the master: it is taken over, and not in silence. */
    private void tellOfAnother(JsonNode slice) {
        String manager = manager(slice);
        if (isOurs(slice) || manager.equals(told)) {
            return;
        }
        told = manager;
        LOG.warn("EndpointSlice {} was not written by this release ({}: {}), and is taken over: by it clients find the master", name(), MANAGER,
                manager.isEmpty() ? "missing" : manager);
    }

    private void keep(ObjectNode seen) {
        slice = seen;
        sliceSeen = kube.ticker().now();
    }

    /**
     * A higher term in the slice: a successor, whom the Lease will name to us in a moment. If after a whole lease duration we
     * still lead, it was the past: the Lease was lost and its term began anew.
     */
    private boolean heedsSuccessor(Order order) {
        long term = slice.path("metadata").path("annotations").path(TERM).asLong(0);
        // a number that is garbled names nobody, and is overwritten
        if (term <= order.self().term() || !Term.isNear(term, order.self().term())) {
            return false;
        }
        String version = slice.path("metadata").path("resourceVersion").asText();
        if (!version.equals(successor)) {
            successor = version;
            successorSince = kube.ticker().now();
        }
        return kube.ticker().now() - successorSince < settings.failover().timings().lease();
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
        labels.put(MANAGER, MANAGED_BY_US);
        metadata.withObject("/annotations").put(TERM, Long.toString(self.term()));
        owner.stamp(wanted);

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
            patches.add(labels.own(order.self().id(), Map.of(role().key(), value)));
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

    /** False once another role was ordered, and for an order from before a freeze: a leader that was frozen may be none any more. */
    private boolean current(Order order) {
        Order newest = orders.newest();
        return order.sameAs(newest) && (!order.master() || kube.ticker().now() - newest.at() < settings.failover().timings().renewDeadline());
    }

    private void trouble(String why) {
        if (!troubled) {
            LOG.warn("EndpointSlice {} cannot be written: {}", name(), why);
        }
        troubled = true;
    }

    private void fine() {
        if (troubled) {
            LOG.info("EndpointSlice {} can be written again", name());
        }
        troubled = false;
    }

    private boolean bySlice() {
        return settings.publish() == Settings.Publish.ENDPOINTSLICE;
    }

    private Settings.RoleLabel role() {
        return settings.labels().role();
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
