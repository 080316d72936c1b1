package io.redisha.command;

import io.redisha.config.Dns;
import io.redisha.config.Invalid;
import io.redisha.config.PasswordFile;
import io.redisha.config.PodEnvironment;
import io.redisha.config.Settings;
import io.redisha.config.SettingsReader;
import io.redisha.decide.Policy;
import io.redisha.http.HttpThread;
import io.redisha.http.Journaling;
import io.redisha.http.MemberServer;
import io.redisha.http.Metrics;
import io.redisha.http.PeerClient;
import io.redisha.http.ProbeServer;
import io.redisha.http.Token;
import io.redisha.kube.HeadlessDns;
import io.redisha.kube.KubeClient;
import io.redisha.kube.KubeEvents;
import io.redisha.kube.KubeLease;
import io.redisha.kube.KubePublisher;
import io.redisha.kube.PodWatch;
import io.redisha.log.Log;
import io.redisha.loop.Gate;
import io.redisha.loop.LoopThread;
import io.redisha.loop.Member;
import io.redisha.loop.Peers.Peer;
import io.redisha.loop.Snapshot;
import io.redisha.model.Address;
import io.redisha.model.Heartbeat;
import io.redisha.model.Identity;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberState;
import io.redisha.model.Timings;
import io.redisha.model.Vote;
import io.redisha.process.PidOne;
import io.redisha.process.ServerProcess;
import io.redisha.process.StateFile;
import io.redisha.redis.Fence;
import io.redisha.redis.RedisConf;
import io.redisha.redis.RedisServer;
import io.redisha.redis.RemoteFence;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;

/**
 * PID 1 of the engine's container: starts the server read-only before anything else, then finds its siblings, its Lease and its role.
 */
@Command(name = "run", description = "Runs the server as a member of the release; process 1 of its container.")
public final class Run implements Callable<Integer> {

    private static final Logger LOG = LoggerFactory.getLogger(Run.class);
    private static final Path USER_CONF = Path.of("/etc/redis-ha/redis.conf");
    private static final Path CONF = Path.of("/run/redis-ha/redis.conf");
    private static final Path DATA = Path.of("/data");
    /** The kubelet puts its content into the pod's status when the container ends: the proof of rule L9b. */
    private static final Path TERMINATION = Path.of("/dev/termination-log");
    private static final String VERSION = "0.1.0";
    /** What a server is given to end by itself: its own shutdown-timeout of 10 s, and the last save. */
    private static final Duration SHUTDOWN = Duration.ofSeconds(15);

    private volatile Member member;

