package io.redisha.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.redisha.config.Settings;
import io.redisha.loop.Health;
import io.redisha.loop.Snapshot;
import io.redisha.loop.cluster.ClusterSnapshot;
import io.redisha.loop.peers.RingSnapshot;
import io.redisha.loop.sentinel.DataSnapshot;
import io.redisha.loop.sentinel.WatcherSnapshot;
import io.redisha.model.PodView;
import io.redisha.model.Timings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Probes, metrics and status on the http port: for anybody to read, and nothing but to read. */
public final class ProbeServer implements HttpThread.Handler {

    /**
     * How long the loop may stand still. It turns several times a second. One that stands still has been fenced by the
     * watchdog long before; what the kubelet can add is a fresh process, so this is longer than a leaseDuration: a machine
     * that stalls for some seconds must not have all its pods restarted on top.
     */
    private static final long STUCK = 10_000 * Timings.MS;
    /** What the others may take to say what they are; the whole must be well below the half second of a request. */
    private static final long OTHERS = 250 * Timings.MS;

    private static final String TEXT = "text/plain; charset=utf-8";

    private final HttpThread http;
    private final int siblings;
    private final Supplier<? extends Page> pages;
    private final Metrics metrics;
    private final int port;
    /** The question to all the others that is under way; only touched on the HTTP thread. */
    private Round round;

    private ProbeServer(HttpThread http, int port, Settings settings, Supplier<? extends Page> pages, Metrics metrics) throws IOException {
        this.http = http;
        this.siblings = settings.ports().http();
        this.pages = pages;
        this.metrics = metrics;
        this.port = http.listen(port, this);
    }

    /** Of a replication. @param snapshot gives null until the loop runs */
    public static ProbeServer ofMember(HttpThread http, int port, Settings settings, Supplier<Snapshot> snapshot, Metrics metrics) throws IOException {
        return new ProbeServer(http, port, settings, MemberPage.of(settings, snapshot), metrics);
    }

    /** Of a cluster. @param snapshot gives null until the loop runs */
    public static ProbeServer ofNode(HttpThread http, int port, Settings settings, Supplier<ClusterSnapshot> snapshot, Metrics metrics) throws IOException {
        return new ProbeServer(http, port, settings, NodePage.of(settings, snapshot), metrics);
    }

    /** Of a server that sentinels watch over. @param snapshot gives null until the loop runs */
    public static ProbeServer ofData(HttpThread http, int port, Settings settings, Supplier<DataSnapshot> snapshot, Metrics metrics) throws IOException {
        return new ProbeServer(http, port, settings, SentinelPage.ofData(settings, snapshot), metrics);
    }

    /** Of a sentinel. @param snapshot gives null until the loop runs @param pods of both kinds, as the API server last told */
    public static ProbeServer ofWatcher(HttpThread http, int port, Settings settings, Supplier<WatcherSnapshot> snapshot, Supplier<List<PodView>> pods,
            Metrics metrics) throws IOException {
        return new ProbeServer(http, port, settings, SentinelPage.ofWatcher(settings, snapshot, pods), metrics);
    }

    /** Of peers. @param node where this pod runs */
    public static ProbeServer ofRing(HttpThread http, int port, Settings settings, Supplier<RingSnapshot> snapshot, Metrics metrics, String node) throws IOException {
        return new ProbeServer(http, port, settings, RingPage.of(settings, snapshot, node), metrics);
    }

    public int port() {
        return port;
    }

    @Override
    public long limit(String path) {
        return 2000 * Timings.MS;
    }

    @Override
    public void handle(HttpThread.Request request, HttpThread.Reply reply) {
        if (!request.method().equals("GET") && !request.method().equals("HEAD")) {
            reply.send(405, TEXT, bytes("read only\n"));
            return;
        }
        Page page = pages.get();
        Health seen = page == null ? null : page.health();
        switch (request.path()) {
            case "/livez" -> live(seen, reply);
            case "/readyz" -> ready(seen, reply);
            case "/metrics" -> reply.send(200, Metrics.CONTENT_TYPE, metrics.render());
            case "/status" -> status(page, request.query(), reply);
            default -> reply.send(404, TEXT, bytes("/livez /readyz /metrics /status?output=table|json|yaml\n"));
        }
    }

