package io.redisha.command;

import io.redisha.config.Invalid;
import io.redisha.config.Settings;
import io.redisha.http.ClusterMemberServer;
import io.redisha.http.Gauges;
import io.redisha.http.HttpThread;
import io.redisha.http.Journaling;
import io.redisha.http.Metrics;
import io.redisha.http.NodePeers;
import io.redisha.http.ProbeServer;
import io.redisha.http.Token;
import io.redisha.kube.HeadlessDns;
import io.redisha.kube.KubeExternal;
import io.redisha.kube.KubeLabels;
import io.redisha.kube.KubeLease;
import io.redisha.kube.KubeShape;
import io.redisha.kube.PodWatch;
import io.redisha.loop.Peers.Peer;
import io.redisha.loop.cluster.Asking;
import io.redisha.loop.cluster.Boot;
import io.redisha.loop.cluster.ClusterMember;
import io.redisha.loop.cluster.ClusterSnapshot;
import io.redisha.loop.cluster.Shaper;
import io.redisha.model.Address;
import io.redisha.model.Timings;
import io.redisha.process.AnnouncedFile;
import io.redisha.process.FailedStart;
import io.redisha.process.Forwarder;
import io.redisha.process.ServerProcess;
import io.redisha.redis.ClusterServer;
import io.redisha.redis.NodeClient;
import io.redisha.redis.NodesFile;
import io.redisha.redis.RedisConf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;

/** A node of a Redis Cluster: the agent is a {@link ClusterMember}, and on the pod that holds the Lease a {@link Shaper} too. */
final class Cluster extends DataServer {

    /** What a sibling may take to say what it is. */
    private static final Duration PATIENCE = Duration.ofMillis(500);
    /** Between two rounds of questions before the server starts, ms. */
    private static final long ASK_AGAIN = 50;
    private static final Duration LOOKUP = Duration.ofMillis(1500);

    private final Metrics metrics = new Metrics(Run.VERSION, Gauges.ofNode(this::snapshot));
    private final Journaling journal;
    private final KubeShape shapes;

    private Address announced;
    /** Its address has changed, in words. */
    private volatile List<String> moved = List.of();
    private HttpThread members;
    private NodePeers siblings;
    private NodeClient nodes;
    private Boot boot;
    private volatile ClusterMember member;
    private volatile ClusterServer server;
    private final FailedStart failedStart = new FailedStart(System::nanoTime);

    Cluster(Pod pod) {
        super(pod);
        this.journal = new Journaling(env.pod(), metrics, events);
        this.shapes = new KubeShape(kube, settings, loop);
    }

    private ClusterSnapshot snapshot() {
        ClusterMember known = member;
        if (known == null) {
            return null;
        }
        ClusterSnapshot seen = known.snapshot();
        return seen.with(failedStart.problems(seen.self().running(), seen.at())).with(moved).with(warnings());
    }

    @Override
    void probe(HttpThread http) throws IOException {
        ProbeServer.ofNode(http, settings.ports().http(), settings, this::snapshot, metrics);
    }

    @Override
    boolean mayWait() {
        return settings.cluster().external().enabled();
    }

    @Override
    Path directory() {
        return Run.DATA.resolve(env.pod());
    }

    @Override
    RedisConf conf(List<String> user) throws Invalid, InterruptedException {
        if (Files.exists(Run.DATA.resolve("appendonlydir"))) {
            throw new Invalid(List.of("architecture: given cluster, but the volume holds the data of architecture replication: install a new release and copy the data"));
        }
        try {
            Files.createDirectories(directory());
            members = new HttpThread("member");
        } catch (IOException e) {
            throw new Invalid(List.of("/data: " + e.getMessage() + ": check the volume and podSecurityContext.fsGroup"));
        }
        if (settings.cluster().external().enabled()) {
            KubeExternal external = new KubeExternal(kube, settings, env, new AnnouncedFile(directory()));
            announced = external.await(text -> events.emit(true, "WaitingForAddress", text));
            Thread.ofPlatform().name("external").daemon().start(() -> confirm(external));
        }
        siblings = new NodePeers(members, settings.ports().member(), new Token(password), PATIENCE.toNanos(), loop);
        nodes = new NodeClient(serverPassword());
        NodesFile file = new NodesFile(directory(), env.ip(), settings.ports().redis(), settings.ports().bus());
        boot = new Boot(env.pod(), announced, file, settings.persistence(), this::askAll, nodes, journal, System::nanoTime);
        Settings.Cluster cluster = settings.cluster();
        String hostname = announced != null ? announced.host() : env.pod() + "." + cluster.hostSuffix();
        return new RedisConf(user, settings.ports().redis(), env.ip(), serverPassword(), settings.persistence(), directory().toString(),
                new RedisConf.ClusterNode(settings.ports().bus(), announced != null ? announced.port() : settings.ports().redis(), hostname,
                        announced != null || cluster.preferredEndpointType() == Settings.EndpointType.HOSTNAME, Duration.ofNanos(cluster.nodeTimeout()),
                        cluster.requireFullCoverage()));
    }

