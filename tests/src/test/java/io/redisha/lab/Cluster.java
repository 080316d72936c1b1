package io.redisha.lab;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** Changes are made as a user makes them, by kubectl and helm; observations come from a client that costs less than a process each. */
public final class Cluster implements AutoCloseable {

    private final Lab lab;
    /** Lines: the last minute or two of a release that had trouble. */
    private static final int STORY = 60;

    private final Shell shell;
    private final KubernetesClient client;

    public Cluster(Lab lab) {
        this.lab = lab;
        shell = lab.shell();
        Config config = Config.fromKubeconfig(lab.kubeconfig().toFile());
        config.setRequestTimeout(10_000);
        config.setConnectionTimeout(5_000);
        config.setRequestRetryBackoffLimit(2);
        client = new KubernetesClientBuilder().withConfig(config).build();
    }

    public KubernetesClient client() {
        return client;
    }

    public Shell.Output kubectl(String... arguments) {
        return run(Duration.ofSeconds(90), "kubectl", arguments);
    }

    /**
     * Until they are gone. kubectl's own waiting looks twice: a pod that comes back under its name between the two is what it then
     * waits for, and that is not going to be deleted.
     */
    public Shell.Output delete(List<Pod> pods, String... how) {
        List<String> command = new ArrayList<>(List.of("-n", pods.getFirst().getMetadata().getNamespace(), "delete", "pods", "--wait=false"));
        pods.forEach(pod -> command.add(pod.getMetadata().getName()));
        command.addAll(List.of(how));
        Shell.Output deleted = kubectl(command.toArray(String[]::new));
        if (deleted.exit() == 0) {
            Awaitility.await("deleted: " + String.join(" ", command)).atMost(Duration.ofSeconds(90)).pollInterval(Duration.ofMillis(200)).ignoreExceptions()
                    .until(() -> pods.stream().noneMatch(this::exists));
        }
        return deleted;
    }

    private boolean exists(Pod pod) {
        Pod now = client.pods().inNamespace(pod.getMetadata().getNamespace()).withName(pod.getMetadata().getName()).get();
        return now != null && now.getMetadata().getUid().equals(pod.getMetadata().getUid());
    }

    public Shell.Output helm(String... arguments) {
        return run(Duration.ofMinutes(6), "helm", arguments);
    }

    public void apply(String namespace, String manifest) {
        shell.run(Duration.ofSeconds(30), List.of(lab.tool("kubectl"), "-n", namespace, "apply", "-f", "-"), manifest).orThrow();
    }

    /** Fresh, and as strict as a careful administrator makes one. */
    public void namespace(String name) {
        deleteNamespace(name);
        kubectl("create", "namespace", name).orThrow();
        kubectl("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted").orThrow();
    }

    public void deleteNamespace(String name) {
        if (client.namespaces().withName(name).get() == null) {
            return;
        }
        try (var _ = Spent.on("delete namespace", name)) {
            deleteThere(name);
        }
    }

    private void deleteThere(String name) {
        // Little grace, but not by force: a container that still ran would write into a volume that is the next one's.
        kubectl("-n", name, "delete", "pods", "--all", "--grace-period=1", "--wait=false");
        kubectl("delete", "namespace", name, "--timeout=80s").orThrow();
        recycleVolumes();
    }

    /**
     * After an outage: until every node's kube-proxy follows the API server again. Before that no Service follows anything,
     * which would be measured as ours.
     */
    public void settle() {
        if (!lab.takeUnsettled()) {
            return;
        }
        String name = "settled-" + Long.toString(System.nanoTime(), 36);
        apply("default", """
                apiVersion: v1
                kind: Service
                metadata: {name: %1$s}
                spec: {ports: [{port: 6443}]}
                ---
                apiVersion: discovery.k8s.io/v1
                kind: EndpointSlice
                metadata: {name: %1$s, labels: {kubernetes.io/service-name: %1$s}}
                addressType: IPv4
                ports: [{name: "", port: 6443, protocol: TCP}]
                endpoints: [{addresses: [%2$s]}]
                """.formatted(name, apiServer()));
        String address = client.services().inNamespace("default").withName(name).get().getSpec().getClusterIP();
        try {
            for (String node : lab.nodes()) {
                Awaitility.await("kube-proxy of " + node).atMost(Duration.ofSeconds(90)).pollInterval(Duration.ofMillis(500))
                        .until(() -> Netns.call(node, () -> connects(address)));
            }
        } finally {
            kubectl("-n", "default", "delete", "service", name, "--wait=false");
        }
    }

