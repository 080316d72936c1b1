package io.redisha.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.awaitility.core.ThrowingRunnable;

/** A release of architecture peers, and whoever joins it from outside, seen as Serf's own members see each other. */
public final class PeersRelease {

    public static final String CONTAINER = "peer";
    /** Within which the release's own pods see each other, from the moment at which all are ready: each was given the others. */
    public static final Duration ONE_RING = Duration.ofSeconds(20);
    /**
     * What nobody was given only Serf's gossip brings: who joined from outside, and that a former address is dead. It goes to three members at
     * a time, and whom it misses learns it from the exchange with somebody at random, every 30 s. Seen after 20 s, with five of eight lost.
     */
    private static final Duration GOSSIP = Duration.ofSeconds(90);
    /** What Kubernetes takes for the pods, each after the one before, is not ours. */
    private static final Duration READY = Duration.ofSeconds(120);

    private final Release release;
    private int size;

    public PeersRelease(Release release, int size) {
        this.release = release;
        this.size = size;
    }

    /** Of tests/lab/peers. */
    public static Path file(String name) {
        return Shell.repository().resolve("tests/lab/peers").resolve(name);
    }

    public Release release() {
        return release;
    }

    public Lab lab() {
        return release.lab();
    }

    public PeersRelease install(String... set) {
        release.install(set);
        return this;
    }

    /** Running or not, by ordinal; without those that came from outside. */
    public List<Pod> pods() {
        return release.pods("peer");
    }

    public Pod pod(int ordinal) {
        return release.pod(podName(ordinal));
    }

    public String podName(int ordinal) {
        return release.fullname() + "-" + ordinal;
    }

    /** Another program's Deployment, which knows of the bootstrap Service and nothing else. */
    public PeersRelease joinedByOthers() {
        String image = pods().getFirst().getSpec().getContainers().getFirst().getImage();
        try {
            release.cluster().apply(release.namespace(),
                    Files.readString(file("others.yaml")).replace("image: IMAGE", "image: " + image).replace("BOOTSTRAP:", release.fullname() + "-bootstrap:"));
        } catch (IOException missing) {
            throw new UncheckedIOException(missing);
        }
        return this;
    }

    /** So that nobody else brings together what is apart; they come back with {@link #joinedByOthers}. */
    public PeersRelease leftByOthers() {
        release.cluster().kubectl("-n", release.namespace(), "delete", "deployment", "others", "--cascade=foreground").orThrow();
        return this;
    }

    public List<Pod> others() {
        return release.cluster().client().pods().inNamespace(release.namespace()).withLabel("app", "others").list().getItems();
    }

    public PeersRelease scale(int replicas) {
        size = replicas;
        release.cluster().kubectl("-n", release.namespace(), "scale", "statefulset", release.fullname(), "--replicas=" + replicas).orThrow();
        return this;
    }

    /** As a careless person does. */
    public PeersRelease delete(int... ordinals) {
        release.cluster().delete(IntStream.of(ordinals).mapToObj(this::pod).toList()).orThrow();
        return this;
    }

    /** The program, not what started it. */
    public PeersRelease killProgram(int ordinal) {
        program(pod(ordinal)).signal("KILL");
        return this;
    }

    public Shell.Output exec(String pod, String... command) {
        List<String> all = new ArrayList<>(List.of("-n", release.namespace(), "exec", pod, "-c", CONTAINER, "--"));
        all.addAll(List.of(command));
        return release.cluster().kubectl(all.toArray(String[]::new));
    }

    /** All that `kubectl logs` shows of a pod, its init containers and the run before included. */
    public String log(String pod) {
        return release.cluster().kubectl("-n", release.namespace(), "logs", pod, "--all-containers").text()
                + release.cluster().kubectl("-n", release.namespace(), "logs", pod, "-c", CONTAINER, "--previous").text();
    }

    public String events() {
        return release.cluster().events(release.namespace());
    }

    public Duration awaitOneRing() {
        awaitReady();
        Duration own = await(() -> assertSeen(pods(), true), List.of(), ONE_RING);
        return own.plus(awaitOneRing(List.of(), GOSSIP));
    }

    public PeersRelease awaitReady() {
        Awaitility.await(release.fullname() + " ready").atMost(READY).pollInterval(Duration.ofMillis(250)).ignoreExceptions().untilAsserted(() -> {
            assertThat(pods()).as("pods").hasSize(size);
            assertThat(Release.names(everybody(), pod -> !Release.ready(pod))).as("pods that are not ready").isEmpty();
        });
        return this;
    }

