package io.redisha.command;

import io.redisha.config.Dns;
import io.redisha.config.Invalid;
import io.redisha.config.PasswordFile;
import io.redisha.config.PodEnvironment;
import io.redisha.config.Settings;
import io.redisha.config.SettingsReader;
import io.redisha.http.HttpThread;
import io.redisha.kube.KubeClient;
import io.redisha.kube.KubeEvents;
import io.redisha.log.Log;
import io.redisha.model.Identity;
import io.redisha.process.PidOne;
import io.redisha.process.ServerProcess;
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
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;

/** PID 1 of the engine's container: starts the server before anything else, then finds its siblings, its Lease and its role. */
@Command(name = "run", description = "Runs the server as a member of the release; process 1 of its container.")
public final class Run implements Callable<Integer> {

    static final String VERSION = "0.3.1";
    static final Path DATA = Path.of("/data");
    /** A server's configuration, in memory. */
    static final Path CONF = Path.of("/run/redis-ha/redis.conf");
    /** Kubernetes keeps six digits of a second: with more, a write of ours would not be recognized. */
    static final Supplier<Instant> WALL = () -> Instant.now().truncatedTo(ChronoUnit.MICROS);

    private static final Logger LOG = LoggerFactory.getLogger(Run.class);
    /** The kubelet puts its content into the pod's status when the container ends: the proof of rule L9b. */
    private static final Path TERMINATION = Path.of("/dev/termination-log");
    /** What is left of the grace period for what the program does after the server has ended, at most a kill, two saves and the log. */
    private static final Duration FAREWELL = Duration.ofSeconds(4);
    /** What a server is given to end by itself even if nothing is left: only the kubelet knows when it really kills. */
    private static final Duration LEAST_SHUTDOWN = Duration.ofSeconds(5);
    private static final Duration LAST_EVENT = Duration.ofSeconds(2);

    @Override
    public Integer call() throws Exception {
        // the image build trains the AOT caches with this very command, and has no container to be first in
        String notFirst = Boolean.getBoolean("redisha.training") ? null : PidOne.problem();
        if (notFirst != null) {
            return refuse(List.of(notFirst));
        }
        Path executable;
        Architecture architecture;
        KubeEvents events;
        boolean probed = false;
        try {
            PodEnvironment env = PodEnvironment.read(System::getenv);
            Settings settings = SettingsReader.read(SettingsReader.FILE);
            Log.configure(Log.Format.valueOf(settings.log().format().name()), org.slf4j.event.Level.valueOf(settings.log().level().name()));
            Dns.forgetSoon();
            Duration apiTimeout = Duration.ofNanos(settings.failover().timings().renew());
            KubeClient kube = KubeClient.inCluster(apiTimeout, System::getenv);   // loads nothing yet
            if (settings.architecture() == Settings.Architecture.PEERS) {
                return peer(settings, env, new KubeEvents(kube, env, "peer"));
            }
            events = new KubeEvents(kube, env, settings.isSentinel(env.pod()) ? "sentinel" : "redis");
            executable = ServerProcess.find(System.getenv("PATH"));
            if (executable == null) {
                throw new Invalid(List.of("image: found neither redis-server nor valkey-server in PATH " + System.getenv("PATH")
                        + ", expected an image of Redis or Valkey such as redis:8.0"));
            }
            Identity self = new Identity(env.pod(), env.uid(), UUID.randomUUID().toString().substring(0, 8));
            remember("incarnation=" + self.incarnation());
            Architecture.Pod pod = new Architecture.Pod(env, settings, self, kube, events, executable);
            architecture = switch (settings.architecture()) {
                case REPLICATION -> new Replication(pod);
                case CLUSTER -> new Cluster(pod);
                case PEERS -> throw new AssertionError();   // has no server of ours
                case SENTINEL -> settings.isSentinel(env.pod()) ? new SentinelWatcher(pod) : new SentinelData(pod);
            };
            String password = PasswordFile.read(PasswordFile.FILE, settings.auth());
            if (password == null || architecture.mayWait()) {
                // answers probes while it waits: alive, and not ready
                architecture.probe(new HttpThread("http"));
                probed = true;
            }
            if (password == null) {
                password = new PasswordFile(settings.auth()).await(text -> events.emit(true, "WaitingForSecret", text));
            }
            architecture.password = password;
            architecture.configure();
        } catch (Invalid e) {
            return refuse(e.problems());
        }
        ServerProcess process = new ServerProcess(architecture.directory(), new Children(executable, events, architecture), architecture::prepare);
        process.start();
        try {
            if (!probed) {
                architecture.probe(new HttpThread("http"));
            }
            architecture.serve(process);
        } catch (IOException e) {
            return refuse(List.of(e.getMessage()));
        }
        Duration grace = Duration.ofNanos(architecture.settings.gracePeriod());
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("stop").unstarted(() -> stop(architecture, process, grace)));
        new CountDownLatch(1).await();   // SIGTERM ends it
        return 0;
    }

    private static int peer(Settings settings, PodEnvironment env, KubeEvents events) throws InterruptedException {
        try {
            return new PeersRun(settings, env, events, why -> {
                if (why != null) {
                    remember(why);
                }
                events.settle(LAST_EVENT);
            }).run();
        } catch (IOException e) {
            return refuse(List.of(e.getMessage()));
        }
    }

    private static void stop(Architecture architecture, ServerProcess process, Duration grace) {
        long told = System.nanoTime();
        try {
            architecture.handOver();
            // a last save takes as long as it takes: nobody is served better by a server that is killed in the middle of it
            process.stop(left(grace, Duration.ofNanos(System.nanoTime() - told)));
            architecture.stopped();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            Log.flush();
            Runtime.getRuntime().halt(0);
        }
    }

    /** Of the grace period, for the server to end by itself. */
    static Duration left(Duration grace, Duration gone) {
        Duration left = grace.minus(gone).minus(FAREWELL);
        return left.compareTo(LEAST_SHUTDOWN) < 0 ? LEAST_SHUTDOWN : left;
    }

    /** What must not end has: the kernel ends the server together with process 1. */
    static void die(String what, Throwable defect) {
        try {
            LOG.error(what, defect);
            Log.flush();
        } finally {
            Runtime.getRuntime().halt(1);   // also if there is no memory left to say why
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

    /** What the child's life means for the others. */
    private record Children(Path executable, KubeEvents events, Architecture architecture) implements ServerProcess.Listener {

        @Override
        public void started() {
            architecture.started();
        }

        @Override
        public void died(String how) {
            architecture.died(how);
        }

        @Override
        public void tornFiles() {
            architecture.tornFiles();
        }

        @Override
        public void failed(Throwable defect) {
            die("nobody keeps the server any more", defect);
        }

        @Override
        public void exited(ServerProcess.Exit exit) {
            architecture.exited(exit);
            // one that had served for a while is SERVER_DIED in the member's own story
            if (!exit.repeated() && exit.life().toSeconds() < 3) {
                events.emit(true, exit.rejected() != null ? "ConfigurationRefused" : "ServerDoesNotStart", executable.getFileName() + " does not start: " + exit.why());
            }
        }
    }
}
