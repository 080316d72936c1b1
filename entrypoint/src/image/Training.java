import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * Makes the AOT caches during the image build: lets the real agent run, once for each architecture, with a real redis-server
 * and an API server in this process, and lists the classes it loads. The agent's cache has those of all of them: what an
 * architecture is alone in is little. Then starts a copy from another directory with the caches required: a cache that does
 * not fit is ignored in production, silently and slowly, so it must show here.
 */
final class Training {

    private static final String NAMESPACE = "/api/v1/namespaces/default";
    private static final String APPS = "/apis/apps/v1/namespaces/default";
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final long AGENT_CACHE_AT_LEAST = 30_000_000;
    private static final long TOOL_CACHE_AT_LEAST = 5_000_000;
    private static final long COPIED_AT_MOST = 120_000_000;

    private final Path home;
    private final Path work = Files.createTempDirectory("training");
    private final Path copy = work.resolve("copy");
    private final List<Process> running = new ArrayList<>();

    private Training(Path home) throws IOException {
        this.home = home;
    }

    public static void main(String[] args) throws Exception {
        var training = new Training(Path.of(args[0]));
        try {
            training.run();
            System.exit(0);
        } catch (Failure e) {
            System.err.println("training: " + e.getMessage());
            System.exit(1);
        } finally {
            training.running.forEach(Process::destroyForcibly);
        }
    }

    /** What the chart writes for a release of it, as far as one pod alone can lead it. */
    private enum Architecture {
        REPLICATION(1, """
                architecture: replication
                name: redis-ha
                replicas: 1
                engineImage: "training"
                services: {master: redis-ha-master, replicas: redis-ha-replicas, headless: redis-ha-headless}
                ports: {redis: %d, http: %d, member: %d}
                auth: {enabled: true, secretName: redis-ha, passwordKey: redis-password}
                persistence: {enabled: true}
                labels:
                  selector: {app.kubernetes.io/name: redis-ha}
                  role: {key: role, master: master, replica: replica}
                  common: {}
                publish: endpointslice
                failover: {heartbeatInterval: 200ms, memberTimeout: 1500ms, fenceTimeout: 500ms, renewInterval: 1500ms,
                  renewDeadline: 4s, leaseDuration: 6s, handoverTimeout: 3s, lastHolderWait: 10s,
                  candidateOrder: offset, durability: relaxed, minReplicasMaxLag: 3}
                log: {format: text, level: info}
                """),
        CLUSTER(3, """
                architecture: cluster
                name: redis-ha
                replicas: 3
                engineImage: "training"
                services: {headless: redis-ha-headless}
                ports: {redis: %d, http: %d, member: %d, bus: %d}
                auth: {enabled: true, secretName: redis-ha, passwordKey: redis-password}
                persistence: {enabled: true}
                labels:
                  selector: {app.kubernetes.io/name: redis-ha}
                  role: {key: role, master: master, replica: replica}
                  shard: {key: shard}
                  common: {}
                cluster: {shards: 3, replicasPerShard: 0, nodeTimeout: 2s, requireFullCoverage: true, preferredEndpointType: ip,
                  hostSuffix: redis-ha-headless.default.svc.cluster.local, handoverTimeout: 5s, external: {enabled: false, type: NodePort}}
                log: {format: text, level: info}
                """);

        final int pods;
        final String settings;

