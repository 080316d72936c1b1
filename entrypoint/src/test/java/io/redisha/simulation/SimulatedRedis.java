package io.redisha.simulation;

import static io.redisha.simulation.Simulation.MS;

import io.redisha.model.Address;
import io.redisha.model.Misconf;
import io.redisha.model.Pulse;
import io.redisha.model.Role;
import io.redisha.model.ServerInfo;
import io.redisha.model.ServerInfo.Aof;
import io.redisha.model.ServerView;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.List;

/** A server as Redis is one: its process's life, its role, histories and offsets, partial and full syncs, and what it holds in memory and on disk. */
public final class SimulatedRedis {

    /** An agent waits for an answer no longer. */
    private static final long ANSWER = 500 * MS;
    /** As the product sets it. */
    private static final long REPL_TIMEOUT = 10_000 * MS;
    /** How long it takes at least to come upon a damage. */
    private static final long READ = 20 * MS;
    private static final int KILLED = 128 + 9;
    private static final List<String> CAN_NOT_LOAD = List.of("7:S 21 Nov 2026 03:05:10.123 # Bad file format reading the append only file appendonly.aof.1.incr.aof: "
            + "make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>");

    public final SimulatedPod pod;
    private final Servers servers;
    private final Simulation simulation;

    // the process
    private boolean running;
    private long process;
    private String runId = "";
    private boolean loading;
    private boolean cutOff;
    /** It ends before it has read its data, however often it is started, for a reason that no copy mends. */
    public boolean damaged;
    /** What it says that it could not save. */
    public Misconf misconf = Misconf.NONE;

    // its silence: what it was told waits until it reads again
    private boolean silent;
    private boolean working;
    private long stoodStill;
    /** Until then the kernel holds its process, for a disk that hangs: SIGKILL stays pending. */
    private long heldUntil;
    private long woken = -ANSWER;
    private ServerInfo told;
    private long answered;
    private final ArrayDeque<Runnable> unread = new ArrayDeque<>();

    // what it holds, and on which history
    private WriteLog log;
    private String replid = "";
    private String replid2 = "";
    private long secondOffset = -1;
    /** On disk, while that is not what is in memory. */
    private WriteLog before;
    private final SimulatedFiles files = new SimulatedFiles();
    /** Offset of the first entry of the log: a server that loads its dataset counts from 0 on a history of its own. */
    private long base;

    // its role
    private Role role = Role.REPLICA;
    private Address master = Address.DEAD;
    /** Every change of the master's role or process drops its replicas' connections. */
    private long epoch;
    private long masterSince;
    private long fencedAt = -1;
    private boolean paused;
    private long fences;
    private int minReplicas;
    private int priority;
    /** By its configuration; as all others' if negative. */
    private int wanted = -1;

    // its link, as a replica
    private SimulatedRedis link;
    private long linkedTo;
    private boolean syncing;
    private int syncs;
    private long askedAt;
    /** How long nothing arrives of the copy that was asked for. */
    private long forks;
    /** It asks one for a copy that is a replica itself, and has no link. */
    private boolean asksInVain;
    private long streamedAt;
    private long lostAt;
    /** Until then it applies nothing, and thinks itself linked all the same. */
    private long stalledUntil;

    public SimulatedRedis(SimulatedPod pod, Servers servers) {
        this.pod = pod;
        this.servers = servers;
        simulation = servers.simulation;
        log = new WriteLog(servers.clients);
        servers.all.add(this);
    }

    @Override
    public String toString() {
        return "history " + replid + " at " + offset() + " from " + base + ", second " + replid2 + " " + secondOffset + ", link " + (link == null ? null : link.pod.name)
                + (syncing ? " syncing" : "");
    }

    // ---- what it is

    public boolean running() {
        return running;
    }

    /** It has said, at the end of its loading, that it has cut off an end of its files. */
    public boolean saysThatItCutOff() {
        return running && cutOff && !loading && !servers.hidesWhatItCutsOff;
    }

    public long process() {
        return process;
    }

    public String runId() {
        return runId;
    }

    public Role role() {
        return role;
    }

    /** A master, and its pod does not stand still. */
    public boolean isMaster() {
        return pod.alive() && running && role == Role.MASTER;
    }

