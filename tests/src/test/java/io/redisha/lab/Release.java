package io.redisha.lab;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisException;

/** One `helm install` of the chart, seen from outside: what a user sees and does. Of architecture replication, unless a subclass says otherwise. */
public class Release {

    private static final ObjectMapper JSON = new ObjectMapper();
    /** What the lab calls our image, which the chart has no name for. */
    private static final Path IMAGE = Shell.repository().resolve("tests/lab/image.yaml");
    private static final Duration LATE_PROXY = Duration.ofSeconds(5);

    private final Lab lab;
    private final Cluster cluster;
    private final String namespace;
    private final String name;
    private final List<Path> files = new ArrayList<>(List.of(IMAGE));
    private final List<String> values = new ArrayList<>();
    private Path chart = Path.of(chart());
    private String secret;

    public Release(Lab lab, Cluster cluster, String namespace, String name) {
        this.lab = lab;
        this.cluster = cluster;
        this.namespace = namespace;
        this.name = name;
        this.secret = fullname();
    }

    /** That the user made, instead of the generated one. */
    public Release withSecret(String existing) {
        secret = existing;
        return this;
    }

    /** A values file, beside which those that are given one by one stand. */
    public Release with(Path values) {
        files.add(values);
        return this;
    }

    public String namespace() {
        return namespace;
    }

    public String name() {
        return name;
    }

    /** What the chart names its objects by. */
    public String fullname() {
        return name.contains("redis-ha") ? name : name + "-redis-ha";
    }

    /** Installs, or upgrades keeping the values given before, and waits for it as a user would. */
    public Release install(String... set) {
        tryInstall(set).orThrow();
        return this;
    }

    /** The values are remembered only if helm took them. */
    public Shell.Output tryInstall(String... set) {
        Shell.Output output = helm(List.of("--wait", "--timeout", "3m"), set);
        if (output.exit() == 0) {
            values.addAll(List.of(set));
        }
        return output;
    }

    /** Installs the version before this one, which named its own image. */
    public Release installPrevious(String... set) {
        chart = lab.previousChart();
        files.remove(IMAGE);
        return install(set);
    }

    /** To this version, in the words of the CHANGELOG; returns when helm does. */
    public void upgrade() {
        chart = Path.of(chart());
        files.addFirst(IMAGE);
        cluster.helm("upgrade", name, chart.toString(), "-n", namespace, "--reset-then-reuse-values", "-f", IMAGE.toString(), "--wait", "--timeout", "5m").orThrow();
    }

    /** To the revision before; returns when helm does. */
    public void rollback() {
        cluster.helm("rollback", name, "-n", namespace, "--wait", "--timeout", "5m").orThrow();
    }

    /** Replaces every pod, as an upgrade does; returns when helm does. */
    public void roll() {
        install("podAnnotations.roll=r" + System.nanoTime());
    }

    /** Returns when the objects are made, whatever becomes of the pods. */
    public Shell.Output installWithoutWaiting(String... set) {
        return helm(List.of("--no-hooks"), set);
    }

    private Shell.Output helm(List<String> options, String... set) {
        List<String> command = new ArrayList<>(List.of("upgrade", "--install", name, chart.toString(), "-n", namespace));
        command.addAll(options);
        files.forEach(file -> command.addAll(List.of("-f", file.toString())));
        if (!isPeers(set) && !choosesEngine(set)) {
            Drawn.engine().forEach(value -> command.addAll(List.of("--set-string", value)));
        }
        values.forEach(value -> command.addAll(List.of("--set", value)));
        List.of(set).forEach(value -> command.addAll(List.of("--set", value)));
        try (var _ = Spent.on("helm upgrade --install" + (options.contains("--wait") ? " --wait" : ""), namespace)) {
            return cluster.helm(command.toArray(String[]::new));
        }
    }

    /** Helm would let the drawn one win, wherever it stands: --set-string comes after --set. */
    private boolean choosesEngine(String... set) {
        return Stream.concat(values.stream(), Stream.of(set)).anyMatch(value -> value.startsWith("image.repository="));
    }

    /** Whose image is another key, and no engine. */
    private boolean isPeers(String... set) {
        return values.contains("architecture=peers") || List.of(set).contains("architecture=peers") || files.stream().anyMatch(file -> file.endsWith(Path.of("peers", file.getFileName().toString())));
    }

    public static String chart() {
        return Shell.repository().resolve("chart").toString();
    }

    /** Running or not, by ordinal. */
    public List<Pod> pods() {
        return pods("redis");
    }

    public List<Pod> pods(String component) {
        return cluster.client().pods().inNamespace(namespace)
                .withLabels(Map.of("app.kubernetes.io/instance", name, "app.kubernetes.io/component", component))
                .list().getItems().stream()
                .sorted(Comparator.comparing(pod -> pod.getMetadata().getName().length() + pod.getMetadata().getName()))
                .toList();
    }

    public Pod pod(String podName) {
        return cluster.client().pods().inNamespace(namespace).withName(podName).get();
    }

