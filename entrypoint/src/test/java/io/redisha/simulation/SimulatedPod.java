package io.redisha.simulation;

import static io.redisha.simulation.Simulation.MS;
import static io.redisha.simulation.Simulation.S;

import io.redisha.model.Identity;
import io.redisha.model.MemberId;
import io.redisha.model.PodView;
import io.redisha.model.ServerView;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A pod of a StatefulSet with one container: it starts, crashes, stands still, is deleted and comes back under its name. What runs in it is a subclass's. */
public abstract class SimulatedPod {

    public final String name;
    /** By which the network knows it. */
    private String place;
    protected final Simulation simulation;
    public final SimulatedClock clock;
    private final Set<String> dead = new HashSet<>();
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private String uid;
    private String ip;
    private String incarnation;
    private String revision = "1";
    public boolean up;
    /** There is no such pod. */
    public boolean gone = true;
    /** It was deleted by force, and runs on: nobody is shown it any more. */
    private boolean forgotten;
    private boolean placed;
    public boolean terminating;
    private boolean frozen;
    /** Its agent stands still, and nothing else: SIGSTOP of process 1. */
    private boolean asleep;
    /** When it last went on. */
    private long wentOn;
    /** Of the container: what an earlier one asked for is not told to a later one. */
    private long generation;

    protected SimulatedPod(String name, Simulation simulation, SimulatedClock clock) {
        this.name = name;
        place = name;
        this.simulation = simulation;
        this.clock = clock;
    }

    /** What the container starts. */
    protected abstract void boot();

    /** SIGTERM; {@code then} when nothing stands in the way of its end any more. */
    protected abstract void stop(Runnable then);

    /** Its processes are gone. @param podLost and all that was not on a volume */
    protected abstract void down(boolean podLost);

    /** What the agent is told of its server. */
    public abstract void onServer(ServerView view);

    /**
     * What the agent does before its server is started again.
     *
     * @param status with which it ended; 128 + n after signal n
     * @param words  its last lines
     */
    protected void prepare(int status, List<String> words) {}

    /** Its processes run again after a freeze, and have not done anything yet. */
    protected void thawed() {}

    /** terminationGracePeriodSeconds, as far as it matters here. */
    protected long grace() {
        return 30 * S;
    }

    public boolean alive() {
        return up && !frozen;
    }

    /** Its agent is up, too. */
    public boolean awake() {
        return alive() && !asleep;
    }

    public boolean frozen() {
        return frozen;
    }

    public long generation() {
        return generation;
    }

    public Identity id() {
        return new Identity(name, uid, incarnation);
    }

    public String ip() {
        return ip;
    }

    public PodView view() {
        return new PodView(new MemberId(name, uid), placed ? ip() : null, "node", terminating, true, revision, Map.of(), Set.copyOf(dead));
    }

    /** The StatefulSet makes it, unless it is there; it starts at any moment of that time. */
    public void create(long within) {
        if (gone) {
            gone = false;
            replace();
            simulation.after(simulation.random.nextLong(within), this::start);
        }
    }

    public void start() {
        if (up || gone || forgotten) {
            return;
        }
        up = true;
        placed = true;
        frozen = false;
        asleep = false;
        terminating = false;
        incarnation = "i" + simulation.serial();
        generation++;
        simulation.say(name + " starts as " + id());
        boot();
    }

    private void end(boolean podLost) {
        up = false;
        frozen = false;
        asleep = false;
        waiting.clear();
        generation++;
        down(podLost);
    }

    /** Another pod of that name. */
    private void replace() {
        uid = "u" + simulation.serial();
        ip = "ip-" + uid;
        placed = false;
        dead.clear();
    }

    /** SIGKILL of the container, or a power cut. @param proof whether the pod's status tells */
    public void crash(boolean proof) {
        if (!up) {
            return;
        }
        simulation.say(name + " crashes");
        end(false);
        if (proof) {
            String lastRun = incarnation;
            simulation.after(simulation.random.nextLong(2 * S), () -> dead.add(lastRun));
        }
    }

    /** SIGKILL of the container, which the kubelet starts again. */
    public void restart() {
        if (up) {
            crash(false);
            simulation.after(300 * MS + simulation.random.nextLong(S), this::start);
        }
    }