    /** A master's is its own, and another one each time that it becomes one. */
    String history() {
        return replid;
    }

    public long masterSince() {
        return masterSince;
    }

    public WriteLog log() {
        return log;
    }

    public long offset() {
        return base + log.size();
    }

    public boolean syncing() {
        return syncing;
    }

    public boolean paused() {
        return paused;
    }

    public int priority() {
        return priority;
    }

    /** The master that it is connected to, null for none. */
    public SimulatedRedis link() {
        return link;
    }

    /** For how long it has been without a link. */
    public long unlinkedFor() {
        return link == null ? simulation.now() - lostAt : 0;
    }

    /** Replicas that follow and are not late. */
    public int goodReplicas() {
        int n = 0;
        for (SimulatedRedis r : servers.all) {
            if (r.link == this && r.pod.alive() && !r.syncing && simulation.now() - r.streamedAt <= servers.maxLag) {
                n++;
            }
        }
        return n;
    }

    public boolean acceptsWrites() {
        return isMaster() && !silent && !paused && misconf == Misconf.NONE && (minReplicas == 0 || servers.writesAlone || goodReplicas() >= minReplicas);
    }

    void take(int write) {
        log.apply(write);
    }

    public ServerInfo info() {
        long told = servers.liesAboutOffsets ? 1_000_000 - offset() : offset();
        boolean asks = syncing || asksInVain;
        boolean receiving = servers.hidesThatItWaits ? asks : syncing && simulation.now() - askedAt > forks;
        return new ServerInfo(runId, role, replid, replid2, told, secondOffset, loading, asks, link != null && !syncing, log.empty(), priority,
                role == Role.MASTER ? null : master, goodReplicas(), minReplicas, !servers.persistent ? Aof.OFF : before == null || servers.hidesItsRewrite ? Aof.WHOLE : Aof.REWRITING, misconf, receiving);
    }

    // ---- its silence

    /**
     * It answers nobody for so long.
     *
     * @param busy a long command or a script that does not end; else its process stands still
     */
    public void fallSilent(long howLong, boolean busy) {
        if (!running || silent) {
            return;
        }
        simulation.say(pod.name + " server " + (busy ? "is busy" : "stands still") + " for " + howLong / MS + " ms");
        silent = true;
        working = busy;
        stoodStill = pod.clock.now();
        long mine = process;
        simulation.after(howLong, () -> {
            if (process == mine) {
                silent = false;
                woken = simulation.now();
                while (!unread.isEmpty() && process == mine) {
                    unread.poll().run();
                }
            }
        });
    }

    /** As {@link #fallSilent}, in the kernel: it can be killed, and does not end before. */
    public void hold(long howLong) {
        if (running && !silent) {
            heldUntil = simulation.now() + howLong;
            fallSilent(howLong, false);
        }
    }

    private long heldFor() {
        return Math.max(0, heldUntil - simulation.now());
    }

    public boolean silent() {
        return silent;
    }

    /** When it last went on after a silence. */
    public long heardSince() {
        return woken;
    }

    /** Its process stands still, and not because its pod does; or it did when it was looked at last. */
    public boolean hangs() {
        return !working && (silent || simulation.now() - woken < ANSWER);
    }

    /** Carried out now, or when it reads again. */
    void command(Runnable what) {
        if (silent) {
            unread.add(what);
        } else {
            what.run();
        }
    }

    private Pulse pulse() {
        long now = pod.clock.now();
        boolean moves = !silent || working && !servers.hidesItsWork;
        return new Pulse(now, moves ? now : stoodStill, silent && working ? 'R' : heldFor() > 0 ? 'D' : silent ? 'T' : 'S', 0, 0, false);
    }

    // ---- the process

