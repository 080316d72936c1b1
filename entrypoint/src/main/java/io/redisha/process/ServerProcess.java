package io.redisha.process;

import io.redisha.model.Pulse;
import io.redisha.model.ServerView;
import io.redisha.redis.Child;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The child, usually a redis-server or valkey-server: started, heard, buried and started again by one thread. */
public final class ServerProcess implements Child {

    /** Told on the process's own thread, or on that of who kills it: must not wait. */
    public interface Listener {
        void started();

        /** At once, and before anything is known of the next run: it carries out nothing more, though the kernel may hold it still. @param how for a person */
        default void died(String how) {}

        /** It loads its files but for an end that it could not read, and cuts that off: by its own words, while it starts. */
        default void tornFiles() {}

        /** When its last words are known, too. */
        void exited(Exit exit);

        /** Nobody keeps the server any more: the program must end. */
        void failed(Throwable defect);
    }

    /** What has to be so before the server may start; on the process's own thread, and may wait. */
    public interface Preparation {
        /**
         * @param last how the run before ended, null before the first
         * @return the server's command line; null if it is not to be started any more
         */
        List<String> prepare(Exit last) throws InterruptedException, IOException;
    }

    /**
     * How a run of the server ended.
     *
     * @param status   128 + n after signal n; -1 if it could not even be started
     * @param words    the server's last lines
     * @param rejected what it says is wrong with its configuration, null if that is not why
     * @param repeated the run before ended with the same words, just as early
     */
    public record Exit(int status, Duration life, List<String> words, String rejected, boolean repeated) {

        /** For a person, in the server's own words if it had any. */
        public String why() {
            if (rejected != null) {
                return rejected;
            }
            if (status > SIGNALLED) {
                return "signal " + (status - SIGNALLED);
            }
            if (status < 0 && !words.isEmpty()) {
                return words.getLast();   // it was not started, and has no status
            }
            return "exit status " + status + (words.isEmpty() ? "" : ": " + Line.of(words.getLast()).text());
        }
    }

    /** {@code 7:S 21 Nov 2026 03:05:10.123 * text}: our log has a time of its own, and levels instead of signs. */
    record Line(char sign, String text) {

        /** Redis 7.0 marks these like warnings. */
        private static final List<String> HARMLESS = List.of("oO0OoO0OoO0Oo", "Redis version=", "Configuration loaded", "Server initialized",
                "Setting secondary replication ID", "User requested shutdown", "Redis is now ready to exit");

        static Line of(String line) {
            int at = 0;
            for (int word = 0; word < 5 && at >= 0; word++) {
                at = line.indexOf(' ', at) + 1;
                at = at == 0 ? -1 : at;
            }
            boolean signed = at > 0 && at + 2 < line.length() && line.charAt(at + 1) == ' ' && ".-*#".indexOf(line.charAt(at)) >= 0;
            return signed ? new Line(line.charAt(at), line.substring(at + 2)) : new Line(' ', line);
        }

        /** A sentinel marks all that it does like warnings; of these a person wants to know. */
        private static final List<String> SENTINEL_WARNS = List.of("+sdown ", "+odown ", "+tilt ", "-failover-abort");

        /** Also what has no sign: so it complains of its configuration. */
        boolean warns() {
            return sign == ' ' || sign == '#' && HARMLESS.stream().noneMatch(text::startsWith)
                    && (!text.matches("[-+][a-z].*") || SENTINEL_WARNS.stream().anyMatch(text::startsWith));
        }
    }

    /** @param since when it was started, monotonic ns */
    private record Run(long since, Vitals vitals, Voice voice) {}

    /** How a process is ended, and whether that is certain though it has not ended yet. */
    interface Executioner {
        void kill(ProcessHandle victim);

        boolean isCertain(long pid);

        Executioner KERNEL = new Executioner() {
            @Override
            public void kill(ProcessHandle victim) {
                // Not Process.destroyForcibly: that also closes the pipe with the server's last words in it.
                victim.destroyForcibly();
            }

            @Override
            public boolean isCertain(long pid) {
                return Doom.isCertain(pid);
            }
        };
    }

    private static final Logger LOG = LoggerFactory.getLogger(ServerProcess.class);
    private static final Duration EARLY = Duration.ofSeconds(3);
    private static final Duration LONG_LIFE = Duration.ofSeconds(30);
    private static final long FIRST_PAUSE = 100;
    private static final long LONGEST_PAUSE = 5_000;
    private static final long REAP_EVERY = 10;
    /** Of the exit status after a signal. */
    private static final int SIGNALLED = 128;
    private static final int KILLED = SIGNALLED + 9;
    /** A killed process ends within, ms, unless the kernel holds it. */
    private static final long ENDS = 200;
    /** A server that could not end when it was told to is told again after, ns. */
    private static final long AGAIN = 1_000_000_000L;

