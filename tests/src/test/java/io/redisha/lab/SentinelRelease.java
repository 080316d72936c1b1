package io.redisha.lab;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.awaitility.core.ConditionTimeoutException;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisException;

/** A release of architecture sentinel: its sentinels, by their own words, decide who is master. */
public final class SentinelRelease extends Release {

    public static final String MASTER_NAME = "mymaster";
    public static final int PORT = 26379;

    private int sentinels = 3;

    /** What one sentinel says of the master and of all whom it knows. */
    public record View(String pod, Map<String, String> master, List<Map<String, String>> replicas, List<Map<String, String>> others) {

        public String masterHost() {
            return master.get("ip");
        }

        public int epoch() {
            return Integer.parseInt(master.get("config-epoch"));
        }

        @Override
        public String toString() {
            return pod + ": " + masterHost() + " " + master.get("flags") + " epoch " + epoch() + ", quorum " + master.get("quorum")
                    + ", replicas " + replicas.stream().map(View::named).toList() + ", sentinels " + others.stream().map(View::named).toList();
        }

        private static String named(Map<String, String> known) {
            return known.get("ip").split("\\.")[0] + "(" + known.get("flags") + ")";
        }
    }

    public SentinelRelease(Lab lab, Cluster cluster, String namespace, String name) {
        super(lab, cluster, namespace, name);
    }

    @Override
    public SentinelRelease install(String... set) {
        super.install(set);
        return this;
    }

    @Override
    public SentinelRelease awaitWhole() {
        super.awaitWhole();
        return this;
    }

    @Override
    public SentinelRelease awaitWhole(int replicas, Duration deadline) {
        try {
            super.awaitWhole(replicas, deadline);
        } catch (ConditionTimeoutException never) {
            System.out.println(describe());
            throw never;
        }
        return this;
    }

    /** So many there are to be from now on, whoever sees to it. */
    public SentinelRelease wantSentinels(int count) {
        sentinels = count;
        return this;
    }

    /** Running or not, by ordinal. */
    public List<Pod> sentinels() {
        return cluster().client().pods().inNamespace(namespace()).withLabel("app.kubernetes.io/instance", name()).list().getItems().stream()
                .filter(pod -> pod.getMetadata().getName().startsWith(sentinelName() + "-"))
                .sorted(Comparator.comparing(pod -> pod.getMetadata().getName().length() + pod.getMetadata().getName()))
                .toList();
    }

    /** The sentinels too. */
    @Override
    public void roll() {
        String roll = "podAnnotations.roll=r" + System.nanoTime();
        install(roll, "sentinel." + roll);
    }

    /** Servers and sentinels. */
    public List<Pod> everybody() {
        List<Pod> all = new ArrayList<>(pods());
        all.addAll(sentinels());
        return all;
    }

    public Shell.Output delete(List<Pod> pods, String... how) {
        return cluster().delete(pods, how);
    }

    /** Of the StatefulSet, and of the Service that clients ask. */
    public String sentinelName() {
        return fullname() + "-sentinel";
    }

    public String sentinelHost() {
        return sentinelName() + "." + namespace() + ".svc.cluster.local";
    }

    /** By which sentinels name a redis pod. */
    public String announced(String pod) {
        return pod + "." + fullname() + "-headless." + namespace() + ".svc.cluster.local";
    }

    /** By which sentinels name each other. */
    private String announcedSentinel(String pod) {
        return pod + "." + sentinelName() + "-headless." + namespace() + ".svc.cluster.local";
    }

    /** Each by its own name: a client that is given the Service alone asks whoever that leads it to. */
    public List<String> sentinelAddresses() {
        return sentinels().stream().map(pod -> announcedSentinel(pod.getMetadata().getName()) + ":" + PORT).toList();
    }

    /** Plain clients by the master's Service, and Jedis' own Sentinel client, both at once. */
    @Override
    public List<String> clients() {
        List<String> clients = new ArrayList<>(super.clients());
        clients.addAll(List.of("--jedis-sentinels", String.join(",", sentinelAddresses())));
        return clients;
    }

    /** The configuration's epoch: one more with each change of master. */
    @Override
    public int term() {
        return views().stream().mapToInt(View::epoch).max().orElseThrow();
    }

    public List<View> views() {
        return sentinels().stream().map(this::view).toList();
    }

    public View view(Pod sentinel) {
        return ask(sentinel, connection -> {
            Map<String, String> master = map(sentinel(connection, "MASTER", MASTER_NAME));
            return new View(sentinel.getMetadata().getName(), master, maps(sentinel(connection, "REPLICAS", MASTER_NAME)), maps(sentinel(connection, "SENTINELS", MASTER_NAME)));
        });
    }