    /** It was announced on the word of the volume, maybe. */
    private void confirm(KubeExternal external) {
        try {
            Address other = external.confirm(announced);
            if (other != null) {
                String words = "announces " + announced + ", but its Service has " + other + " by now: delete the pod, and it comes back with that";
                moved = List.of(words);
                events.emit(true, "AddressChanged", env.pod() + " " + words);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** By the addresses that the API server told of, or by name as long as it has not. */
    private Asking.Answers askAll() throws InterruptedException {
        Thread.sleep(ASK_AGAIN);
        ClusterMember known = member;
        List<Peer> peers = known != null && known.knowsPods() ? known.peers() : settings.podNames().stream().filter(pod -> !pod.equals(env.pod()))
                .map(pod -> new Peer(pod, settings.hostOf(pod))).toList();
        return siblings.askAll(peers, PATIENCE);
    }

    @Override
    void await(ServerProcess.Exit last) throws InterruptedException, IOException {
        boot.prepare(last != null && last.status() >= 0);
    }

    @Override
    void started() {
        ClusterServer known = server;
        if (known != null) {
            known.started();
        }
    }

    @Override
    void died(String how) {
        ClusterServer known = server;
        if (known != null) {
            known.died(how);
        }
    }

    @Override
    void exited(ServerProcess.Exit exit) {
        failedStart.exited(exit);
    }

    @Override
    void serve(ServerProcess process) throws IOException {
        Timings timings = settings.failover().timings();
        Address redis = new Address(env.ip(), settings.ports().redis());
        server = new ClusterServer(settings.ports().redis(), serverPassword(), process, loop, view -> member.onServer(view));
        PodWatch pods = new PodWatch(kube, settings, env.pod(), seen -> member.onPods(seen), loop);
        KubeLease lease = new KubeLease(kube, settings, pods, loop);
        Executor orders = Executors.newSingleThreadExecutor(Thread.ofPlatform().name("orders").daemon().factory());
        ClusterMember node = new ClusterMember(new ClusterMember.Self(self, redis, settings.ports().bus(), env.node()),
                new ClusterMember.Ports(lease, siblings, server, nodes, orders, new KubeLabels(kube, pods, self.member()), shapes, journal, states),
                new ClusterMember.Names(settings.labels().role().key(), settings.labels().role().master(), settings.labels().role().replica(), settings.labels().shard()),
                timings, settings.replicas(), settings.cluster().handoverTimeout(), boot::nodeId, loop, System::nanoTime, Run.WALL);
        Shaper shaper = new Shaper(node, new NodeClient(serverPassword()), journal, settings.ports().bus(), System::nanoTime);
        node.shaper(shaper);
        member = node;
        ClusterServer asked = server;
        new ClusterMemberServer(members, settings.ports().member(), new Token(password), loop, node, then -> asked.fresh(view -> then.run()), this::snapshot, siblings,
                settings.cluster().handoverTimeout());
        if (announced != null && announced.port() != settings.ports().redis()) {
            new Forwarder(announced.port(), settings.ports().redis());
        }
        server.start();
        pods.start();
        shaper.start();
        HeadlessDns dns = new HeadlessDns(settings, LOOKUP, loop);
        int[] ticks = {0};
        loop.start(() -> {
            node.tick();
            if (!node.knowsPods() && ticks[0]++ % 20 == 10) {
                Replication.findByName(settings.podNames(), dns, node::onNames);   // the API server has not told us of anybody yet
            }
        });
    }

    @Override
    void handOver() throws InterruptedException {
        CountDownLatch safe = new CountDownLatch(1);
        shapes.staying(env.pod(), stays -> member.onStop(stays, safe::countDown));
        safe.await();   // the kubelet ends the wait when the grace period is over: until then no slot is left alone
    }

    @Override
    void saveClean() {
        member.saveClean();
    }
}
