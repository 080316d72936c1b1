package io.redisha.process;

import io.redisha.model.Role;
import io.redisha.model.ServerView;
import io.redisha.process.ServerProcess.Exit;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rule D1: a replica whose files are damaged heals by itself. When its server has ended three times because it can't load them, and once more after they
 * could be read to their ends, and the agent hears a master of the same data, they are set aside; the server then starts with nothing, and is given a copy.
 *
 * <p>Never without such a master, and nothing is ever repaired: {@code redis-check-aof --fix} throws away what it does not understand, which is for a
 * person to order.
 */
public final class Healing {

    /** What is on the volume. */
    public interface Files {
        /**
         * @param said why the server can't load them, in its own words
         * @return what keeps them from being set aside, for a person; null if nothing does
         */
        String obstacle(String said) throws InterruptedException;

        /** Sets them aside. @return where they are now */
        Path begin() throws IOException;

        /** Where what was set aside is kept, the oldest first. */
        List<Path> generations() throws IOException;
    }

    /** The member whose server this is; it knows whether there is somebody to copy. */
    public interface Agent {
        /**
         * Whether the pod's data may be given up for a copy at this moment. May take a second.
         *
         * @param begins they are about to be: from now on they count as incomplete, and the state file is on its way to say so
         */
        boolean mayBeginAnew(boolean begins) throws InterruptedException;

        /** Whether what the pod has counts as whole: its own data, or a copy that was finished. May take a second. */
        boolean isWhole() throws InterruptedException;

        /** @param where the files are now, and why they could not be loaded, for a person */
        void hasSetAside(String where);

        /** @param problem why the server can't load its files and nothing is done about it, for a person; told again only when it is another */
        void isStuck(String problem);
    }

    private static final Logger LOG = LoggerFactory.getLogger(Healing.class);
    /** A damage does not go away by itself; what looks like one, and does, has by then. */
    private static final int TIMES = 3;
    private static final Duration RECORDED = Duration.ofSeconds(2);
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(30);

    private final Files files;
    private final BooleanSupplier recorded;
    private final Agent agent;
    private final Executor background;
    /** This process has loaded what there is, or there was nothing. What it ends of later is not its files. */
    private volatile boolean loaded;
    /** Since this program was started, and anything set aside, the server has held what its master holds, or was the master. */
    private volatile boolean copied;
    /** Directories. */
    private volatile String kept;
    private volatile String obstacle;
    /** Of the keeper: in a row. */
    private int failed;
    /** Of the keeper: they could be read to their ends before the last start. */
    private boolean readable;
    /** Of the keeper: they were whole before they were given up, perhaps in vain. */
    private boolean whole;
    private boolean watched;

    /**
     * @param data  the server's working directory
     * @param names of what it loads from there, first of all what it would load first
     */
    public Healing(Path data, List<String> names, StateFile states, Agent agent) {
        this(new SetAside(data, names, SetAside.Disk.REAL), () -> states.flush(RECORDED), agent);
    }

    Healing(Files files, BooleanSupplier recorded, Agent agent) {
        this(files, recorded, agent, task -> Thread.ofPlatform().name("set-aside").daemon().start(task));
    }

    /**
     * @param recorded   waits for the state file; false if it does not say what it is to say
     * @param background runs what looks now and then whether a person has removed what is kept
     */
    public Healing(Files files, BooleanSupplier recorded, Agent agent, Executor background) {
        this.files = files;
        this.recorded = recorded;
        this.agent = agent;
        this.background = background;
    }

    /** With each look at the server, by whichever thread. */
    public void sees(ServerView view) {
        if (view.answering()) {
            sees(view.info().loading(), view.info().linkUp() || view.info().role() == Role.MASTER);
        }
    }

    /** With each answer of the server. @param whole it has what its master has, or is one */
    public void sees(boolean loading, boolean whole) {
        if (!loading) {
            loaded = true;
            obstacle = null;
            copied |= whole;
        }
    }

    /**
     * Before each start of the server, by its keeper. Whatever comes of it, the server may be started.
     *
     * @param last how the run before ended, null before the first
     */
    public void prepare(Exit last) throws InterruptedException {
        String said = last == null || loaded ? null : Corruption.in(last);
        loaded = false;
        failed = said == null ? 0 : failed + 1;
        if (failed >= TIMES) {
            heal(said);
        } else {
            readable = false;
            if (failed == 0) {
                obstacle = null;
                whole = false;
            }
        }
        if (last == null) {
            look();
        }
    }

    /** What a person should know, each in a line. */
    public List<String> problems() {
        String where = kept;
        String aside = where == null ? null : "what its server could not load is kept in " + where
                + (copied ? ": remove it when nobody needs it any more" : ": leave it there, this pod has no copy yet; how to take it back, should the master be lost, is in the README");
        return Stream.of(aside, obstacle).filter(Objects::nonNull).toList();
    }

    private void heal(String said) throws InterruptedException {
        String why = setAside(said);
        String problem = why == null ? null : "its server can't load its files (" + said + "), and they are not set aside: " + why;
        if (problem != null && !problem.equals(obstacle)) {
            agent.isStuck(problem);
        }
        obstacle = problem;
    }

    /** @return why not, null if it is done, or to be done should the server fail once more */
    private String setAside(String said) throws InterruptedException {
        String nobody = "no master of the same data is heard, which it could copy, or another pod gets its copy first";
        boolean wasReadable = readable;
        readable = false;
        if (!agent.mayBeginAnew(false)) {
            return nobody;
        }
        String why = irreplaceable();
        why = why != null ? why : files.obstacle(said);   // reads all that there is
        if (why != null) {
            return why;
        }
        readable = true;
        if (!wasReadable) {
            return null;   // of a disk that gave nothing for a while, and does again while the server rests, that says the same: it has one more try
        }
        if (!agent.mayBeginAnew(true)) {
            return nobody;   // while the files were read
        }
        // B5: as soon as they are gone an empty server may start, and nobody must take what it holds for the pod's data
        if (!recorded.getAsBoolean()) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            return "the state file can't be written";
        }
        copied = false;
        try {
            Path to = files.begin();
            failed = 0;
            whole = false;
            agent.hasSetAside(to + ": " + said);
            return null;
        } catch (IOException e) {
            return e.toString();
        } finally {
            look();
        }
    }

    /**
     * What was set aside first goes for what is set aside now, and may be the only data that this pod ever had: not unless a whole copy has come since.
     *
     * @return why it is kept, null if it may go, or nothing has to
     */
    private String irreplaceable() throws InterruptedException {
        whole |= copied || agent.isWhole();   // a copy may be whole while the disk is behind it, on a full volume for good
        try {
            return whole || files.generations().size() < SetAside.KEPT ? null
                    : "what was set aside twice before is kept, and no whole copy has come since; it goes on when one of the directories is moved away";
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** Until a person has removed what is kept. */
    private void watch() {
        try {
            do {
                Thread.sleep(LOOK_AGAIN);
            } while (stillKeeps());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized boolean stillKeeps() {
        look();
        watched = kept != null;
        return kept != null;
    }

    synchronized void look() {
        try {
            List<Path> generations = files.generations();
            kept = generations.isEmpty() ? null : generations.stream().map(Path::toString).collect(Collectors.joining(" and "));
        } catch (IOException e) {
            LOG.debug("what is kept is not known: {}", e.toString());
        }
        if (kept != null && !watched) {
            watched = true;
            background.execute(this::watch);
        }
    }
}