    public void boot() {
        if (damaged) {
            tellDeath();
            return;
        }
        running = true;
        process++;
        told = null;
        answered = pod.clock.now();
        epoch++;
        role = Role.REPLICA;
        master = Address.DEAD;
        syncing = false;
        asksInVain = false;
        drop();
        paused = false;
        priority = wanted < 0 ? servers.priority : wanted;
        cutOff = files.torn() > 0 && !files.damaged();
        if (cutOff) {
            simulation.say(pod.name + " server cuts off the last " + files.torn() + " writes");
            log = log.without(files.torn());
            files.areWhole();
        }
        runId = "run" + simulation.serial();
        replid = "h" + simulation.serial();   // what INFO says after a restart with AOF: a random history at offset 0
        replid2 = "";
        secondOffset = -1;
        base = -log.size();
        stalledUntil = 0;
        minReplicas = servers.minReplicas.getAsInt();
        long mine = process;
        if (servers.loading != null || files.damaged()) {
            loading = log.size() > 0 || files.damaged();
            simulation.after(servers.loading == null ? READ : servers.loading.getAsLong(), () -> {
                if (process == mine) {
                    read();
                }
            });
        }
        stream(mine);
        if (servers.bootsWritable) {
            promote();
        }
    }

    /** It has come to the end of its files, or to what it can't load of them. */
    private void read() {
        if (!files.damaged()) {
            loading = false;
            return;
        }
        simulation.say(pod.name + " server can't load its files");
        die();
        tellDeath();
        startAgain(files.pause(pod.generation()), 1, CAN_NOT_LOAD);
    }

    public void die() {
        running = false;
        loading = false;
        process++;
        silent = false;
        heldUntil = 0;
        unread.clear();
        link = null;
        syncing = false;
        if (!servers.persistent) {
            log = new WriteLog(servers.clients);
        } else if (before != null) {
            log = before;
        }
        before = null;
    }

    /** Of one that does not run yet: it starts with what the other's volume has now. */
    public void takeVolumeOf(SimulatedRedis other) {
        log = servers.persistent ? (other.before != null ? other.before : other.log).copy() : new WriteLog(servers.clients);
    }

    /** Of one that does not run: its volume is lost, and another one takes its place. */
    public void wipe() {
        log = new WriteLog(servers.clients);
        before = null;
        files.lose();
    }

    /** Its files, if it has any: it can't load them when it is started again. What is in its memory is what it was. */
    public void damageFiles() {
        if (servers.persistent && log.size() > 0) {
            simulation.say(pod.name + " files are damaged");
            files.damage();
        }
    }

    /** As {@link #damageFiles}, of a server that has got nothing yet as well: it keeps an AOF of that, too. */
    public void damageWhateverItHas() {
        files.damage();
    }

    /** What it could not load was set aside, and it has got no copy since. */
    public boolean awaitsItsCopy() {
        return files.awaitCopy();
    }

    /** As {@link #damageFiles}, at their end only: it loads what is before that, at least half of all. */
    public void tearFiles(int writes) {
        if (servers.persistent && log.size() > 0) {
            int cut = Math.min(writes, log.size() / 2);
            simulation.say(pod.name + " files lack their last " + cut + " writes");
            files.tear(cut);
        }
    }

    /** A person repairs what it can't load (redis-check-aof --fix), which cuts off what follows the damage. */
    public void repairFiles(int writes) {
        if (files.damaged() && (!running || loading)) {
            simulation.say(pod.name + " files are repaired, without their last " + writes + " writes");
            log = log.without(writes);
            base = -log.size();
            files.areWhole();
        }
    }

    /** Of one that does not run: what it can't load is out of its way (rule D1). */
    public void setFilesAside() {
        files.setAside(log);
        log = new WriteLog(servers.clients);
        before = null;
    }

    /** How many times over it has files that were set aside. */
    public int keptAside() {
        return files.kept();
    }

    /** If all others were lost there would still be all of these: in its memory, or in files that can be loaded. */
    public boolean keeps(BitSet writes) {
        return (running && !loading || servers.persistent && !files.damaged()) && log.missing(writes) == 0;
    }

    /** SIGKILL of the server alone: the agent starts it again. */
    public void kill() {
        if (!running || !pod.up) {
            return;
        }
        long held = heldFor();
        if (held > 0 && servers.diesOnlyWhenItEnds) {
            unread.add(this::kill);
            return;
        }
        simulation.say(pod.name + " server killed" + (held > 0 ? ", and held by the kernel" : ""));
        die();
        tellDeath();
        startAgain(held + 100 * MS, KILLED, List.of());
    }