        Architecture(int pods, String settings) {
            this.pods = pods;
            this.settings = settings;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final class Failure extends RuntimeException {
        private static final long serialVersionUID = 1;

        Failure(String message) {
            super(message);
        }
    }

    private void run() throws Exception {
        for (Architecture architecture : Architecture.values()) {
            record(architecture);
        }
        create("run", AGENT_CACHE_AT_LEAST);
        create("tool", TOOL_CACHE_AT_LEAST);
        install();
        for (Architecture architecture : Architecture.values()) {
            check(architecture);
        }
    }

    private void record(Architecture architecture) throws Exception {
        try (Pod pod = new Pod(architecture)) {
            Process agent = pod.start(java("run", recording("run", architecture), "run"));
            pod.awaitLeader(agent);
            pod.ask(agent, "/livez", "/readyz", "/metrics", "/status?output=table", "/status?output=json");
            expectSuccess("status", pod.start(java("tool", recording("tool", architecture), "status")));
            Thread.sleep(3_000); // some renewals
            pod.ask(agent, "/readyz", "/metrics", "/status?output=yaml");
            // A sibling, so that it speaks with one: there is only one network here, so that it meets itself.
            pod.addPod("redis-ha-1", "127.0.0.2");
            Thread.sleep(3_000);
            pod.ask(agent, "/status?output=table");
            stop(agent);
        }
    }

    /** The way of every pod: install copies, the launcher of the copy starts the copy. */
    private void install() throws Exception {
        Files.createDirectory(copy);
        long begin = System.nanoTime();
        expectSuccess("install", start(Map.of(), List.of(home + "/bin/redis-ha", "install", copy.toString())));
        System.out.printf("training: install copied %d MB in %d ms%n", size(copy) / 1_000_000, millisSince(begin));
        if (size(copy) > COPIED_AT_MOST) {
            throw new Failure("every pod would copy " + size(copy) + " bytes, expected at most " + COPIED_AT_MOST);
        }
        expectSuccess("check", start(Map.of(), List.of(copy + "/bin/redis-ha", "check")));
    }

    private void check(Architecture architecture) throws Exception {
        try (Pod pod = new Pod(architecture)) {
            long begin = System.nanoTime();
            Process agent = pod.startRequiringCache(copy, "run");
            pod.awaitLeader(agent);
            System.out.printf("training: in %s the copy led %d ms after its start%n", architecture, millisSince(begin));
            begin = System.nanoTime();
            expectSuccess("status of the copy", pod.startRequiringCache(copy, "status"));
            System.out.printf("training: status took %d ms%n", millisSince(begin));
            stop(agent);
        }
    }

    private List<String> recording(String name, Architecture architecture) {
        return List.of("-XX:DumpLoadedClassList=" + classes(name, architecture));
    }

    private Path classes(String name, Architecture architecture) {
        return work.resolve(name + "-" + architecture + ".classes");
    }

    /**
     * From lists, because what AOTMode=record writes can't be merged. It would add profiles too, but compiling at start all
     * that training found hot costs 6 MB at its peak and 30 ms of cpu.
     */
    private void create(String name, long atLeast) throws Exception {
        Path cache = home.resolve("lib/" + name + ".aot");
        expectSuccess("creating " + cache, start(Map.of(), java(name, List.of("-Xshare:dump", "-XX:+AOTClassLinking", "-Xlog:aot*=error:stderr",
                "-XX:SharedClassListFile=" + merged(name), "-XX:SharedArchiveFile=" + cache))));
        long size = Files.exists(cache) ? Files.size(cache) : 0;
        System.out.printf("training: %s has %.1f MB%n", cache, size / 1e6);
        if (size < atLeast) {
            throw new Failure(cache + " has " + size + " bytes, expected at least " + atLeast + ": too little was loaded");
        }
    }

    /** A class that several runs loaded is listed once, without its number: each run counts anew. */
    private Path merged(String name) throws IOException {
        var lines = new LinkedHashSet<String>();
        for (Architecture architecture : Architecture.values()) {
            try (Stream<String> listed = Files.lines(classes(name, architecture))) {
                listed.map(line -> line.replaceFirst(" id: [0-9]+$", "")).forEach(lines::add);
            }
        }
        return Files.write(work.resolve(name + ".classes"), lines);
    }

    /** What the launcher runs, but for the cache that is yet to be made. */
    private List<String> java(String name, List<String> options, String... command) {
        var line = new ArrayList<>(List.of(home + "/jre/bin/java", "@" + home + "/lib/" + name + ".args"));
        line.addAll(options);
        line.addAll(List.of("-Dredisha.training=true", "-Dredisha.home=" + home, "-cp", home + "/lib/redis-ha.jar", "io.redisha.Main"));
        line.addAll(List.of(command));
        return line;
    }

    private Process start(Map<String, String> environment, List<String> command) throws IOException {
        var builder = new ProcessBuilder(command).inheritIO();
        builder.environment().clear(); // a HOME with a kubeconfig would lead the client elsewhere
        builder.environment().put("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        builder.environment().putAll(environment);
        Process process = builder.start();
        running.add(process);
        return process;
    }

    private static void expectSuccess(String what, Process process) throws InterruptedException {
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new Failure(what + " did not end within " + PATIENCE.toSeconds() + " s");
        }
        if (process.exitValue() != 0) {
            throw new Failure(what + " ended with exit status " + process.exitValue());
        }
    }

    private static void stop(Process agent) throws InterruptedException {
        agent.destroy();
        if (!agent.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new Failure("the agent did not stop");
        }
        // 143: the JVM's own status after SIGTERM, when the shutdown hooks have run.
        if (agent.exitValue() != 0 && agent.exitValue() != 143) {
            throw new Failure("the agent ended with exit status " + agent.exitValue());
        }
    }

    private static long size(Path tree) throws IOException {
        try (Stream<Path> files = Files.walk(tree)) {
            return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
        }
    }

    private static long millisSince(long begin) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
    }

