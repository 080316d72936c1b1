package io.redisha.loop.sentinel;

import static io.redisha.simulation.Simulation.MS;
import static io.redisha.simulation.Simulation.S;

import io.redisha.decide.sentinel.Appointment;
import io.redisha.model.SentinelView;
import io.redisha.model.ServerView;
import io.redisha.simulation.SimulatedClock;
import io.redisha.simulation.SimulatedPod;
import java.util.List;

/** A sentinel pod: a real {@link Watcher} beside a simulated sentinel. */
final class WatchPod extends SimulatedPod {

    private final SentinelWorld world;
    final SimulatedSentinel sentinel;
    Watcher watcher;
    /** Of the agent that runs now. */
    private Orders orders;

    WatchPod(SentinelWorld world, String name) {
        super(name, world.simulation, SimulatedClock.exact(world.simulation));
        this.world = world;
        sentinel = new SimulatedSentinel(this, world);
    }

    boolean running() {
        return up && sentinel.running();
    }

    @Override
    protected void boot() {
        long mine = generation();
        orders = new Orders(world, this);
        watcher = new Watcher(name, new Watcher.Policy(world.redis, world.sentinels, world.watchers, 0),
                new Watcher.Ports(world.api.leases(this), orders, this::kill, world.journal.of(this)),
                task -> simulation.after(1, () -> deliver(mine, task)), clock::now);
        prepare(mine);
        every(100 * MS, () -> watcher.tick());
        every(100 * MS, sentinel::turn);
        every(1 * S, this::tell);
        every(2 * S, sentinel::hello);
        every(5 * S, () -> {
            if (world.api.reaches(this)) {
                watcher.onWanted(world.replicas, world.watchers);
                watcher.onSentinelPods(world.shown(world.watch));
            }
        });
    }

    private void prepare(long mine) {
        Appointment own = sentinel.remembered();
        watcher.master(own).thenAccept(found -> simulation.after(100 * MS, () -> deliver(mine, () -> sentinel.begin(found, own == null))));
    }

    /** The sentinel alone: its file stays. */
    void kill() {
        if (running()) {
            simulation.say(name + " sentinel killed");
            sentinel.end();
            long mine = generation();
            watcher.onDied("signal 9, not by this agent");
            simulation.after(200 * MS, () -> deliver(mine, () -> prepare(mine)));
        }
    }

    @Override
    protected void stop(Runnable then) {
        watcher.onStop();
        then.run();
    }

    @Override
    protected void down(boolean podLost) {
        sentinel.end();
        if (podLost) {
            sentinel.forget();
        }
    }

    @Override
    public void onServer(ServerView view) {}

    /** To everybody who listens. */
    void tell() {
        if (!running()) {
            return;
        }
        SentinelView view = sentinel.view(clock.now());
        watcher.onOwn(view);
        for (DataPod p : world.anybodysData()) {
            String known = p.up && !world.cut(this, p) ? p.orders.knows(this) : null;
            if (known != null) {
                long mine = p.generation();
                simulation.after(world.network.hop(), () -> p.deliver(mine, () -> p.member.onSentinels(List.of(as(known, view)))));
            }
        }
        for (WatchPod w : world.anybodysWatch()) {
            String known = w != this && w.up && !world.cut(this, w) ? w.orders.knows(this) : null;
            if (known != null) {
                long mine = w.generation();
                simulation.after(world.network.hop(), () -> w.deliver(mine, () -> w.watcher.onSentinels(List.of(as(known, view)))));
            }
        }
    }

    /** To one who takes it for the pod whose address it has got. */
    private static SentinelView as(String pod, SentinelView v) {
        return pod.equals(v.pod()) ? v : new SentinelView(pod, v.at(), v.answering(), v.master(), v.epoch(), v.quorum(), v.flags(), v.replicas(), v.sentinels());
    }
}
