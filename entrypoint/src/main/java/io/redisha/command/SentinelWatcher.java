package io.redisha.command;

import io.redisha.decide.sentinel.Appointment;
import io.redisha.decide.sentinel.Belief;
import io.redisha.decide.sentinel.Hosts;
import io.redisha.http.Gauges;
import io.redisha.http.HttpThread;
import io.redisha.http.Journaling;
import io.redisha.http.Metrics;
import io.redisha.http.ProbeServer;
import io.redisha.kube.HeadlessDns;
import io.redisha.kube.KubeCounts;
import io.redisha.kube.KubeLease;
import io.redisha.kube.PodWatch;
import io.redisha.loop.sentinel.Watcher;
import io.redisha.loop.sentinel.WatcherSnapshot;
import io.redisha.model.Address;
import io.redisha.model.PodView;
import io.redisha.process.ConfFile;
import io.redisha.process.ServerProcess;
import io.redisha.redis.SentinelClient;
import io.redisha.redis.SentinelConf;
import io.redisha.redis.SentinelServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A sentinel: the agent is a {@link Watcher}. */
final class SentinelWatcher extends Architecture {

    /** In memory that outlives the container, but not the pod. */
    private static final Path CONF = Run.CONF.resolveSibling("sentinel.conf");
    private static final Duration LOOKUP = Duration.ofMillis(1500);
    /** In ticks: how often the StatefulSets are read, and names are looked up that the API server has not told. */
    private static final int COUNT = 50;
    private static final int LOOK_UP = 20;

    private final SentinelNames names;
    private final ConfFile file = new ConfFile(CONF);
    private final Metrics metrics = new Metrics(Run.VERSION, Gauges.ofWatcher(this::snapshot));
    private final CountDownLatch serving = new CountDownLatch(1);

    private volatile List<PodView> servers = List.of();
    private volatile List<PodView> sentinels = List.of();
    private volatile int serversWanted;
    private volatile int sentinelsWanted;
    private volatile Watcher watcher;
    private volatile SentinelServer server;
    private volatile SentinelClient others;

    SentinelWatcher(Pod pod) {
        super(pod);
        this.names = new SentinelNames(settings);
        this.serversWanted = settings.replicas();
        this.sentinelsWanted = settings.sentinel().replicas();
    }

    private WatcherSnapshot snapshot() {
        Watcher now = watcher;
        return now == null ? null : now.snapshot();
    }

    private List<PodView> pods() {
        return Stream.concat(servers.stream(), sentinels.stream()).toList();
    }

    @Override
    void probe(HttpThread http) throws IOException {
        ProbeServer.ofWatcher(http, settings.ports().http(), settings, this::snapshot, this::pods, metrics);
    }

    @Override
    void configure() {
        // what it is started with is known when it is known whom to monitor
    }

    @Override
    Path directory() {
        return Run.DATA;
    }

    /** Its file is its memory, and written anew: what was wrong in it would otherwise stay so for ever. */
    @Override
    List<String> prepare(ServerProcess.Exit last) throws InterruptedException, IOException {
        serving.await();
        SentinelConf.Memory own = Files.exists(CONF) ? SentinelConf.read(CONF, settings.sentinel().masterName()) : null;
        file.write(conf(memory(own)).render());
        return List.of(engine.toString(), CONF.toString(), "--sentinel");
    }

    private SentinelConf.Memory memory(SentinelConf.Memory own) throws InterruptedException, IOException {
        String pod = own == null ? null : names.servers().podOf(own.master().host());
        Appointment remembered = pod == null ? null : new Appointment(pod, own.configEpoch());
        Appointment master;
        try {
            master = watcher.master(remembered).get();
        } catch (ExecutionException e) {
            throw new IOException("whom to monitor is not known: " + e.getCause(), e);
        }
        return memory(own, remembered, master, names.servers().of(master.pod()), others.highestEpoch());
    }