    /** The answer in lists and texts, as redis-cli would print it. */
    public Object sentinel(Pod sentinel, String... command) {
        return ask(sentinel, connection -> sentinel(connection, command));
    }

    private <T> T ask(Pod sentinel, java.util.function.Function<Connection, T> question) {
        String password = password();
        String address = sentinel.getStatus().getPodIP();
        return Netns.call(sentinel.getSpec().getNodeName(), () -> {
            var config = DefaultJedisClientConfig.builder().password(password).timeoutMillis(2_000).resp2().autoNegotiateProtocol(false).clientSetInfoConfig(ClientSetInfoConfig.DISABLED);
            try (Connection connection = new Connection(new HostAndPort(address, PORT), config.build())) {
                return question.apply(connection);
            } catch (JedisException silent) {
                throw new AssertionError("no answer from " + sentinel.getMetadata().getName() + ": " + silent.getMessage(), silent);
            }
        });
    }

    private static Object sentinel(Connection connection, String... command) {
        connection.sendCommand(Command.SENTINEL, command);
        return texts(connection.getOne());
    }

    private static Object texts(Object answer) {
        return switch (answer) {
            case byte[] bytes -> new String(bytes, UTF_8);
            case List<?> list -> list.stream().map(SentinelRelease::texts).toList();
            case null -> "";
            default -> answer;
        };
    }

    private static List<Map<String, String>> maps(Object answer) {
        return ((List<?>) answer).stream().map(SentinelRelease::map).toList();
    }

    private static Map<String, String> map(Object answer) {
        Map<String, String> fields = new HashMap<>();
        List<?> flat = (List<?>) answer;
        for (int i = 0; i + 1 < flat.size(); i += 2) {
            fields.put((String) flat.get(i), (String) flat.get(i + 1));
        }
        return fields;
    }

    /** All sentinels are there, name the same master of the same epoch, and know exactly the replicas and each other. */
    @Override
    protected void assertLed(List<Pod> pods, Pod master) {
        List<Pod> watching = sentinels();
        assertThat(names(watching, pod -> true)).as("sentinels").hasSize(sentinels);
        assertThat(names(watching, pod -> !ready(pod))).as("sentinels that are not ready").isEmpty();
        assertThat(names(watching, pod -> pod.getMetadata().getDeletionTimestamp() != null)).as("terminating sentinels").isEmpty();
        String lead = announced(master.getMetadata().getName());
        List<String> replicas = names(pods, pod -> true).stream().map(this::announced).filter(host -> !host.equals(lead)).toList();
        List<View> views = watching.stream().map(this::view).toList();
        assertThat(views.stream().map(View::epoch).distinct()).as("epochs: " + views).hasSize(1);
        for (View view : views) {
            assertThat(view.masterHost()).as("master by " + view).isEqualTo(lead);
            assertThat(view.master().get("flags")).as("flags of the master by " + view).isEqualTo("master");
            assertThat(view.master().get("quorum")).as("quorum of " + view).isEqualTo(Integer.toString(sentinels / 2 + 1));
            assertThat(hosts(view.replicas())).as("replicas by " + view).containsExactlyInAnyOrderElementsOf(replicas);
            assertThat(view.replicas()).as("replicas by " + view).allSatisfy(replica -> {
                assertThat(replica.get("flags")).isEqualTo("slave");
                assertThat(replica.get("master-link-status")).isEqualTo("ok");
            });
            assertThat(hosts(view.others())).as("sentinels by " + view).containsExactlyInAnyOrderElementsOf(
                    names(watching, pod -> !pod.getMetadata().getName().equals(view.pod())).stream().map(this::announcedSentinel).toList());
            // Valkey 9.1 forgets what another one said of a dead master only when the next one dies: https://github.com/valkey-io/valkey/pull/2763
            assertThat(view.others()).as("sentinels by " + view)
                    .allSatisfy(other -> assertThat(other.get("flags")).isIn("sentinel", "sentinel,master_down"));
        }
    }

    private static List<String> hosts(List<Map<String, String>> known) {
        return known.stream().map(each -> each.get("ip")).toList();
    }

    @Override
    protected List<String> addresses(Pod master) {
        return List.of(master.getStatus().getPodIP(), announced(master.getMetadata().getName()));
    }

    /** For a person who reads why a test failed. */
    private String describe() {
        return sentinels().stream().map(pod -> {
            try {
                return view(pod).toString();
            } catch (AssertionError | RuntimeException silent) {
                return pod.getMetadata().getName() + ": " + silent.getMessage();
            }
        }).collect(Collectors.joining("\n"));
    }
}