    private void startAgain(long pause, int status, List<String> words) {
        long mine = pod.generation();
        simulation.after(pause + simulation.random.nextLong(300 * MS), () -> pod.deliver(mine, () -> {
            if (!running) {
                pod.prepare(status, words);
                if (pod.generation() == mine) {
                    boot();
                }
            }
        }));
    }

    private void tellDeath() {
        long mine = pod.generation();
        simulation.after(3 * MS, () -> pod.deliver(mine, () -> pod.onServer(ServerView.DEAD)));
    }

    /** The agent's INFO. */
    public void poll(long generation) {
        long asked = simulation.now();
        Runnable look = () -> pod.deliver(generation, () -> {
            if (running) {
                if (!silent && simulation.now() - asked <= ANSWER) {
                    told = info();
                    answered = pod.clock.now();
                }
                pod.onServer(new ServerView(true, told, answered, told == null ? null : pulse(), ""));
            }
        });
        long turn = simulation.processor.turn();
        if (turn == 0) {
            look.run();
        } else {
            simulation.after(turn, look);
        }
    }

    /** A sibling's question: answered when the server has answered, or has had its time to. */
    public void fresh(long generation, Runnable then) {
        long turn = simulation.processor.turn();
        if (!running || !silent && turn == 0) {
            poll(generation);
            then.run();
        } else {
            boolean answers = !silent && turn <= ANSWER;
            simulation.after(answers ? turn : ANSWER, () -> pod.deliver(generation, () -> {
                if (answers && running && !silent) {
                    told = info();
                    answered = pod.clock.now();
                    pod.onServer(new ServerView(true, told, answered, pulse(), ""));
                }
                then.run();
            }));
        }
    }

    /** A replica: its link stays, and nothing comes through it for so long. It is a good one to its master until {@link Servers#maxLag}. */
    public void stall(long howLong) {
        simulation.say(pod.name + " applies nothing for " + howLong / MS + " ms");
        stalledUntil = simulation.now() + howLong;
    }

    // ---- what it is told

    /** REPLICAOF NO ONE; asserts that it may accept writes. */
    public void promote() {
        // an order from before a freeze, and the fence of the watchdog after it: both wait when it thaws, and the fence is read last
        boolean overtaken = fencedAt == simulation.now();
        if (role != Role.MASTER && !loading && !overtaken) {
            becomeMaster();
            simulation.say(pod.name + " writable with " + log.size());
            servers.watch.opened(this);
        }
    }

    /** REPLICAOF NO ONE by whoever may connect. */
    public void becomeMaster() {
        role = Role.MASTER;
        masterSince = simulation.now();
        epoch++;
        replid2 = replid;
        secondOffset = offset() + 1;
        replid = "h" + simulation.serial();
        link = null;
        syncing = false;
        asksInVain = false;
    }

    /** REPLICAOF: what it does already, or is told while it loads, changes nothing. */
    public void follow(Address address) {
        if (loading || role == Role.REPLICA && master.equals(address)) {
            return;
        }
        if (role == Role.MASTER) {
            simulation.say(pod.name + " read-only");
            epoch++;
        }
        role = Role.REPLICA;
        master = address;
        drop();
        syncing = false;
        asksInVain = false;
    }

    /** Whom it is asked for a copy gets an error: that it has no link itself. */
    private boolean isReplicaOfNobody() {
        return pod.alive() && running && !silent && !loading && role == Role.REPLICA && link == null;
    }

    boolean copiesNobody() {
        return role == Role.REPLICA && master.equals(Address.DEAD);
    }

    public void fence() {
        fences++;
        readOnly();
    }

    private void readOnly() {
        if (!servers.fencesNot) {
            fencedAt = simulation.now();
            follow(Address.DEAD);
        }
    }

    /** Of its own agent, so far: a server reads what it was sent before one of them before it, and is read-only after it. */
    long fences() {
        return fences;
    }

    /** By another pod's agent: nobody kills it if it does not listen. */
    public void fenceFromOutside() {
        command(this::readOnly);
    }

    public void limit(int replicas) {
        minReplicas = replicas;
    }

    /** replica-priority, now and whenever it starts. */
    public void wants(int replicaPriority) {
        wanted = replicaPriority;
        priority = replicaPriority;
    }

    void prioritize(int wanted) {
        priority = servers.priorityIsFixed ? priority : wanted;
    }