    @Override
    public Integer call() throws Exception {
        // the image build trains the AOT caches with this very command, and has no container to be first in
        String notFirst = Boolean.getBoolean("redisha.training") ? null : PidOne.problem();
        if (notFirst != null) {
            return refuse(List.of(notFirst));
        }
        PodEnvironment env;
        Settings settings;
        RedisConf conf;
        String password;
        KubeEvents events;
        KubeClient kube;
        HttpThread probes;
        Supplier<Snapshot> snapshot = () -> member == null ? null : member.snapshot();
        Metrics metrics;
        Path executable = ServerProcess.find(System.getenv("PATH"));
        if (executable == null) {
            return refuse(List.of("image: found neither redis-server nor valkey-server in PATH " + System.getenv("PATH")
                    + ", expected an image of Redis or Valkey such as redis:8.0"));
        }
        try {
            env = PodEnvironment.read(System::getenv);
            settings = SettingsReader.read(SettingsReader.FILE);
            Log.configure(Log.Format.valueOf(settings.log().format().name()), org.slf4j.event.Level.valueOf(settings.log().level().name()));
            Dns.forgetSoon();
            Duration apiTimeout = Duration.ofNanos(settings.failover().timings().renew());
            kube = KubeClient.inCluster(apiTimeout, System::getenv);   // loads nothing yet
            events = new KubeEvents(kube, env);
            password = PasswordFile.read(PasswordFile.FILE);
            if (password == null) {
                // answers probes while it waits: alive, and not ready
                probes = new HttpThread("http");
                metrics = new Metrics(VERSION, snapshot);
                new ProbeServer(probes, settings.ports().http(), settings, snapshot, metrics);
                password = new PasswordFile(settings.auth()).await(text -> events.emit(true, "WaitingForSecret", text));
            } else {
                probes = null;
                metrics = null;
            }
            conf = new RedisConf(Files.exists(USER_CONF) ? Files.readAllLines(USER_CONF) : List.of(), settings.ports().redis(), env.ip(),
                    settings.auth().enabled() ? password : null, settings.persistence(), settings.replicas(),
                    settings.failover().minReplicasMaxLag(), DATA.toString());
            if (!conf.problems().isEmpty()) {
                throw new Invalid(conf.problems());
            }
        } catch (Invalid e) {
            return refuse(e.problems());
        }
        Identity self = new Identity(env.pod(), env.uid(), UUID.randomUUID().toString().substring(0, 8));
        remember("incarnation=" + self.incarnation());

        Children children = new Children(executable, events);
        ServerProcess process = new ServerProcess(executable, CONF, conf.render(), DATA, children);
        process.start();
        try {
            serve(env, settings, self, password, process, children, kube, events, probes, metrics, snapshot);
        } catch (IOException e) {
            return refuse(List.of(e.getMessage()));
        }
        new CountDownLatch(1).await();   // SIGTERM ends it
        return 0;
    }