    /** Of all pods but those on nodes that are off or cut off. @return how long it took from now on */
    public Duration awaitOneRing(List<String> without, Duration atMost) {
        Duration took = await(() -> assertSeen(on(everybody(), without), false), without, atMost);
        System.out.println("one ring of " + on(everybody(), without).size() + " after " + took.toMillis() + " ms");
        return took;
    }

    private Duration await(ThrowingRunnable one, List<String> without, Duration atMost) {
        long start = System.nanoTime();
        try {
            Awaitility.await("one ring").atMost(atMost).pollInterval(Duration.ofMillis(500)).ignoreExceptions().untilAsserted(one);
        } catch (ConditionTimeoutException never) {
            System.out.println(describe(without));
            throw never;
        }
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /** @param andOthers whether they may see more than each other */
    private void assertSeen(List<Pod> pods, boolean andOthers) {
        Set<String> wanted = pods.stream().map(pod -> pod.getStatus().getPodIP()).collect(Collectors.toCollection(TreeSet::new));
        Map<String, String> wrong = new TreeMap<>();
        alive(pods).forEach((pod, seen) -> {
            if (andOthers ? !seen.containsAll(wanted) : !seen.equals(wanted)) {
                wrong.put(pod, "misses " + less(wanted, seen) + ", has too many " + less(seen, wanted));
            }
        });
        assertThat(wanted).as("pods").isNotEmpty();
        assertThat(wrong).as("who is alive as each sees it").isEmpty();
    }

    private static Set<String> less(Set<String> some, Set<String> others) {
        Set<String> left = new TreeSet<>(some);
        left.removeAll(others);
        return left;
    }

    /** By pod the addresses of those that are alive to it. */
    public Map<String, Set<String>> alive(List<Pod> pods) {
        return new TreeMap<>(pods.stream().collect(Collectors.toMap(pod -> pod.getMetadata().getName(), this::alive)));
    }

    private Set<String> alive(Pod pod) {
        String json = members(pod, "-format=json").orThrow().out();
        try {
            JsonNode members = new ObjectMapper().readTree(json).path("members");
            return StreamSupport.stream(members.spliterator(), false).filter(member -> member.path("status").asText().equals("alive"))
                    .map(member -> member.path("addr").asText().replaceFirst(":[0-9]+$", "")).collect(Collectors.toCollection(TreeSet::new));
        } catch (IOException garbled) {
            throw new UncheckedIOException(json, garbled);
        }
    }

    /** In the pod, but not by kubectl: eight of those a second make this machine so busy that members take each other for dead. */
    private Shell.Output members(Pod pod, String... options) {
        List<String> command = new ArrayList<>(List.of("nsenter", "--mount", "--net", "--target", Long.toString(program(pod).pid()), "serf", "members"));
        command.addAll(List.of(options));
        return lab().shell().run(Duration.ofSeconds(10), command);
    }

    private static Processes.Found program(Pod pod) {
        return Processes.of(pod.getMetadata().getUid()).stream().filter(found -> found.name().equals("serf")).findFirst()
                .orElseThrow(() -> new AssertionError("no agent runs in " + pod.getMetadata().getName()));
    }

    /** How its program ended so far: that of before, and the one that has just ended. */
    public List<ContainerStateTerminated> ends(int ordinal) {
        return pod(ordinal).getStatus().getContainerStatuses().stream().filter(status -> status.getName().equals(CONTAINER))
                .flatMap(status -> Stream.of(status.getState(), status.getLastState())).filter(Objects::nonNull)
                .map(ContainerState::getTerminated).filter(Objects::nonNull).toList();
    }

    /** Without those that are on their way out. */
    private List<Pod> everybody() {
        List<Pod> all = new ArrayList<>(pods());
        all.addAll(others());
        return all.stream().filter(pod -> pod.getMetadata().getDeletionTimestamp() == null).toList();
    }

    private static List<Pod> on(List<Pod> pods, List<String> without) {
        return pods.stream().filter(pod -> !without.contains(pod.getSpec().getNodeName())).toList();
    }

    /** For a person who reads why a test failed. */
    private String describe(List<String> without) {
        return on(everybody(), without).stream().map(pod -> {
            String name = pod.getMetadata().getName();
            return name + " " + pod.getStatus().getPodIP() + " on " + pod.getSpec().getNodeName() + "\n" + members(pod).text();
        }).collect(Collectors.joining("\n"));
    }
}