    void pause(long howLong) {
        paused = true;
        long mine = process;
        simulation.after(howLong, () -> {
            if (process == mine) {
                paused = false;
            }
        });
    }

    void unpause() {
        paused = false;
    }

    // ---- replication

    private void drop() {
        link = null;
        lostAt = simulation.now();
    }

    private void stream(long mine) {
        simulation.after(30 * MS, () -> {
            if (process == mine && running) {
                if (pod.alive() && !silent) {
                    expire();
                    replicate();
                }
                long lost = simulation.processor.lostTurns();
                if (lost > 0) {
                    fallSilent(lost, true);
                }
                stream(mine);
            }
        });
    }

    /** Also while it takes no writes for want of replicas, or of room; not while it is paused. */
    private void expire() {
        if (role == Role.MASTER && !paused && log.expired()) {
            log.apply(servers.clients.expiry(this));
        }
    }

    private void replicate() {
        asksInVain = false;
        if (role != Role.REPLICA || loading) {
            return;
        }
        SimulatedRedis from = servers.watch.at(master);
        boolean closed = from == null || from == this || !from.pod.up || !from.running || from.role != Role.MASTER;
        if (closed || from.pod.frozen() || from.silent || servers.unreachable.test(from) || servers.network.loses(from.pod.place(), pod.place()) || servers.network.loses(pod.place(), from.pod.place())) {
            // the kernel of one that only stands still goes on acknowledging: nobody notices before repl-timeout
            boolean unnoticed = from != null && from.silent && from.pod.clock.now() - from.stoodStill < REPL_TIMEOUT;
            if (link != null && (closed || !unnoticed && simulation.random.nextInt(servers.patience) == 0)) {
                drop();
                syncing = false;
            }
            asksInVain = from != null && from != this && from.isReplicaOfNobody() && !servers.network.isCut(from.pod.place(), pod.place()) && !servers.network.isCut(pod.place(), from.pod.place());
            return;
        }
        if ((link != from || linkedTo != from.epoch) && !connect(from)) {
            return;
        }
        if (syncing) {
            return;
        }
        if (simulation.now() < stalledUntil) {
            return;
        }
        streamedAt = simulation.now();
        for (int i = (int) (offset() - from.base); i < from.log.size(); i++) {
            if (servers.skips.test(from.log.get(i))) {
                base++;   // it counts as if it had
                continue;
            }
            log.apply(from.log.get(i));
            servers.clients.acked.set(from.log.get(i));
        }
    }

    /** PSYNC; true if it goes on where it was. */
    private boolean connect(SimulatedRedis m) {
        linkedTo = m.epoch;
        link = m;
        boolean partial = replid.equals(m.replid) && offset() <= m.offset() || replid.equals(m.replid2) && offset() < m.secondOffset && offset() <= m.offset();
        if (partial) {
            join(m);
            return true;
        }
        syncing = true;
        askedAt = simulation.now();
        forks = servers.forking == null ? 100 * MS : servers.forking.getAsLong();
        int sync = ++syncs;
        long mine = process;
        servers.watch.synced(this, m);
        simulation.after((servers.forking == null ? 0 : forks) + 50 * MS + simulation.random.nextLong(400 * MS), () -> {
            if (process == mine && syncing && syncs == sync) {
                syncing = false;
                copy(m);
            }
        });
        return false;
    }

    private void copy(SimulatedRedis m) {
        if (!m.running || m.role != Role.MASTER) {
            drop();
            return;
        }
        rewrite();
        files.copied();
        log = m.log.copy();
        log.addTo(servers.clients.acked);
        base = m.base;
        join(m);
        streamedAt = simulation.now();
    }

    private void rewrite() {
        if (servers.rewriting == null) {
            files.areWhole();
        }
        if (servers.persistent && servers.rewriting != null) {
            WriteLog old = before != null ? before : log;
            before = old;
            long mine = process;
            int sync = syncs;
            simulation.after(servers.rewriting.getAsLong(), () -> {
                if (process == mine && syncs == sync) {
                    before = null;
                    files.areWhole();
                }
            });
        }
    }

    private void join(SimulatedRedis m) {
        replid = m.replid;
        replid2 = m.replid2;
        secondOffset = m.secondOffset;
    }
}