    /** Its node lost its power; another pod of its name starts after a while. */
    public void lose(long howLong) {
        if (!up) {
            return;
        }
        simulation.say(name + " loses its node");
        end(true);
        long lost = generation;
        simulation.after(howLong, () -> {
            if (generation == lost) {   // else it is back already
                replace();
                start();
            }
        });
    }

    /** Its node lost its power, and for so long there is no other for the pod that is made in its place. */
    public void pend(long howLong) {
        simulation.say(name + " is pending");
        if (up) {
            end(true);
        }
        replace();
        simulation.after(howLong, this::start);
    }

    /** kubectl delete pod, scale-in, roll: SIGTERM, a handover, and a new pod of that name. */
    public void delete(boolean back) {
        if (terminating || gone || frozen) {
            return;
        }
        if (!up) {
            gone = !back;
            return;
        }
        simulation.say(name + " gets SIGTERM");
        terminating = true;
        long mine = generation;
        Runnable exit = () -> {
            if (generation != mine) {
                return;
            }
            simulation.say(name + " ends");
            end(true);
            gone = !back;
            if (back) {
                replace();
                revision = revision + "'";
                simulation.after(300 * MS + simulation.random.nextLong(2 * S), this::start);
            }
        };
        deliver(mine, () -> stop(() -> simulation.after(5 * MS, exit)));
        simulation.after(grace(), exit);
    }

    /** kubectl delete pod --force, of one whose node is not heard of: it ends after so long, and another may have its name before. */
    public void forget(long howLong) {
        simulation.say(name + " is deleted by force, and runs on for " + howLong / MS + " ms");
        forgotten = true;
        place = "what was " + name + " as " + uid;
        simulation.after(howLong, () -> {
            if (up) {
                simulation.say(place + " ends");
                end(true);
            }
            gone = true;
        });
    }

    /** Of one that does not run yet: it gets the address that another had. */
    public void readdress(String address) {
        ip = address;
    }

    public String place() {
        return place;
    }

    /** All its processes stand still, as with a machine that is suspended. */
    public void freeze(long howLong) {
        if (!alive()) {
            return;
        }
        simulation.say(name + " frozen for " + howLong / MS + " ms");
        frozen = true;
        long mine = generation;
        simulation.after(howLong, () -> {
            if (generation == mine && frozen) {
                simulation.say(name + " thaws");
                frozen = false;
                goOn();
            }
        });
    }

    /** Its agent stands still; its server does what it did. */
    public void sleep(long howLong) {
        if (!awake()) {
            return;
        }
        simulation.say(name + " agent stands still for " + howLong / MS + " ms");
        asleep = true;
        long mine = generation;
        simulation.after(howLong, () -> {
            if (generation == mine && asleep) {
                simulation.say(name + " agent goes on");
                asleep = false;
                goOn();
            }
        });
    }

    /** Nobody can have heard it before. */
    public long wentOn() {
        return wentOn;
    }

    private void goOn() {
        wentOn = simulation.now();
        if (awake()) {
            thawed();
        }
        while (!waiting.isEmpty() && awake()) {
            waiting.poll().run();
        }
    }

    /** To the agent that asked, if it is still there; when it stands still, as soon as it does not. */
    public void deliver(long mine, Runnable run) {
        if (generation != mine || !up) {
            return;
        }
        if (!awake()) {
            waiting.add(() -> deliver(mine, run));
        } else {
            run.run();
        }
    }

    /** To the server, which goes on when its agent stands still. */
    public void reach(Runnable run) {
        if (frozen) {
            deliver(generation, run);
        } else if (up) {
            run.run();
        }
    }

    /** By this pod's clock, as long as this container runs. */
    protected void every(long period, Runnable run) {
        long mine = generation;
        simulation.after(simulation.random.nextLong(period), () -> again(mine, period, run));
    }

    private void again(long mine, long period, Runnable run) {
        if (generation != mine || !up) {
            return;
        }
        if (awake()) {
            run.run();
        }
        simulation.after(clock.takes(!awake() ? 20 * MS : period) + simulation.processor.turn(), () -> again(mine, period, run));
    }
}
