package io.redisha.command;

import io.redisha.config.Invalid;
import io.redisha.config.Settings;
import io.redisha.decide.Policy;
import io.redisha.http.Gauges;
import io.redisha.http.HttpThread;
import io.redisha.http.Journaling;
import io.redisha.http.MemberServer;
import io.redisha.http.Metrics;
import io.redisha.http.PeerClient;
import io.redisha.http.ProbeServer;
import io.redisha.http.Token;
import io.redisha.kube.HeadlessDns;
import io.redisha.kube.KubeLease;
import io.redisha.kube.KubePublisher;
import io.redisha.kube.PodWatch;
import io.redisha.loop.Gate;
import io.redisha.loop.LoopThread;
import io.redisha.loop.Member;
import io.redisha.loop.Peers.Peer;
import io.redisha.loop.Snapshot;
import io.redisha.loop.TornFiles;
import io.redisha.loop.Watchdog;
import io.redisha.model.Address;
import io.redisha.model.Heartbeat;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberState;
import io.redisha.model.Timings;
import io.redisha.model.Vote;
import io.redisha.process.Healing;
import io.redisha.process.ServerProcess;
import io.redisha.redis.Fence;
import io.redisha.redis.RedisConf;
import io.redisha.redis.RedisServer;
import io.redisha.redis.RemoteFence;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One master and its replicas, failover by one Lease: the agent is a {@link Member}. */
final class Replication extends DataServer {

    private static final Logger LOG = LoggerFactory.getLogger(Replication.class);

    private final Timings timings;
    private final Metrics metrics = new Metrics(Run.VERSION, Gauges.ofMember(this::snapshot));

    private final Journaling journal;
    private final TornFiles files = new TornFiles();
    /** A pod's first container has voted for nobody: the server's configuration, which lasts as long as the pod, is not written yet. */
    private final boolean restarted = Files.exists(Run.CONF);
    private Healing healing;
    private volatile Member member;
    private volatile RedisServer server;

    Replication(Pod pod) {
        super(pod);
        this.timings = settings.failover().timings();
        this.journal = new Journaling(env.pod(), metrics, events);
    }

    private Snapshot snapshot() {
        Member known = member;
        return known == null ? null : known.snapshot().with(healing.problems()).with(warnings());
    }

    @Override
    void probe(HttpThread http) throws IOException {
        ProbeServer.ofMember(http, settings.ports().http(), settings, this::snapshot, metrics);
    }

    @Override
    Path directory() {
        return Run.DATA;
    }

    @Override
    RedisConf conf(List<String> user) throws Invalid {
        refuseNode("replication");
        RedisConf conf = new RedisConf(user, settings.ports().redis(), env.ip(), serverPassword(), settings.persistence(), directory().toString(),
                new RedisConf.Replication(settings.replicas(), settings.failover().minReplicasMaxLag()));
        healing = new Healing(directory(), conf.dataFiles(), states, new Renewal(loop, () -> member, journal));
        return conf;
    }

    @Override
    void await(ServerProcess.Exit last) throws InterruptedException {
        healing.prepare(last);
    }

    @Override
    void started() {
        RedisServer known = server;
        if (known != null) {
            known.started();
        }
    }

    @Override
    void tornFiles() {
        files.cutOff();
    }

    @Override
    void died(String how) {
        RedisServer known = server;
        if (known != null) {
            known.died(how);
        }
    }

