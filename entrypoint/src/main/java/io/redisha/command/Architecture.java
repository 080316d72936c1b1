package io.redisha.command;

import io.redisha.config.Invalid;
import io.redisha.config.PodEnvironment;
import io.redisha.config.Settings;
import io.redisha.http.HttpThread;
import io.redisha.kube.KubeClient;
import io.redisha.kube.KubeEvents;
import io.redisha.loop.LoopThread;
import io.redisha.model.Identity;
import io.redisha.process.ServerProcess;
import io.redisha.process.StateFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** What one architecture adds to what every pod does: the wiring of its agent. Its methods are called in this order. */
abstract class Architecture {

    /**
     * What every agent is given.
     *
     * @param engine the server's executable, null in an architecture that has none
     */
    record Pod(PodEnvironment env, Settings settings, Identity self, KubeClient kube, KubeEvents events, Path engine) {}

    final PodEnvironment env;
    final Settings settings;
    final Identity self;
    final KubeClient kube;
    final KubeEvents events;
    final Path engine;
    final LoopThread loop = new LoopThread();
    final StateFile states = new StateFile(Run.DATA);
    /** Of siblings always, of clients unless authentication is off; null until there is one. */
    String password;

    Architecture(Pod pod) {
        env = pod.env();
        settings = pod.settings();
        self = pod.self();
        kube = pod.kube();
        events = pod.events();
        engine = pod.engine();
    }

    /** Answers probes from now on: alive, and not ready until there is an agent. */
    abstract void probe(HttpThread http) throws IOException;

    /** {@link #configure} waits for something that may take longer than the kubelet waits for an answer. */
    boolean mayWait() {
        return false;
    }

    /** Finds all that is wrong before anything is started; may wait for what is missing. */
    abstract void configure() throws Invalid, IOException, InterruptedException;

    /** The server's working directory, null if it needs none. */
    abstract Path directory();

    /** Null for a server without a password. */
    final String serverPassword() {
        return settings.auth().enabled() ? password : null;
    }

    /**
     * Before each start of the server.
     *
     * @param last how the run before ended, null before the first
     * @return the server's command line
     */
    abstract List<String> prepare(ServerProcess.Exit last) throws InterruptedException, IOException;

    /** The agent, while the server starts. */
    abstract void serve(ServerProcess process) throws IOException;

    /** The server was started. */
    abstract void started();

    /** It has cut off an end of its files that it could not read. */
    void tornFiles() {}

    /** At once, while nothing of the next one is known. @param how for a person */
    abstract void died(String how);

    /** When the last words of a run are known, or why there was none. */
    void exited(ServerProcess.Exit exit) {}

    /** SIGTERM: returns when the server may be stopped. */
    abstract void handOver() throws InterruptedException;

    /** On the loop: what the volume is to remember of a server that has ended for good. */
    abstract void saveClean();

    final void stopped() throws InterruptedException {
        CountDownLatch saved = new CountDownLatch(1);
        loop.execute(() -> {
            saveClean();
            saved.countDown();
        });
        saved.await(1, TimeUnit.SECONDS);
        states.flush(Duration.ofSeconds(2));
    }
}