    /** Different ones: they are held until the last is known. */
    private static List<Integer> freePorts(int count) throws IOException {
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                held.add(new ServerSocket(0, 0, InetAddress.getLoopbackAddress()));
            }
            return held.stream().map(ServerSocket::getLocalPort).toList();
        } finally {
            for (ServerSocket socket : held) {
                socket.close();
            }
        }
    }

    /** What the chart and the kubelet put around the agent, in the places where it looks for it. */
    private final class Pod implements AutoCloseable {

        private final ApiServer api = new ApiServer();
        private final Map<String, String> environment;
        private final Path data = Path.of("/data");
        private final List<Integer> ports = freePorts(4);

        Pod(Architecture architecture) throws Exception {
            Path keys = work.resolve("api.p12");
            Path authority = work.resolve("ca.p12");
            Path account = Files.createDirectories(Path.of("/var/run/secrets/kubernetes.io/serviceaccount"));
            if (!Files.exists(keys)) {
                // A chain of two, as every cluster has: the client then builds a path.
                keytool(authority, "-genkeypair", "-alias", "ca", "-keyalg", "RSA", "-keysize", "2048",
                        "-dname", "CN=kubernetes", "-ext", "BC:c=ca:true");
                keytool(authority, "-exportcert", "-rfc", "-alias", "ca", "-file", account.resolve("ca.crt").toString());
                keytool(keys, "-genkeypair", "-alias", "api", "-keyalg", "RSA", "-keysize", "2048",
                        "-dname", "CN=kube-apiserver");
                keytool(keys, "-certreq", "-alias", "api", "-file", work.resolve("request").toString());
                keytool(authority, "-gencert", "-rfc", "-alias", "ca", "-sigalg", "SHA256withRSA",
                        "-ext", "SAN=ip:127.0.0.1", "-ext", "EKU=serverAuth",
                        "-infile", work.resolve("request").toString(), "-outfile", work.resolve("api.crt").toString());
                keytool(keys, "-importcert", "-noprompt", "-alias", "ca", "-file", account.resolve("ca.crt").toString());
                keytool(keys, "-importcert", "-alias", "api", "-file", work.resolve("api.crt").toString());
            }
            Files.writeString(account.resolve("token"), "training");
            Files.writeString(account.resolve("namespace"), "default");
            int port = api.start(keys, "training");

            Files.createDirectories(Path.of("/run/redis-ha"));
            Files.createDirectories(data);
            Files.writeString(Files.createDirectories(Path.of("/etc/redis-ha-secret")).resolve("password"), "training");
            Path configuration = Files.createDirectories(Path.of("/etc/redis-ha"));
            Files.writeString(configuration.resolve("redis.conf"), "maxmemory-policy noeviction\n");
            Files.writeString(configuration.resolve("settings.yaml"),
                    architecture.settings.formatted(ports.toArray()));
            api.put(APPS + "/statefulsets/redis-ha", """
                    {"apiVersion": "apps/v1", "kind": "StatefulSet",
                     "metadata": {"name": "redis-ha", "namespace": "default",
                       "annotations": {"redis-ha/shards": "3", "redis-ha/replicas-per-shard": "0"}},
                     "spec": {"replicas": %d}}""".formatted(architecture.pods));
            addPod("redis-ha-0", "127.0.0.1");
            environment = Map.of(
                    "POD_NAME", "redis-ha-0",
                    "POD_UID", api.get(NAMESPACE + "/pods/redis-ha-0").path("metadata").path("uid").asText(),
                    "POD_IP", "127.0.0.1",
                    "POD_NAMESPACE", "default",
                    "NODE_NAME", "training",
                    "HOST_IP", "127.0.0.1",
                    "KUBERNETES_SERVICE_HOST", "127.0.0.1",
                    "KUBERNETES_SERVICE_PORT", Integer.toString(port));
        }

        Process start(List<String> command) throws IOException {
            return Training.this.start(environment, command);
        }

        Process startRequiringCache(Path copy, String command) throws IOException {
            var strict = new HashMap<>(environment);
            strict.put("JDK_JAVA_OPTIONS", "-XX:AOTMode=on -Dredisha.training=true");
            return Training.this.start(strict, List.of(copy + "/bin/redis-ha", command));
        }

        void addPod(String name, String ip) {
            String owner = api.get(APPS + "/statefulsets/redis-ha").path("metadata").path("uid").asText();
            api.put(NAMESPACE + "/pods/" + name, """
                    {"apiVersion": "v1", "kind": "Pod",
                     "metadata": {"name": "%s", "namespace": "default",
                       "labels": {"app.kubernetes.io/name": "redis-ha"},
                       "ownerReferences": [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "redis-ha",
                         "uid": "%s", "controller": true}]},
                     "spec": {"nodeName": "training", "containers": [{"name": "redis", "image": "training"}]},
                     "status": {"phase": "Running", "podIP": "%s"}}""".formatted(name, owner, ip));
        }

        void awaitLeader(Process agent) throws Exception {
            await("the agent to lead", agent, () -> !api.get("/apis/coordination.k8s.io/v1/namespaces/default/leases/redis-ha")
                    .path("spec").path("holderIdentity").asText().isEmpty());
        }

        /** Ready follows the Lease by some milliseconds: each is asked until it answers as it should. */
        void ask(Process agent, String... paths) throws Exception {
            try (HttpClient client = HttpClient.newHttpClient()) {
                for (String path : paths) {
                    var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + ports.get(1) + path)).build();
                    await("200 from " + path, agent, () -> {
                        try {
                            return client.send(request, BodyHandlers.discarding()).statusCode() == 200;
                        } catch (IOException e) {
                            return false;
                        } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                    });
                }
            }
        }

        private void await(String what, Process agent, BooleanSupplier condition) throws Exception {
            long begin = System.nanoTime();
            while (!condition.getAsBoolean()) {
                if (!agent.isAlive()) {
                    throw new Failure("the agent ended with exit status " + agent.exitValue());
                }
                if (millisSince(begin) > PATIENCE.toMillis()) {
                    throw new Failure("waited " + PATIENCE.toSeconds() + " s for " + what);
                }
                Thread.sleep(10);
            }
        }

        private void keytool(Path store, String command, String... arguments) throws Exception {
            var line = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/keytool", command,
                    "-keystore", store.toString(), "-storepass", "training"));
            line.addAll(List.of(arguments));
            expectSuccess("keytool", Training.this.start(Map.of(), line));
        }

        /** The next pod starts as the first did: with nothing. */
        @Override
        public void close() throws IOException {
            api.stop();
            for (Path directory : List.of(data, Path.of("/run/redis-ha"))) {
                try (Stream<Path> files = Files.walk(directory)) {
                    files.sorted((a, b) -> b.compareTo(a)).filter(file -> !file.equals(directory)).forEach(Training::delete);
                }
            }
        }
    }

    private static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