    /** Rule P1: only whether the loop turns. A start can take as long as it needs: it waits for a Secret, for example. */
    private static void live(Health seen, HttpThread.Reply reply) {
        long still = seen == null ? 0 : System.nanoTime() - seen.at();
        if (still > STUCK) {
            reply.send(503, TEXT, bytes("the loop has stood still for " + still / 1_000_000_000 + " s\n"));
        } else {
            reply.send(200, TEXT, bytes(seen == null ? "starting\n" : "ok\n"));
        }
    }

    /** Rule P2. */
    private static void ready(Health seen, HttpThread.Reply reply) {
        if (seen != null && seen.ready()) {
            reply.send(200, TEXT, bytes("ok\n"));
        } else {
            reply.send(503, TEXT, bytes((seen == null ? "starting" : seen.unready()) + "\n"));
        }
    }

    private void status(Page page, String query, HttpThread.Reply reply) {
        if (page == null) {
            reply.send(503, TEXT, bytes("this pod is starting: it does not know the release yet\n"));
            return;
        }
        if (query.contains("self")) {
            reply.send(200, "application/json", bytes(page.self().toString()));
            return;
        }
        String output = query.startsWith("output=") ? query.substring("output=".length()) : "table";
        if (!List.of("table", "json", "yaml").contains(output)) {
            reply.send(400, TEXT, bytes("output: given " + output + ", expected table, json or yaml\n"));
            return;
        }
        // Whoever asks meanwhile gets the same answer: nobody can have the release asked, or its answers kept, a hundred times over.
        boolean first = round == null;
        if (first) {
            round = new Round(page);
        }
        round.listeners.add(report -> tell(report, output, reply));
        if (first) {
            round.start();
        }
    }

    private static void tell(Report report, String output, HttpThread.Reply reply) {
        switch (output) {
            case "json" -> reply.send(200, "application/json", bytes(report.json()));
            case "yaml" -> reply.send(200, "application/yaml", bytes(report.yaml()));
            default -> reply.send(200, TEXT, bytes(report.text()));
        }
    }

    /** Asks every other pod what it is, and tells when all have answered, or when it is time. */
    private final class Round {

        private final Page page;
        private final List<Consumer<Report>> listeners = new ArrayList<>();
        private final Map<String, JsonNode> fresh = new HashMap<>();
        private final Set<String> awaited = new HashSet<>();

        Round(Page page) {
            this.page = page;
        }

        void start() {
            Map<String, String> hosts = page.others();
            awaited.addAll(hosts.keySet());
            if (hosts.isEmpty()) {
                finish();
                return;
            }
            http.after(OTHERS, this::finish);
            hosts.forEach(this::ask);
        }

        private void ask(String pod, String host) {
            HttpThread.Request question = new HttpThread.Request("GET", "/status", "self", null, new byte[0]);
            http.call(host, siblings, question, OTHERS, new HttpThread.Answer() {
                @Override
                public void got(int status, byte[] body) {
                    if (status == 200) {
                        try {
                            JsonNode row = Wire.tree(body);
                            // An address may have passed to another release's pod meanwhile.
                            if (pod.equals(row.path("pod").asText())) {
                                fresh.put(pod, row);
                            }
                        } catch (IOException e) {
                            // Then it is shown as last heard of.
                        }
                    }
                    failed("");
                }

                @Override
                public void failed(String why) {
                    awaited.remove(pod);
                    if (awaited.isEmpty()) {
                        finish();
                    }
                }
            });
        }

        private void finish() {
            if (round == this) {
                round = null;
                Report report = page.report(fresh);
                listeners.forEach(listener -> listener.accept(report));
            }
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
