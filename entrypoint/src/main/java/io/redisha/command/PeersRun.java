package io.redisha.command;

import io.redisha.config.PodEnvironment;
import io.redisha.config.Settings;
import io.redisha.log.Log;
import io.redisha.loop.EventSink;
import io.redisha.process.ServerProcess;
import io.redisha.process.Signals;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Process 1 of a peer's container: finds the others, starts the program, and is for it what its container would be. Signals reach it, its output
 * is the container's, and when it ends the container ends with the same status.
 */
final class PeersRun implements ServerProcess.Listener {

    private static final Logger LOG = LoggerFactory.getLogger(PeersRun.class);

    private static final int SIGNALLED = 128;
    /** Of Linux. What is beyond is a code of the program's own: 255 is its -1. */
    private static final int SIGNALS = 64;
    /** As a shell says it. */
    private static final int NOT_STARTED = 127;
    private static final int LAST_LINES = 3;

    private final Settings settings;
    private final EventSink events;
    private final Consumer<String> end;
    private final Ring ring;
    private final ServerProcess process = ServerProcess.foreign(this, this::prepare);
    private final CompletableFuture<Integer> status = new CompletableFuture<>();
    private volatile boolean toldToStop;
    private volatile boolean again;
    private volatile String why;

    /** @param end is given why the program ended, null if it was told to, and returns when that and the last Event are told */
    PeersRun(Settings settings, PodEnvironment env, EventSink events, Consumer<String> end) {
        this.settings = settings;
        this.events = events;
        this.end = end;
        this.ring = new Ring(settings, env, events, this::startAgain);
    }

    /** @return the program's exit status */
    int run() throws IOException, InterruptedException {
        Signals.take(List.of("TERM", "INT", "HUP", "USR1", "USR2", "WINCH"), this::signal);
        ring.show();
        process.start();
        ring.watch();
        int ended = status.join();
        end.accept(why);
        Log.flush();
        return ended;
    }

    /** @param last null before the first run */
    private List<String> prepare(ServerProcess.Exit last) throws InterruptedException {
        if (status.isDone()) {
            return null;
        }
        List<String> command = ring.command(ring.member.gather());
        LOG.debug("starts {}", String.join(" ", command));   // may hold a secret
        return command;
    }

    /** On a thread of Java's for signals. */
    private void signal(int number) {
        long child = process.pid();
        if (number == Signals.TERM || number == Signals.INT) {
            toldToStop = true;
            ring.member.ending();
            if (child < 0) {
                // it still looked for the others
                status.complete(SIGNALLED + number);
                process.stop(Duration.ZERO);
                return;
            }
            killAfter(settings.peers().stopTimeout(), child);
        }
        if (child >= 0) {
            Signals.send(child, number);
        }
    }

    private void startAgain() {
        long child = process.pid();
        if (child >= 0 && !toldToStop) {
            again = true;
            killAfter(settings.peers().stopTimeout(), child);
            Signals.send(child, Signals.TERM);
        }
    }

    private void killAfter(long nanos, long child) {
        CompletableFuture.delayedExecutor(nanos, TimeUnit.NANOSECONDS).execute(() -> {
            if (process.pid() == child) {
                LOG.warn("the program did not end within {} s: it is killed", Duration.ofNanos(nanos).toSeconds());
                process.kill();
            }
        });
    }

    @Override
    public void started() {
        if (toldToStop) {
            Signals.send(process.pid(), Signals.TERM);
        }
    }

    @Override
    public void failed(Throwable defect) {
        Run.die("nobody keeps the program any more", defect);
    }

    @Override
    public void exited(ServerProcess.Exit exit) {
        if (again && !toldToStop) {
            again = false;
            return;
        }
        String program = settings.peers().command().getFirst();
        int code = exit.status() < 0 ? NOT_STARTED : exit.status();
        List<String> words = exit.words().subList(Math.max(0, exit.words().size() - LAST_LINES), exit.words().size());
        String how = exit.status() < 0 ? program + " cannot be started: " + String.join(" ", words).strip() : program + " ended after " + seconds(exit.life())
                + " with " + said(code);
        if (toldToStop) {
            LOG.info(how);
        } else {
            boolean silent = exit.status() < 0 || words.isEmpty();
            LOG.error(how);
            why = silent ? how : how + ":\n" + String.join("\n", words);
            // of a message with several lines kubectl shows the first
            events.emit(code != 0, exit.status() < 0 ? "ProgramDoesNotStart" : "ProgramEnded", silent ? how : how + ": " + String.join(" | ", words));
        }
        status.complete(code);
    }

    /** In words. A program may also choose to end with the code of a signal. */
    static String said(int code) {
        return "exit status " + code + (code > SIGNALLED && code <= SIGNALLED + SIGNALS ? " (signal " + (code - SIGNALLED) + ")" : "");
    }

    private static String seconds(Duration life) {
        return life.toMillis() < 10_000 ? life.toMillis() / 100 / 10.0 + " s" : life.toSeconds() + " s";
    }
}