    private final Path data;
    private final boolean foreign;
    private final Listener listener;
    private final Preparation preparation;
    private final Executioner executioner;
    private final Orphans orphans = new Orphans();
    private final OutOfMemory memory = new OutOfMemory();
    private final Thread keeper = Thread.ofPlatform().name("server-process").daemon()
            .uncaughtExceptionHandler((thread, defect) -> failed(defect)).unstarted(this::keep);

    private volatile Process process;
    /** Whose death was told: until then it counts as running, so that nobody hears of it in another way. */
    private volatile Process buried;
    private volatile Process killed;
    private volatile Run run;
    private volatile boolean stopping;
    /** Of the keeper. */
    private Exit last;
    private boolean unwritable;

    /** @param data the server's working directory, null for one that needs none */
    public ServerProcess(Path data, Listener listener, Preparation preparation) {
        this(data, false, listener, preparation, Executioner.KERNEL);
    }

    /** Of a program that is none of the engine's: what it says is passed on as it is, and the listener tells why it ended. */
    public static ServerProcess foreign(Listener listener, Preparation preparation) {
        return new ServerProcess(null, true, listener, preparation, Executioner.KERNEL);
    }

    ServerProcess(Path data, boolean foreign, Listener listener, Preparation preparation, Executioner executioner) {
        this.data = data;
        this.foreign = foreign;
        this.listener = listener;
        this.preparation = preparation;
        this.executioner = executioner;
    }

    /** The engine's server in a search path such as {@code $PATH}; null if there is none. */
    public static Path find(String path) {
        for (String name : List.of("redis-server", "valkey-server")) {
            for (String directory : path == null ? new String[0] : path.split(File.pathSeparator)) {
                Path candidate = Path.of(directory, name);
                if (!directory.isEmpty() && Files.isExecutable(candidate) && !Files.isDirectory(candidate)) {
                    return candidate;
                }
            }
        }
        return null;
    }

    public void start() {
        keeper.start();
    }

    @Override
    public boolean running() {
        Process now = process;
        return now != null && now != buried;
    }

    @Override
    public Pulse pulse() {
        Run now = run;
        return now == null ? null : now.vitals().read();
    }

    @Override
    public long since() {
        Run now = run;
        return now == null ? 0 : now.since();
    }

    /** The server's process id, -1 if it does not run. */
    public long pid() {
        Process now = process;
        return now == null || !now.isAlive() ? -1 : now.pid();
    }