    @Override
    void serve(ServerProcess process) throws IOException {
        Gate gate = new Gate();
        server = new RedisServer(settings.ports().redis(), serverPassword(), settings.failover().minReplicasMaxLag(), timings, process, loop,
                view -> {
                    healing.sees(view);
                    if (files.sees(view)) {
                        member.onTornFiles();
                    }
                    member.onServer(view);
                });
        RemoteFence remote = new RemoteFence(serverPassword());
        HttpThread members = new HttpThread("member");
        PeerClient peers = new PeerClient(members, settings.ports().member(), new Token(password), timings.memberTimeout(), loop, remote::start);
        PodWatch pods = new PodWatch(kube, settings, env.pod(), seen -> member.onPods(seen), loop);
        KubeLease lease = new KubeLease(kube, settings, pods, loop);
        KubePublisher publisher = new KubePublisher(kube, pods, settings, env.node());
        Policy policy = new Policy(timings, settings.replicas(), settings.persistence(),
                settings.failover().durability() == Settings.Durability.STRICT, settings.failover().candidateOrder() == Settings.CandidateOrder.PRIORITY,
                settings.failover().maxLoss());
        member = new Member(new Member.Self(self, new Address(env.ip(), settings.ports().redis()), restarted), policy,
                new Member.Ports(lease, peers, server, publisher, journal, states), gate, System::nanoTime, Run.WALL);
        Member leading = member;
        new MemberServer(members, settings.ports().member(), new Token(password), loop, answers(leading), then -> server.fresh(info -> then.run()),
                this::snapshot, peers, timings.handover());
        server.start();
        pods.start();
        new Watchdog(gate, bite(new Fence(settings.ports().redis(), serverPassword()), server, process, loop, leading), timings, defect -> Run.die("the watchdog died: nothing fences any more", defect)).start();
        HeadlessDns dns = new HeadlessDns(settings, Duration.ofMillis(1500), loop);
        int[] ticks = {0};
        loop.start(() -> {
            leading.tick();
            if (!leading.knowsPods() && ticks[0]++ % 20 == 10) {
                findByName(settings.podNames(), dns, leading::onNames);   // the API server has not told us of anybody yet
            }
        });
    }

    private static Watchdog.Bite bite(Fence fence, RedisServer server, ServerProcess process, LoopThread loop, Member member) {
        return new Watchdog.Bite() {
            @Override
            public void prepare() {
                fence.prepare();
            }

            @Override
            public boolean fence(long deadline) {
                long ordered = System.nanoTime();
                boolean obeyed = fence.fence(deadline);
                if (obeyed) {
                    server.obeyed(ordered);
                }
                return obeyed;
            }

            @Override
            public void kill() {
                if (server.mayBeMaster()) {   // else it has obeyed the loop's fence, whose CLIENT KILL ends this one's connection too
                    process.kill();
                }
            }

            @Override
            public void fenced() {
                loop.execute(member::onFenced);
            }
        };
    }

    /** For the time in which nobody but DNS knows of siblings. */
    static void findByName(List<String> pods, HeadlessDns dns, Consumer<List<Peer>> then) {
        List<Peer> found = new ArrayList<>();
        for (String pod : pods) {
            dns.of(pod, addresses -> {
                if (!addresses.isEmpty()) {
                    found.add(new Peer(pod, addresses.getFirst()));
                    then.accept(List.copyOf(found));
                }
            });
        }
    }

    @Override
    void handOver() throws InterruptedException {
        CountDownLatch safe = new CountDownLatch(1);
        loop.execute(() -> member.onStop(safe::countDown));
        // the budget of a handover, then the release of the Lease
        if (!safe.await(timings.handover() + 2 * timings.renew(), TimeUnit.NANOSECONDS)) {
            LOG.warn("stopping without having handed over");
        }
    }

    @Override
    void saveClean() {
        member.saveClean();
    }

    private static MemberServer.Answers answers(Member member) {
        return new MemberServer.Answers() {
            @Override
            public Heartbeat.Reply onHeartbeat(Heartbeat heartbeat) {
                return member.onHeartbeat(heartbeat);
            }

            @Override
            public Vote.Reply onVote(Vote vote) {
                return member.onVote(vote);
            }

            @Override
            public MemberState onAsk() {
                return member.onAsk();
            }

            @Override
            public void onTold(LeaseView.Present lease) {
                member.onTold(lease);
            }

            @Override
            public void onSwitchover(String to, Consumer<String> outcome) {
                member.onSwitchover(to, outcome);
            }
        };
    }
}
