package io.redisha.command;

import io.redisha.config.Invalid;
import io.redisha.config.Settings;
import io.redisha.http.DataMemberServer;
import io.redisha.http.Gauges;
import io.redisha.http.HttpThread;
import io.redisha.http.Journaling;
import io.redisha.http.Metrics;
import io.redisha.http.ProbeServer;
import io.redisha.http.SiblingClient;
import io.redisha.http.Token;
import io.redisha.kube.HeadlessDns;
import io.redisha.kube.KubeCounts;
import io.redisha.kube.KubeLease;
import io.redisha.kube.KubePublisher;
import io.redisha.kube.PodWatch;
import io.redisha.loop.sentinel.DataMember;
import io.redisha.loop.sentinel.DataSnapshot;
import io.redisha.model.Address;
import io.redisha.model.MemberState;
import io.redisha.model.PodView;
import io.redisha.model.Timings;
import io.redisha.process.Healing;
import io.redisha.process.ServerProcess;
import io.redisha.redis.RedisConf;
import io.redisha.redis.RedisServer;
import io.redisha.redis.SentinelClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A server that sentinels watch over: the agent is a {@link DataMember}. */
final class SentinelData extends DataServer {

    private static final Logger LOG = LoggerFactory.getLogger(SentinelData.class);
    private static final Duration LOOKUP = Duration.ofMillis(1500);
    /** In ticks: how often the StatefulSets are read, and names are looked up that the API server has not told. */
    private static final int COUNT = 50;
    private static final int LOOK_UP = 20;

    private final SentinelNames names;
    private final Metrics metrics = new Metrics(Run.VERSION, Gauges.ofData(this::snapshot));

    private final Journaling journal;
    private int priority;
    private Healing healing;
    private volatile List<PodView> known = List.of();
    private volatile DataMember member;
    private volatile RedisServer server;

    SentinelData(Pod pod) {
        super(pod);
        this.names = new SentinelNames(settings);
        this.journal = new Journaling(env.pod(), metrics, events);
    }

    private DataSnapshot snapshot() {
        DataMember now = member;
        return now == null ? null : now.snapshot().with(healing.problems()).with(warnings());
    }

    @Override
    void probe(HttpThread http) throws IOException {
        ProbeServer.ofData(http, settings.ports().http(), settings, this::snapshot, metrics);
    }

    @Override
    Path directory() {
        return Run.DATA;
    }

    @Override
    RedisConf conf(List<String> user) throws Invalid {
        refuseNode("sentinel");
        RedisConf conf = new RedisConf(user, settings.ports().redis(), env.ip(), serverPassword(), settings.persistence(), directory().toString(),
                new RedisConf.Sentinel(names.servers().of(env.pod()).host(), settings.replicas(), settings.failover().minReplicasMaxLag()));
        priority = conf.priority();
        healing = new Healing(directory(), conf.dataFiles(), states, new Renewal(loop, () -> member, journal));
        return conf;
    }

    @Override
    void await(ServerProcess.Exit last) throws InterruptedException {
        healing.prepare(last);
    }

    @Override
    void started() {
        RedisServer now = server;
        if (now != null) {
            now.started();
        }
    }

    @Override
    void died(String how) {
        RedisServer now = server;
        if (now != null) {
            now.died(how);
        }
    }

    @Override
    void serve(ServerProcess process) throws IOException {
        Timings timings = settings.failover().timings();
        Settings.Sentinel watched = settings.sentinel();
        int maxLag = settings.failover().minReplicasMaxLag();
        server = new RedisServer(settings.ports().redis(), serverPassword(), maxLag, settings.failover().timings(), process, loop, view -> {
            healing.sees(view);
            member.onServer(view);
        });
        HttpThread members = new HttpThread("member");
        Token token = new Token(password);
        SiblingClient siblings = new SiblingClient(members, settings.ports().member(), token, timings.memberTimeout(), loop);
        SentinelClient sentinels = new SentinelClient(watched.masterName(), settings.ports().sentinel(), names.password(password), serverPassword(),
                this::whereIs, loop, views -> member.onSentinels(views));
        PodWatch servers = new PodWatch(kube, settings, env.pod(), seen -> {
            known = seen;
            member.onPods(seen);
        }, loop);
        PodWatch watchers = PodWatch.ofSentinels(kube, settings, env.pod(), seen -> member.onSentinelPods(seen), loop);
        KubePublisher publisher = new KubePublisher(kube, servers, settings, env.node());
        DataMember agent = new DataMember(new DataMember.Self(self, new Address(env.ip(), settings.ports().redis())),
                new DataMember.Policy(names.servers(), names.sentinels(), settings.replicas(), watched.replicas(), watched.quorum(), priority, settings.persistence(),
                        watched.handoverTimeout(), timings),
                new DataMember.Ports(new KubeLease(kube, settings, servers, loop), siblings, server, sentinels, publisher,
                        journal, states),
                System::nanoTime, Run.WALL);
        member = agent;
        RedisServer asked = server;
        new DataMemberServer(members, settings.ports().member(), token, loop, answers(agent), then -> asked.fresh(info -> then.run()), this::snapshot, siblings,
                watched.handoverTimeout());
        server.start();
        servers.start();
        watchers.start();
        KubeCounts counts = new KubeCounts(kube, settings, loop);
        HeadlessDns dns = new HeadlessDns(settings, LOOKUP, loop);
        int[] ticks = {0};
        loop.start(() -> {
            agent.tick();
            int tick = ticks[0]++;
            if (tick % COUNT == LOOK_UP) {
                counts.read(agent::onWanted);
            }
            if (!agent.knowsPods() && tick % LOOK_UP == LOOK_UP / 2) {
                // the API server has not told us of anybody yet
                Replication.findByName(settings.podNames(), dns, agent::onNames);
                Replication.findByName(watched.podNames(), dns, agent::onSentinelNames);
            }
        });
    }

    private static DataMemberServer.Answers answers(DataMember agent) {
        return new DataMemberServer.Answers() {
            @Override
            public MemberState onAsk() {
                return agent.onAsk();
            }

            @Override
            public String onPrefer(boolean preferred) {
                return agent.onPrefer(preferred);
            }

            @Override
            public void onSwitchover(String to, Consumer<String> outcome) {
                agent.onSwitchover(to, outcome);
            }
        };
    }

    /** By its address of now: a name is some seconds late when a pod is new. */
    private Address whereIs(Address announced) {
        String pod = names.servers().podOf(announced.host());
        return known.stream().filter(one -> one.id().pod().equals(pod) && one.ip() != null).findFirst()
                .map(one -> new Address(one.ip(), announced.port())).orElse(announced);
    }

    @Override
    void handOver() throws InterruptedException {
        CountDownLatch safe = new CountDownLatch(1);
        loop.execute(() -> member.onStop(safe::countDown));
        // the budget of a handover, then the release of the Lease
        if (!safe.await(settings.sentinel().handoverTimeout() + 2 * settings.failover().timings().renew(), TimeUnit.NANOSECONDS)) {
            LOG.warn("stopping without having handed over");
        }
    }

    @Override
    void saveClean() {
        member.saveClean();
    }
}