    private String apiServer() {
        return client.getMasterUrl().getHost();
    }

    private static boolean connects(String address) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, 6443), 1_000);
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }

    /** One of the node's that no claim has. */
    public PersistentVolume freeVolume(String node) {
        return client.persistentVolumes().list().getItems().stream()
                .filter(volume -> volume.getMetadata().getName().startsWith(node + "-") && "Available".equals(volume.getStatus().getPhase()))
                .findFirst().orElseThrow();
    }

    /** The lab's volumes are kept when their claim goes, data and all: as new again for the next one. */
    public void recycleVolumes() {
        for (PersistentVolume volume : client.persistentVolumes().list().getItems()) {
            if (volume.getSpec().getLocal() != null && "Released".equals(volume.getStatus().getPhase())) {
                clear(Path.of(volume.getSpec().getLocal().getPath()));
                kubectl("patch", "pv", volume.getMetadata().getName(), "--type=merge", "-p", "{\"spec\":{\"claimRef\":null}}");
            }
        }
    }

    private static void clear(Path directory) {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).filter(path -> !path.equals(directory)).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (UncheckedIOException other) {
            // Another one clears it at the same time: the lab's own recycler, or the test beside this one.
        } catch (IOException busy) {
            throw new IllegalStateException("cannot clear " + directory, busy);
        }
    }

    /** What a person would look at first, in one directory. */
    public String events(String namespace) {
        return kubectl("-n", namespace, "get", "events", "--sort-by=.lastTimestamp").out();
    }

    /** What the agents said last, one after the other whoever said it: the servers' own words aside, which are many. */
    private String story(String namespace) {
        List<String> said = new ArrayList<>();
        for (String pod : kubectl("-n", namespace, "get", "pods", "-o", "name").out().lines().toList()) {
            kubectl("-n", namespace, "logs", pod, "--all-containers", "--tail=200").out().lines()
                    .filter(line -> line.matches("\\d{4}-.*") && !line.contains(" redis: "))
                    .map(line -> line.replaceFirst(" +", " " + pod.substring(pod.indexOf('/') + 1) + " ")).forEach(said::add);
        }
        said.sort(null);
        return String.join("\n", said.subList(Math.max(0, said.size() - STORY), said.size()));
    }

    public void dump(String namespace, Path directory) {
        save(directory.resolve("story.txt"), story(namespace));
        save(directory.resolve("pods.yaml"), kubectl("-n", namespace, "get", "pods", "-o", "yaml"));
        save(directory.resolve("objects.txt"), kubectl("-n", namespace, "get", "pods,leases,endpointslices,services,jobs,pvc", "-o", "wide", "--show-labels"));
        save(directory.resolve("leases.yaml"), kubectl("-n", namespace, "get", "leases,endpointslices", "-o", "yaml"));
        save(directory.resolve("events.txt"), kubectl("-n", namespace, "get", "events", "--sort-by=.lastTimestamp"));
        for (String pod : kubectl("-n", namespace, "get", "pods", "-o", "name").out().lines().toList()) {
            String file = pod.substring(pod.indexOf('/') + 1);
            save(directory.resolve(file + ".log"), kubectl("-n", namespace, "logs", pod, "--all-containers", "--prefix", "--timestamps"));
            save(directory.resolve(file + ".previous.log"), kubectl("-n", namespace, "logs", pod, "--all-containers", "--prefix", "--timestamps", "--previous"));
        }
    }

    private static void save(Path file, Shell.Output output) {
        save(file, output.text());
    }

    public static void save(Path file, String text) {
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
        } catch (IOException full) {
            throw new IllegalStateException(full);
        }
    }

    /** One that goes on by itself. */
    Process start(String program, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(lab.tool(program)));
        command.addAll(arguments);
        return shell.start(command);
    }

    private Shell.Output run(Duration deadline, String program, String... arguments) {
        List<String> command = new ArrayList<>(List.of(lab.tool(program)));
        command.addAll(List.of(arguments));
        return shell.run(deadline, command);
    }

    @Override
    public void close() {
        client.close();
    }
}