    private void serve(PodEnvironment env, Settings settings, Identity self, String password, ServerProcess process, Children children,
            KubeClient kube, KubeEvents events, HttpThread early, Metrics earlyMetrics, Supplier<Snapshot> snapshot) throws IOException {
        String auth = settings.auth().enabled() ? password : null;
        Timings timings = settings.failover().timings();
        Metrics metrics = earlyMetrics != null ? earlyMetrics : new Metrics(VERSION, snapshot);
        if (early == null) {
            new ProbeServer(new HttpThread("http"), settings.ports().http(), settings, snapshot, metrics);
        }
        LoopThread loop = new LoopThread();
        Gate gate = new Gate();
        RedisServer server = new RedisServer(settings.ports().redis(), auth, settings.failover().minReplicasMaxLag(), process, loop,
                view -> member.onServer(view));
        RemoteFence remote = new RemoteFence(auth);
        HttpThread members = new HttpThread("member");
        PeerClient peers = new PeerClient(members, settings.ports().member(), new Token(password), timings.memberTimeout(), loop, remote::start);
        PodWatch pods = new PodWatch(kube, settings, env.pod(), seen -> member.onPods(seen), loop);
        KubeLease lease = new KubeLease(kube, settings, pods, loop);
        KubePublisher publisher = new KubePublisher(kube, pods, lease, settings, env.node());
        StateFile states = new StateFile(DATA);
        Policy policy = new Policy(timings, settings.replicas(), settings.persistence(),
                settings.failover().durability() == Settings.Durability.STRICT, settings.failover().candidateOrder() == Settings.CandidateOrder.PRIORITY);
        // Kubernetes keeps six digits of a second: with more, a write of ours would not be recognized
        Supplier<Instant> wall = () -> Instant.now().truncatedTo(ChronoUnit.MICROS);
        member = new Member(new Member.Self(self, new Address(env.ip(), settings.ports().redis())), policy,
                new Member.Ports(lease, peers, server, publisher, new Journaling(env.pod(), metrics, events), states), gate, System::nanoTime, wall);
        Member leading = member;
        new MemberServer(members, settings.ports().member(), new Token(password), loop, answers(leading), then -> server.fresh(info -> then.run()),
                snapshot, peers, timings.handover());
        children.changed(server::changed);
        server.start();
        pods.start();
        watch(gate, new Fence(settings.ports().redis(), auth), process, loop, leading);
        HeadlessDns dns = new HeadlessDns(settings, Duration.ofMillis(1500), loop);
        int[] ticks = {0};
        loop.start(() -> {
            leading.tick();
            if (!leading.knowsPods() && ticks[0]++ % 20 == 10) {
                findByName(settings, dns, leading);   // the API server has not told us of anybody yet
            }
        });
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("stop").unstarted(() -> stop(timings, loop, leading, process, states)));
    }

    /** Rule M2: a thread of its own that shares two numbers with the loop, and a connection with nobody. */
    private static void watch(Gate gate, Fence fence, ServerProcess process, LoopThread loop, Member member) {
        Thread.ofPlatform().name("watchdog").daemon().priority(Thread.MAX_PRIORITY).uncaughtExceptionHandler((thread, defect) -> {
            // without a watchdog nothing fences: the kernel ends the server together with process 1
            LOG.error("the watchdog died", defect);
            Log.flush();
            Runtime.getRuntime().halt(1);
        }).start(() -> {
            while (true) {
                long now = System.nanoTime();
                if (gate.lapsed(now)) {
                    if (!fence.fence(now + 250 * Timings.MS)) {
                        process.kill();
                    }
                    loop.execute(member::onFenced);
                } else {
                    fence.prepare();
                }
                java.util.concurrent.locks.LockSupport.parkNanos(100 * Timings.MS);
            }
        });
    }

    private static void findByName(Settings settings, HeadlessDns dns, Member member) {
        List<Peer> found = new java.util.ArrayList<>();
        for (String pod : settings.podNames()) {
            dns.of(pod, addresses -> {
                if (!addresses.isEmpty()) {
                    found.add(new Peer(pod, addresses.getFirst()));
                    member.onNames(List.copyOf(found));
                }
            });
        }
    }

    private static void stop(Timings timings, LoopThread loop, Member member, ServerProcess process, StateFile states) {
        try {
            CountDownLatch safe = new CountDownLatch(1);
            loop.execute(() -> member.onStop(safe::countDown));
            // the budget of a handover, then the release of the Lease
            if (!safe.await(timings.handover() + 2 * timings.renew(), TimeUnit.NANOSECONDS)) {
                LOG.warn("stopping without having handed over");
            }
            process.stop(SHUTDOWN);
            CountDownLatch saved = new CountDownLatch(1);
            loop.execute(() -> {
                member.saveClean();
                saved.countDown();
            });
            saved.await(1, TimeUnit.SECONDS);
            states.flush(Duration.ofSeconds(2));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            Log.flush();
            Runtime.getRuntime().halt(0);
        }
    }

    private static int refuse(List<String> problems) {
        for (String problem : problems) {
            System.err.println("redis-ha: " + problem);
        }
        remember(String.join("\n", problems));
        Log.flush();
        return 1;
    }

    private static void remember(String text) {
        try {
            Files.writeString(TERMINATION, text + "\n");
        } catch (IOException e) {
            LOG.debug("no {}: {}", TERMINATION, e.getMessage());
        }
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

    /** What the child's life means for the others. */
    private static final class Children implements ServerProcess.Listener {
        private final Path executable;
        private final KubeEvents events;
        private volatile Runnable changed = () -> { };

        Children(Path executable, KubeEvents events) {
            this.executable = executable;
            this.events = events;
        }

        void changed(Runnable run) {
            changed = run;
        }

        @Override
        public void started() {
            changed.run();
        }

        @Override
        public void exited(ServerProcess.Exit exit) {
            // one that had served for a while is SERVER_DIED in the member's own story
            if (!exit.repeated() && exit.life().toSeconds() < 3) {
                events.emit(true, exit.rejected() != null ? "ConfigurationRefused" : "ServerDoesNotStart", executable.getFileName() + " does not start: " + exit.why());
            }
            changed.run();
        }
    }
}