    public List<Pod> labelled(String role) {
        return pods().stream().filter(pod -> role.equals(pod.getMetadata().getLabels().get("role"))).toList();
    }

    public Pod master() {
        List<Pod> masters = labelled("master");
        assertThat(names(masters, pod -> true)).as("pods labelled role=master").hasSize(1);
        return masters.getFirst();
    }

    /** A pod's own toString fills a screen. */
    public static List<String> names(List<Pod> pods, java.util.function.Predicate<Pod> of) {
        return pods.stream().filter(of).map(pod -> pod.getMetadata().getName()).toList();
    }

    public List<Pod> replicas() {
        return labelled("replica");
    }

    public Lease lease() {
        return cluster.client().leases().inNamespace(namespace).withName(fullname()).get();
    }

    /** Until its holder, whoever that is, has renewed the Lease once more: what was still to go wrong has had a whole round to do so. */
    public void awaitRenewal() {
        var before = lease().getSpec().getRenewTime();
        Awaitility.await("the next renewal of the Lease").atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(100)).ignoreExceptions()
                .until(() -> !lease().getSpec().getRenewTime().equals(before));
    }

    /** Until it is closed. */
    public LeaseWatch watchLease() {
        return new LeaseWatch(cluster, namespace, fullname());
    }

    /** Rule L3: higher with each change of leader. */
    public int term() {
        return lease().getSpec().getLeaseTransitions();
    }

    /** How its users' clients find it, in the load's own options. */
    public List<String> clients() {
        return List.of("--host", masterHost());
    }

    public EndpointSlice masterSlice() {
        return cluster.client().discovery().v1().endpointSlices().inNamespace(namespace).withName(fullname() + "-master").get();
    }

    public JsonNode status() {
        return status(pods().getFirst().getMetadata().getName());
    }

    public JsonNode status(String pod) {
        String text = exec(pod, "redis-ha", "status", "-o", "json").orThrow().out();
        try {
            return JSON.readTree(text);
        } catch (com.fasterxml.jackson.core.JsonProcessingException garbled) {
            throw new AssertionError("status -o json printed\n" + text, garbled);
        }
    }

    public Shell.Output exec(String pod, String... command) {
        List<String> all = new ArrayList<>(List.of("-n", namespace, "exec", pod, "-c", "redis", "--"));
        all.addAll(List.of(command));
        return cluster.kubectl(all.toArray(String[]::new));
    }

    public String password() {
        String encoded = cluster.client().secrets().inNamespace(namespace).withName(secret).get().getData().get("redis-password");
        return new String(Base64.getDecoder().decode(encoded), UTF_8);
    }

    /** Any pod, by the Service that all of them are behind. */
    public String host() {
        return fullname() + "." + namespace + ".svc.cluster.local";
    }

    public String masterHost() {
        return fullname() + "-master." + namespace + ".svc.cluster.local";
    }

    /** Asks one pod's server, from its own node. */
    public <T> T redis(Pod pod, Function<Jedis, T> question) {
        return redis(pod, pod.getSpec().getNodeName(), question);
    }

    public <T> T redis(Pod pod, String fromNode, Function<Jedis, T> question) {
        return at(pod.getStatus().getPodIP(), fromNode, question);
    }

    /** Through the Service that users write to. */
    public <T> T viaMaster(String fromNode, Function<Jedis, T> question) {
        return at(serviceIp(fullname() + "-master"), fromNode, question);
    }

    public <T> T viaReplicas(String fromNode, Function<Jedis, T> question) {
        return at(serviceIp(fullname() + "-replicas"), fromNode, question);
    }

    private String serviceIp(String service) {
        return cluster.client().services().inNamespace(namespace).withName(service).get().getSpec().getClusterIP();
    }

    private <T> T at(String address, String fromNode, Function<Jedis, T> question) {
        String password = password();
        return Netns.call(fromNode, () -> {
            // where a pod has just gone nobody answers, until the proxy knows
            var config = DefaultJedisClientConfig.builder().password(password).connectionTimeoutMillis(500).socketTimeoutMillis(5_000).build();
            try (Jedis jedis = connected(new HostAndPort(address, 6379), config)) {
                return question.apply(jedis);
            }
        });
    }

    /** A node's proxy may hear of a new endpoint a second or two after the release is whole, and refuses connections till then. */
    private static Jedis connected(HostAndPort address, JedisClientConfig config) {
        long until = System.nanoTime() + LATE_PROXY.toNanos();
        while (true) {
            Jedis jedis = new Jedis(address, config);
            try {
                jedis.connect();
                return jedis;
            } catch (JedisConnectionException refused) {
                jedis.close();
                if (System.nanoTime() > until) {
                    throw refused;
                }
                LockSupport.parkNanos(100_000_000);
            }
        }
    }

    /**
     * Invariant I6: one master that everybody agrees on, every replica linked with nothing left to copy, as many ready pods
     * as wanted, no restart under way.
     */
    public Release awaitWhole(int replicas, Duration deadline) {
        try (var _ = Spent.on("until whole", namespace)) {
            Awaitility.await(fullname() + " whole").atMost(deadline).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(250)).ignoreExceptions()
                    .untilAsserted(() -> assertWhole(replicas));
        }
        return this;
    }

    public Release awaitWhole() {
        return awaitWhole(3, Duration.ofSeconds(60));
    }

    private void assertWhole(int replicas) {
        List<Pod> pods = pods();
        assertThat(names(pods, pod -> true)).as("pods").hasSize(replicas);
        assertThat(names(pods, pod -> !ready(pod))).as("pods that are not ready").isEmpty();
        assertThat(names(pods, pod -> pod.getMetadata().getDeletionTimestamp() != null)).as("terminating pods").isEmpty();
        Pod master = master();
        assertThat(names(replicas(), pod -> true)).as("pods labelled role=replica").hasSize(replicas - 1);
        assertLed(pods, master);
        assertThat(masterSlice().getEndpoints()).as("endpoints of the master").singleElement()
                .satisfies(endpoint -> assertThat(endpoint.getAddresses()).containsExactly(master.getStatus().getPodIP()));
        Info lead = info(master);
        assertThat(lead.text("role")).as("role of " + master.getMetadata().getName()).isEqualTo("master");
        long written = Long.parseLong(lead.text("master_repl_offset"));
        for (Pod replica : replicas()) {
            Info info = info(replica);
            String who = replica.getMetadata().getName();
            assertThat(info.text("role")).as("role of " + who).isEqualTo("slave");
            assertThat(info.text("master_link_status")).as("link of " + who).isEqualTo("up");
            assertThat(info.text("master_host")).as("master of " + who).isIn(addresses(master));
            assertThat(info.text("master_replid")).as("history of " + who + "\n" + info + "\nwhose master has\n" + lead).isEqualTo(lead.text("master_replid"));
            // Redis 7.0 streams nothing to a replica that was synced without a disk before its next word, a second later
            assertThat(Long.parseLong(info.text("slave_repl_offset"))).as("how far " + who + " has copied what its master had before").isGreaterThanOrEqualTo(written);
        }
    }

    /** That whoever decides who is master means this one. */
    protected void assertLed(List<Pod> pods, Pod master) {
        assertThat(lease().getSpec().getHolderIdentity()).as("holder of the Lease").startsWith(master.getMetadata().getName() + "/" + master.getMetadata().getUid());
    }

    /** By which its replicas may follow it. */
    protected List<String> addresses(Pod master) {
        return List.of(master.getStatus().getPodIP(), master.getMetadata().getName());
    }

    public record Info(Map<String, String> fields) {
        public String text(String field) {
            return fields.getOrDefault(field, "");
        }

        @Override
        public String toString() {
            return fields.entrySet().stream().filter(field -> field.getKey().matches("role|run_id|slave[0-9]+|.*repl.*|master_.*|loading|aof_enabled"))
                    .map(field -> field.getKey() + ":" + field.getValue()).collect(java.util.stream.Collectors.joining(" "));
        }
    }

    public Info info(Pod pod) {
        try {
            return redis(pod, jedis -> new Info(jedis.info().lines()
                    .filter(line -> line.contains(":"))
                    .collect(java.util.stream.Collectors.toMap(line -> line.substring(0, line.indexOf(':')), line -> line.substring(line.indexOf(':') + 1), (a, b) -> b))));
        } catch (JedisException down) {
            throw new AssertionError("no answer from the server of " + pod.getMetadata().getName(), down);
        }
    }

    public static boolean ready(Pod pod) {
        return pod.getStatus().getConditions().stream().anyMatch(condition -> condition.getType().equals("Ready") && condition.getStatus().equals("True"));
    }

    /** Restarts of the entrypoint's container so far. */
    public static int restarts(Pod pod) {
        return pod.getStatus().getContainerStatuses().stream().filter(status -> status.getName().equals("redis")).mapToInt(status -> status.getRestartCount()).sum();
    }

    public void killServer(Pod pod) {
        Processes.server(pod.getMetadata().getUid()).orElseThrow().signal("KILL");
    }

    /** PID 1: the kernel takes the container's other processes with it. */
    public void killContainer(Pod pod) {
        Processes.entrypoint(pod.getMetadata().getUid()).orElseThrow().signal("KILL");
    }

    /** Unless it is the master already. @param replicas servers in all, when it is whole */
    public void switchTo(String pod, int replicas) {
        if (!master().getMetadata().getName().equals(pod)) {
            exec(pod, "redis-ha", "switchover", "--to", pod).orThrow();
            awaitWhole(replicas, Duration.ofSeconds(30));
            assertThat(master().getMetadata().getName()).as("master after switchover --to " + pod).isEqualTo(pod);
        }
    }

    public Shell.Output delete(Pod pod, String... how) {
        return cluster.delete(List.of(pod), how);
    }

    public Lab lab() {
        return lab;
    }

    public Cluster cluster() {
        return cluster;
    }
}