    @Override
    public void kill() {
        Process victim = process;
        if (victim == null) {
            return;
        }
        killed = victim;
        executioner.kill(victim.toHandle());
        try {
            if (!victim.waitFor(ENDS, TimeUnit.MILLISECONDS) && executioner.isCertain(victim.pid())) {
                bury(victim, "signal 9, by this agent; the kernel has not let go of the process yet, as a rule because a disk hangs or processors are short; it is started again when it has");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error defect) {
            failed(defect);   // it could not be told
        }
    }

    /**
     * Ends the server for good: SIGTERM, upon which it waits for its replicas (shutdown-timeout) and saves as it is configured to;
     * SIGTERM again if it says that it can't end yet; SIGKILL when the grace is over.
     *
     * @return whether it ended by itself and well
     */
    public boolean stop(Duration grace) {
        stopping = true;
        keeper.interrupt();
        Process victim = process;
        if (victim == null) {
            return true;
        }
        Voice voice = run.voice();
        voice.refused();   // what it refused to somebody else
        victim.toHandle().destroy();
        try {
            if (ends(victim, voice, victim == buried ? Duration.ZERO : grace)) {
                return victim.exitValue() == 0;
            }
            LOG.warn("the server did not end within {} s, killing it", grace.toSeconds());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        kill();
        return false;
    }

    /**
     * While a server writes its first AOF after a full copy it refuses to end, and forgets the signal. Only then is it told again: both
     * engines let a signal interrupt a system call (no SA_RESTART), which the last save must not suffer.
     */
    private static boolean ends(Process victim, Voice voice, Duration grace) throws InterruptedException {
        long end = System.nanoTime() + grace.toNanos();
        while (!victim.waitFor(Math.min(end - System.nanoTime(), AGAIN), TimeUnit.NANOSECONDS)) {
            if (end - System.nanoTime() <= 0) {
                return false;
            }
            if (voice.refused()) {
                victim.toHandle().destroy();
            }
        }
        return true;
    }

    /** Its death is told once: by the keeper, who waits for its end, or before by who has killed it in vain. */
    private synchronized void bury(Process child, String how) {
        if (child == buried || child != process) {
            return;
        }
        try {
            listener.died(how);
        } finally {
            buried = child;
        }
    }

    private void failed(Throwable defect) {
        listener.failed(defect);
    }

    private void keep() {
        long pause = 0;
        while (!stopping) {
            Exit exit;
            try {
                exit = run();
            } catch (InterruptedException e) {
                continue;   // to stop
            }
            last = exit;
            if (stopping || exit == null) {
                return;
            }
            if (exit.life().compareTo(LONG_LIFE) >= 0) {
                pause = 0;
            }
            rest(pause);
            pause = pause == 0 ? FIRST_PAUSE : Math.min(2 * pause, LONGEST_PAUSE);
        }
    }

    /** @return null if there is nothing to run any more */
    private Exit run() throws InterruptedException {
        complainOfTheVolume();
        boolean quiet = last != null && last.repeated();
        Process child;
        long began;
        long oomKills;
        try {
            List<String> command = preparation.prepare(last);
            if (command == null) {
                return null;
            }
            began = System.nanoTime();
            oomKills = memory.kills();
            // By null device and not by an inherited descriptor: a container's stdin may be closed.
            child = new ProcessBuilder(command).redirectErrorStream(!foreign).redirectInput(new File("/dev/null")).start();
        } catch (IOException | UncheckedIOException e) {
            // of a volume that is full or not ours yet: it may be in order the next time
            String why = e instanceof UncheckedIOException unchecked ? unchecked.getCause().getMessage() : e.getMessage();
            Exit exit = exit(-1, Duration.ZERO, List.of(String.valueOf(why)));
            if (!exit.repeated() && !foreign) {
                LOG.error("the server cannot be started: {}", why);
            }
            listener.exited(exit);
            return exit;
        }
        Voice voice = foreign ? new ForeignVoice(child) : new ServerVoice(child, quiet, listener::tornFiles);
        run = new Run(began, new Vitals(child.pid()), voice);
        process = child;
        listener.started();
        if (stopping) {
            child.toHandle().destroy();
        }
        int status = await(child);
        Duration life = Duration.ofNanos(System.nanoTime() - began);
        bury(child, how(status, child == killed, memory.kills() - oomKills));
        if (foreign || life.compareTo(EARLY) < 0 || status > 0 && status < SIGNALLED) {
            // Why it could not start, or load its files, is in its last lines. One that has served ends well or by a signal, and is reported at once.
            voice.finish();
        }
        Exit exit = exit(status, life, voice.words());
        listener.exited(exit);
        return exit;
    }

    /**
     * For a person: a signal is not in the server's own words.
     *
     * @param ours     this agent has killed it
     * @param oomKills of processes of this container, while it ran
     */
    static String how(int status, boolean ours, long oomKills) {
        if (status <= SIGNALLED) {
            return "exit status " + status;
        }
        String signal = "signal " + (status - SIGNALLED);
        if (ours) {
            return signal + ", by this agent";
        }
        return oomKills > 0 && status == KILLED ? signal + ": " + ServerView.MEMORY_LIMIT + " (oom_kill " + oomKills + ")" : signal + ", not by this agent";
    }

    private Exit exit(int status, Duration life, List<String> words) {
        boolean early = life.compareTo(EARLY) < 0;
        String rejected = early && !foreign && Corruption.in(words) == null ? rejected(words) : null;   // of an AOF's manifest it complains in the same way
        boolean repeated = early && last != null && last.life().compareTo(EARLY) < 0 && last.status() == status && (status >= 0 || last.words().equals(words))
                && (rejected == null ? last.rejected() == null : rejected.equals(last.rejected()));
        return new Exit(status, life, words, rejected, repeated);
    }

    /**
     * Both engines: a line of three stars, where in the file, the line itself after {@code >>>}, and what is wrong with it. Redis 8 takes
     * an unknown directive for one of a module's, and then complains without the stars.
     */
    static String rejected(List<String> words) {
        for (int i = 0; i < words.size(); i++) {
            String first = Line.of(words.get(i)).text();
            if (first.contains("FATAL CONFIG FILE ERROR") || first.startsWith(">>> ")) {
                StringBuilder text = new StringBuilder();
                for (String line : words.subList(first.startsWith(">>> ") ? i : i + 1, words.size())) {
                    String said = Line.of(line).text().strip();
                    if (said.startsWith(">>> ")) {
                        text.append(said.substring(4));
                    } else if (!said.startsWith("Reading the configuration file") && !said.isBlank()) {
                        text.append(text.isEmpty() ? "" : ": ").append(said);
                    }
                }
                return text.toString();
            }
        }
        return null;
    }

    private int await(Process child) {
        while (true) {
            try {
                if (child.waitFor(REAP_EVERY, TimeUnit.SECONDS)) {
                    return child.exitValue();
                }
                orphans.reap(child.pid());
            } catch (InterruptedException e) {
                // To stop, which ends the child too.
            }
        }
    }

    private void rest(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            // To stop.
        }
    }

    private void complainOfTheVolume() {
        boolean now = data != null && !Files.isWritable(data);
        if (now && !unwritable) {
            LOG.error("{} is not writable for user {}: check the volume and podSecurityContext.fsGroup", data, user());
        } else if (unwritable && !now) {
            LOG.info("{} is writable now", data);
        }
        unwritable = now;
    }

    private static String user() {
        try {
            return Files.getAttribute(Path.of("/proc/self"), "unix:uid").toString();
        } catch (IOException | RuntimeException e) {
            return System.getProperty("user.name");
        }
    }
}