    /**
     * What it may go on from.
     *
     * @param own        its file, null if that was lost
     * @param remembered whom that named, null for nobody of this release
     * @param highest    epoch that any other sentinel has told of
     */
    static SentinelConf.Memory memory(SentinelConf.Memory own, Appointment remembered, Appointment master, Address address, long highest) {
        if (own == null) {
            // it may have voted in a failover that is under way, for the next epoch and one who is silent now: it must not vote twice in one
            return SentinelConf.Memory.of(address, master.epoch(), Math.max(highest, master.epoch() + 1));
        }
        return master.equals(remembered) ? own
                : new SentinelConf.Memory(address, master.epoch(), Math.max(own.currentEpoch(), master.epoch()), own.votedEpoch());
    }

    private SentinelConf conf(SentinelConf.Memory memory) {
        Hosts hosts = names.sentinels();
        Map<String, Address> siblings = new LinkedHashMap<>();
        IntStream.range(0, sentinelsWanted).mapToObj(hosts::pod).filter(pod -> !pod.equals(env.pod())).forEach(pod -> siblings.put(id(pod), hosts.of(pod)));
        List<Address> redis = IntStream.range(0, serversWanted).mapToObj(names.servers()::pod).map(names.servers()::of).toList();
        return new SentinelConf(id(env.pod()), hosts.of(env.pod()).host(), settings.ports().sentinel(), directory().toString(), settings.sentinel().masterName(),
                serverPassword(), settings.sentinel().auth(), Belief.quorum(settings.sentinel().quorum(), sentinelsWanted),
                Duration.ofNanos(settings.sentinel().downAfter()), Duration.ofNanos(settings.sentinel().failoverTimeout()), siblings, redis, memory);
    }

    private String id(String pod) {
        return SentinelConf.id(env.namespace() + "/" + settings.name(), pod);
    }

    @Override
    void started() {
        SentinelServer now = server;
        if (now != null) {
            now.started();
        }
    }

    @Override
    void died(String how) {
        loop.execute(() -> watcher.onDied(how));
        SentinelServer now = server;
        if (now != null) {
            now.died(how);
        }
    }

    @Override
    void serve(ServerProcess process) {
        others = new SentinelClient(settings.sentinel().masterName(), settings.ports().sentinel(), names.password(password), serverPassword(),
                announced -> announced, loop, views -> watcher.onSentinels(views));
        PodWatch redis = new PodWatch(kube, settings, env.pod(), seen -> servers = seen, loop);
        PodWatch watchers = PodWatch.ofSentinels(kube, settings, env.pod(), seen -> {
            sentinels = seen;
            watcher.onSentinelPods(seen);
        }, loop);
        Watcher agent = new Watcher(env.pod(), new Watcher.Policy(names.servers(), names.sentinels(), sentinelsWanted, settings.sentinel().quorum()),
                new Watcher.Ports(new KubeLease(kube, settings, watchers, loop), others, process::kill, new Journaling(env.pod(), metrics, events)), loop,
                System::nanoTime);
        watcher = agent;
        server = new SentinelServer(env.pod(), settings.ports().sentinel(), names.password(password), settings.sentinel().masterName(), process, loop, agent::onOwn);
        server.start();
        watchers.start();
        redis.start();
        KubeCounts counts = new KubeCounts(kube, settings, loop);
        HeadlessDns dns = new HeadlessDns(settings, LOOKUP, loop);
        int[] ticks = {0};
        loop.start(() -> {
            agent.tick();
            int tick = ticks[0]++;
            if (tick % COUNT == LOOK_UP) {
                counts.read(this::wanted);
            }
            if (!agent.knowsPods() && tick % LOOK_UP == LOOK_UP / 2) {
                // the API server has not told us of anybody yet
                Replication.findByName(settings.sentinel().podNames(), dns, agent::onSentinelNames);
            }
        });
        serving.countDown();
    }

    private void wanted(int servers, int sentinels) {
        serversWanted = servers;
        sentinelsWanted = sentinels;
        watcher.onWanted(servers, sentinels);
    }

    /** The others are as many without it as they were when it was started: nothing is to be handed over. */
    @Override
    void handOver() {
        loop.execute(watcher::onStop);
    }

    @Override
    void saveClean() {
        // its memory is its file
    }
}
